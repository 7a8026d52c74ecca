import type { Hash } from '../ids.ts'
import { contentText, type EventBody, type Session, type SessionEvent } from '../session.ts'
import type { Digest } from './digest.ts'
import { readIntent } from './intent.ts'
import { quoteEvent } from './quote.ts'
import { readSaying } from './sayings.ts'
import { secondsBetween } from './seconds.ts'
import { StepDrafts } from './step-drafts.ts'
import { asToolEvent } from './tool-events.ts'
import type { Saying, Step, Turn } from './trace.ts'
import { agrees, readWords, scoreWords, type Words } from './turns.ts'

/** Raised with every change that makes the same transcript give another digest. */
export const digesterVersion = 3

/** Characters of a user's turn and of an agent's message that a digest keeps for quoting. */
const maxQuote = 240

export interface Digester {
  /** Events in `seq` order; those on abandoned branches are left out. */
  add(event: SessionEvent): void
  finish(transcriptHash: string): Digest
}

export function startDigest(session: Session, { hash }: { readonly hash: Hash }): Digester {
  const draft = new Draft(session, hash)
  return {
    add: (event) => {
      if (event.branch === 'live') draft.add(event)
    },
    finish: (transcriptHash) => draft.finish(transcriptHash),
  }
}

type Body<Type extends EventBody['type']> = Extract<EventBody, { type: Type }>
type Quote = Digest['quotes']['calls'][number]

class Draft {
  readonly #session: Session
  readonly #steps: StepDrafts
  readonly #turns: Turn[] = []
  readonly #turnQuotes: Quote[] = []
  readonly #sayings: Saying[] = []
  readonly #sayingQuotes: Quote[] = []
  readonly #words: Words[] = []
  readonly #compactions: number[] = []
  #intent: string[] | null = null
  #agentActed = false
  #stopReason: string | null = null
  #inputTokens = 0
  #outputTokens = 0
  #first: string | null = null
  #last: string | null = null

  constructor(session: Session, hash: Hash) {
    this.#session = session
    this.#steps = new StepDrafts(session.id, hash)
  }

  add(event: SessionEvent): void {
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
    const { steps, quotes, observed } = this.#steps.finish()
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
      quotes: { ...quotes, turns: this.#turnQuotes, sayings: this.#sayingQuotes },
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

  #addSaying(event: SessionEvent, text: string): void {
    if (text.trim() === '') return
    this.#steps.consume(text)
    this.#sayings.push({ at: event.seq, afterStep: this.#steps.lastIndex, ...readSaying(text) })
    this.#sayingQuotes.push(this.#quote(event, text.length))
  }

  #addMessage(event: SessionEvent, text: string): void {
    const words = readWords(text)
    this.#intent ??= text.trim() === '' ? null : readIntent(text)
    const score = this.#agentActed ? scoreWords(words, this.#words) : 0
    this.#words.push(words)
    this.#steps.consume(text)
    this.#addTurn(event, { kind: 'message', score, agrees: this.#agentActed && agrees(text) })
  }

  #refuse(event: SessionEvent, body: Body<'user.tool_confirmation'>): void {
    this.#steps.settle(body.tool_use_id, 'refused')
    this.#addTurn(event, { kind: 'refusal', score: 3, agrees: false })
  }

  #addTurn(event: SessionEvent, turn: Pick<Turn, 'kind' | 'score' | 'agrees'>): void {
    this.#turns.push({ at: event.seq, afterStep: this.#steps.lastIndex, ...turn })
    this.#turnQuotes.push(this.#quote(event, maxQuote))
  }

  #quote(event: SessionEvent, length: number): Quote {
    return quoteEvent(this.#session.id, event, { start: 0, end: length, max: maxQuote })
  }
}

const revertWithin = 5

/** Taking back what was done, right after the user spoke, tells that they objected (B.7: +3). */
function scoreRevert(turn: Turn, steps: readonly Step[]): Turn {
  if (turn.score === 0 || turn.kind === 'refusal') return turn
  const next = steps.slice(turn.afterStep + 1, turn.afterStep + 1 + revertWithin)
  return next.some((step) => step.reverts) ? { ...turn, score: turn.score + 3 } : turn
}
