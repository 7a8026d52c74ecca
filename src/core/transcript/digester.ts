import canonicalize from 'canonicalize'
import type { EventId, Hash } from '../ids.ts'
import { contentText, eventText, type Session, type SessionEvent } from '../session.ts'
import { flattenArguments } from './arguments.ts'
import type { Digest, Step, UserTurn } from './digest.ts'
import { findErrorLine, looksLikeError, normaliseError } from './error-text.ts'
import { quoteEvent } from './quote.ts'
import { changesState } from './tool-verbs.ts'

/** Raised with every change that makes the same transcript give another digest. */
export const digesterVersion = 1

/** Characters of a call, an error and a user's turn that a digest keeps for quoting. */
const maxCall = 240
const maxError = 300
const maxTurn = 2_000
/** A token is about four characters of English text; counts by it are estimates and named so. */
const charactersPerToken = 4

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

type OpenStep = { -readonly [Field in keyof Step]: Step[Field] } & { startedAt: string | null }

class Draft {
  readonly #session: Session
  readonly #hash: Hash
  readonly #steps: OpenStep[] = []
  readonly #byUse = new Map<EventId, OpenStep>()
  readonly #turns: UserTurn[] = []
  #agentActed = false
  #stopReason: string | null = null
  #inputTokens = 0
  #outputTokens = 0
  #first: string | null = null
  #last: string | null = null

  constructor(session: Session, hash: Hash) {
    this.#session = session
    this.#hash = hash
  }

  add(event: SessionEvent): void {
    this.#first ??= event.processedAt
    this.#last = event.processedAt ?? this.#last
    const { body } = event
    switch (body.type) {
      case 'agent.tool_use':
        this.#agentActed = true
        this.#openStep(event, body)
        break
      case 'agent.tool_result':
        this.#closeStep(event, body.tool_use_id, body.is_error)
        break
      case 'lucid.tool_canceled':
        this.#settle(body.tool_use_id, 'canceled')
        break
      case 'user.tool_confirmation':
        if (body.result === 'deny') this.#refuse(event, body.tool_use_id)
        break
      case 'agent.message':
        this.#agentActed = true
        break
      case 'user.message':
        this.#addTurn(event, 'message')
        break
      case 'user.interrupt':
        this.#addTurn(event, 'interrupt')
        break
      case 'span.model_request_end':
        this.#inputTokens += body.model_usage.input_tokens
        this.#outputTokens += body.model_usage.output_tokens
        break
      case 'session.error':
        if (body.retry_status.type !== 'retrying') this.#stopReason = body.error.type
        break
      case 'session.status_idle':
        this.#stopReason = body.stop_reason.type
        break
    }
  }

  finish(transcriptHash: string): Digest {
    const { id, agent, task, principal, startedAt } = this.#session
    return {
      sessionId: id,
      transcriptHash,
      digesterVersion,
      agent,
      task,
      principal,
      startedAt,
      steps: this.#steps.map(({ startedAt: _, ...step }) => step),
      userTurns: this.#turns,
      stopReason: this.#stopReason,
      usage: { inputTokens: this.#inputTokens, outputTokens: this.#outputTokens },
      seconds: secondsBetween(this.#first, this.#last),
    }
  }

  #openStep(
    event: SessionEvent,
    body: Extract<SessionEvent['body'], { type: 'agent.tool_use' }>,
  ): void {
    const step: OpenStep = {
      index: this.#steps.length,
      useEvent: event.id,
      resultEvent: null,
      tool: body.name,
      argsHash: this.#hash(canonicalize(body.input) ?? '').slice(0, 16),
      args: flattenArguments(body.input),
      status: 'no_result',
      error: null,
      changesState: changesState(body.name),
      resultHash: null,
      resultTokens: 0,
      seconds: null,
      quote: quoteEvent(this.#session.id, event, { start: 0, end: maxCall, max: maxCall }),
      startedAt: event.processedAt,
    }
    this.#steps.push(step)
    this.#byUse.set(event.id, step)
  }

  #closeStep(event: SessionEvent, use: EventId | null, flagged: boolean): void {
    const step = use === null ? undefined : this.#byUse.get(use)
    if (!step || step.resultEvent !== null) return
    const text = eventText(event.body)
    step.resultEvent = event.id
    step.resultHash = this.#hash(text).slice(0, 16)
    step.resultTokens = Math.ceil(text.length / charactersPerToken)
    step.seconds = secondsBetween(step.startedAt, event.processedAt)
    const failed = flagged || looksLikeError(text)
    step.status = failed ? 'error' : 'ok'
    if (!failed) return
    const quote = quoteEvent(this.#session.id, event, { ...findErrorLine(text), max: maxError })
    step.error = { normalised: normaliseError(text), quote }
  }

  #settle(use: EventId | null, status: Step['status']): void {
    const step = use === null ? undefined : this.#byUse.get(use)
    if (step && step.resultEvent === null) step.status = status
  }

  #refuse(event: SessionEvent, use: EventId | null): void {
    this.#settle(use, 'refused')
    this.#addTurn(event, 'refusal')
  }

  #addTurn(event: SessionEvent, kind: UserTurn['kind']): void {
    const { body } = event
    const length = body.type === 'user.message' ? contentText(body.content).length : maxTurn
    this.#turns.push({
      event: event.id,
      afterStep: this.#steps.length - 1,
      followsAgent: this.#agentActed,
      kind,
      quote: quoteEvent(this.#session.id, event, { start: 0, end: length, max: maxTurn }),
    })
  }
}

function secondsBetween(from: string | null, to: string | null): number | null {
  if (from === null || to === null) return null
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null
}
