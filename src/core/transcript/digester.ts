import type { Hash } from '../ids.ts'
import { contentText, type EventBody, type Session, type SessionEvent } from '../session.ts'
import type { Digest } from './digest.ts'
import { readIntent } from './intent.ts'
import { readSaying } from './sayings.ts'
import { secondsBetween } from './seconds.ts'
import { StepDrafts } from './step-drafts.ts'
import { asToolEvent } from './tool-events.ts'
import type { Saying, Step, Turn } from './trace.ts'
import { agrees, readWords, scoreWords, type Words } from './turns.ts'

/** Raised with every change that makes the same transcript give another digest. */
export const digesterVersion = 4

/** What of an event a digest is made from. */
export type DigestedEvent = Pick<SessionEvent, 'id' | 'seq' | 'processedAt' | 'branch' | 'body'>

export interface Digester {
  /** Events in `seq` order; those on abandoned branches are left out. */
  add(event: DigestedEvent): void
  finish(transcriptHash: string): Digest
}

export function startDigest(session: DigestedSession, { hash }: { readonly hash: Hash }): Digester {
  const draft = new Draft(session, hash)
  return {
    add: (event) => {
      if (event.branch === 'live') draft.add(event)
    },
    finish: (transcriptHash) => draft.finish(transcriptHash),
  }
}

/** What of a session a digest is made from, besides its events. */
export type DigestedSession = Pick<Session, 'id' | 'agent' | 'task' | 'principal' | 'startedAt'>

type Body<Type extends EventBody['type']> = Extract<EventBody, { type: Type }>

class Draft {
  readonly #session: DigestedSession
  readonly #steps: StepDrafts
  readonly #turns: Turn[] = []
  readonly #sayings: Saying[] = []
  readonly #words: Words[] = []
  readonly #compactions: number[] = []
  #intent: string[] | null = null
  #agentActed = false
  #stopReason: string | null = null
  #inputTokens = 0
  #outputTokens = 0
  #first: string | null = null
  #last: string | null = null

  constructor(session: DigestedSession, hash: Hash) {
    this.#session = session
    this.#steps = new StepDrafts(hash)
  }

  add(event: DigestedEvent): void {
    this.#first ??= event.processedAt
    this.#last = event.processedAt ?? this.#last
    const body = asToolEvent(event.body)
    switch (body.type) {
      case 'agent.tool_use':
        this.#agentActed = true
        this.#steps.open(event, body)
        break
      case 'agent.tool_result':
        this.#steps.close(event, body)
        break
      case 'lucid.tool_canceled':
        this.#steps.settle(body.tool_use_id, 'canceled')
        break
      case 'user.tool_confirmation':
        if (body.result === 'deny') this.#refuse(event, body)
        break
      case 'agent.message':
        this.#agentActed = true
        this.#addSaying(event, contentText(body.content))
        break
      case 'user.message':
        this.#addMessage(event, contentText(body.content))
        break
      case 'user.interrupt':
        // An interrupt without words may be a change of mind as well as a correction.
        this.#addTurn(event, { kind: 'interrupt', score: 2, agrees: false })
        break
      case 'agent.thread_context_compacted':
      // What the user does with a tool of their own may change what was read before.
      case 'lucid.user_tool_use':
        this.#compactions.push(event.seq)
        break
      default:
        this.#addStatus(body)
    }
  }

  finish(transcriptHash: string): Digest {
    const { id, agent, task, principal, startedAt } = this.#session
    const { steps, observed } = this.#steps.finish()
    return {
      transcriptHash,
      digesterVersion,
      trace: {
        sessionId: id,
        agent,
        task,
        principal,
        startedAt,
        steps,
        turns: this.#turns.map((turn) => scoreRevert(turn, steps)),
        sayings: this.#sayings,
        compactions: this.#compactions,
        intent: this.#intent ?? [],
        observations: observed.kept,
        observationsLeftOut: observed.leftOut,
        stopReason: this.#stopReason,
        usage: { inputTokens: this.#inputTokens, outputTokens: this.#outputTokens },
        seconds: secondsBetween(this.#first, this.#last),
      },
    }
  }

  #addStatus(body: EventBody): void {
    if (body.type === 'span.model_request_end') {
      this.#inputTokens += body.model_usage.input_tokens
      this.#outputTokens += body.model_usage.output_tokens
    } else if (body.type === 'session.error') {
      if (body.retry_status.type !== 'retrying') this.#stopReason = body.error.type
    } else if (body.type === 'session.status_idle') this.#stopReason = body.stop_reason.type
  }

  #addSaying(event: DigestedEvent, text: string): void {
    if (text.trim() === '') return
    this.#steps.consume(text)
    this.#sayings.push({ at: event.seq, afterStep: this.#steps.lastIndex, ...readSaying(text) })
  }

  #addMessage(event: DigestedEvent, text: string): void {
    const words = readWords(text)
    this.#intent ??= text.trim() === '' ? null : readIntent(text)
    const score = this.#agentActed ? scoreWords(words, this.#words) : 0
    this.#words.push(words)
    this.#steps.consume(text)
    this.#addTurn(event, { kind: 'message', score, agrees: this.#agentActed && agrees(text) })
  }

  #refuse(event: DigestedEvent, body: Body<'user.tool_confirmation'>): void {
    this.#steps.settle(body.tool_use_id, 'refused')
    this.#addTurn(event, { kind: 'refusal', score: 3, agrees: false })
  }

  #addTurn(event: DigestedEvent, turn: Pick<Turn, 'kind' | 'score' | 'agrees'>): void {
    this.#turns.push({ at: event.seq, afterStep: this.#steps.lastIndex, ...turn })
  }
}

const revertWithin = 5

/** Taking back what was done, right after the user spoke, tells that they objected (B.7: +3). */
function scoreRevert(turn: Turn, steps: readonly Step[]): Turn {
  if (turn.score === 0 || turn.kind === 'refusal') return turn
  const next = steps.slice(turn.afterStep + 1, turn.afterStep + 1 + revertWithin)
  return next.some((step) => step.reverts) ? { ...turn, score: turn.score + 3 } : turn
}
