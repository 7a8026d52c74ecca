import type { SessionId } from '../ids.ts'
import type { AgentSnapshot, Task } from '../session.ts'

/**
 * What happened in a session, without its words: all that the miners compare. Texts to cite stand in the
 * digest beside it, by the same indices. Small on purpose: a hundred thousand traces fit in memory.
 */
export interface Trace {
  readonly sessionId: SessionId
  readonly agent: AgentSnapshot
  readonly task: Task
  readonly principal: string | null
  /** RFC 3339 UTC, or null where the source has no clock. */
  readonly startedAt: string | null
  readonly steps: readonly Step[]
  readonly turns: readonly Turn[]
  readonly sayings: readonly Saying[]
  /** `seq` of compactions and of the user's own calls: what was read before may have to be read again. */
  readonly compactions: readonly number[]
  /** Words of the first request that say what it is about, in alphabetical order. */
  readonly intent: readonly string[]
  /** Values that tools stated of things with an id; `observationsLeftOut` counts those beyond the limit. */
  readonly observations: readonly Observation[]
  readonly observationsLeftOut: number
  /** How the session stopped: `end_turn`, `too_many_errors`, `interrupted`, … or null when unknown. */
  readonly stopReason: string | null
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number }
  readonly seconds: number | null
}

export type StepStatus = 'ok' | 'error' | 'refused' | 'canceled' | 'no_result'

/** One call of a tool by the agent, with what came back. */
export interface Step {
  /** Position among the session's live steps, from 0. */
  readonly index: number
  /** `seq` of the call in the transcript: orders steps, turns and sayings. */
  readonly at: number
  readonly tool: string
  /** What the call does: the tool, for a shell with the first words of its command. */
  readonly act: string
  readonly status: StepStatus
  /** The error's normalised message, when status is `error`. */
  readonly error: string | null
  /** Equal numbers are equal calls (tool and canonical arguments), within the session. */
  readonly call: number
  /** Equal numbers are calls on the same thing, within the session; -1 where the call names none. */
  readonly resource: number
  /** Equal numbers are equal results, within the session; -1 without a result. */
  readonly result: number
  /** `seq` of the result in the transcript; -1 without one. */
  readonly resultAt: number
  /** Document, file or site that was read, under a name that other sessions share; null for anything else. */
  readonly source: string | null
  readonly changesState: boolean | null
  /** Takes back what was done before: `git revert`, an undo tool. */
  readonly reverts: boolean
  readonly resultTokens: number
  /** Share of the result's telling words that occur again later; null where it has too few to tell. */
  readonly used: number | null
  readonly seconds: number | null
  /** `/key/path` → JSON of the scalar there; kept only near an error of the same tool, else null. */
  readonly args: Readonly<Record<string, string>> | null
}

/** One utterance of the user. */
export interface Turn {
  readonly at: number
  /** Index of the last step before this turn, or -1. */
  readonly afterStep: number
  readonly kind: 'message' | 'interrupt' | 'refusal'
  /** Score as a correction (spec B.7): 3 and more is one, 2 is weak; 0 before the agent did anything. */
  readonly score: number
  /** Says yes to what the agent asked. */
  readonly agrees: boolean
}

/** One message of the agent. */
export interface Saying {
  readonly at: number
  readonly afterStep: number
  /** Asks the user to confirm before something is done. */
  readonly asks: boolean
  /** Gives the case to a person. */
  readonly handsOver: boolean
  /** Verbs of changes that it says are done or will be done now, such as `cancel`. */
  readonly promises: readonly string[]
  /** States a sum that its own numbers do not give. */
  readonly wrongSum: boolean
}

/** `value` as JSON text, that a tool stated for `attribute` of `entity`. */
export interface Observation {
  readonly step: number
  readonly entity: string
  readonly attribute: string
  readonly value: string
}
