import type { Quote } from '../evidence.ts'
import type { EventId, SessionId } from '../ids.ts'
import type { AgentSnapshot, Task } from '../session.ts'

/**
 * What a dream keeps of one session's transcript: a pure function of the transcript and of
 * `digesterVersion`, cached by both. It holds no outcome, because outcomes arrive later than transcripts.
 */
export interface Digest {
  readonly sessionId: SessionId
  readonly transcriptHash: string
  readonly digesterVersion: number
  readonly agent: AgentSnapshot
  readonly task: Task
  readonly principal: string | null
  readonly startedAt: string | null
  readonly steps: readonly Step[]
  readonly userTurns: readonly UserTurn[]
  /** How the session stopped: `end_turn`, `too_many_errors`, `interrupted`, … or null when unknown. */
  readonly stopReason: string | null
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number }
  readonly seconds: number | null
}

/** One call of a tool by the agent, with what came back. */
export interface Step {
  /** Position among the session's live steps, from 0. */
  readonly index: number
  readonly useEvent: EventId
  readonly resultEvent: EventId | null
  readonly tool: string
  /** Hash of the RFC 8785 form of the arguments: equal hashes are equal calls. */
  readonly argsHash: string
  /** `/key/path` → JSON of the scalar there, in key order, long values cut; for diffs of arguments. */
  readonly args: Readonly<Record<string, string>>
  readonly status: 'ok' | 'error' | 'refused' | 'canceled' | 'no_result'
  /** The error's normalised first message and where it stands, when status is `error`. */
  readonly error: { readonly normalised: string; readonly quote: Quote } | null
  readonly changesState: boolean | null
  readonly resultHash: string | null
  readonly resultTokens: number
  readonly seconds: number | null
  /** A quote of the call itself, so that a finding about calls can cite it. */
  readonly quote: Quote
}

/** One utterance of the user after the session began, cut to `maxTurnText`, with its place among the steps. */
export interface UserTurn {
  readonly event: EventId
  /** Index of the last step before this turn, or -1. */
  readonly afterStep: number
  /** Whether the agent had said or done anything before this turn. */
  readonly followsAgent: boolean
  readonly kind: 'message' | 'interrupt' | 'refusal'
  readonly quote: Quote
}
