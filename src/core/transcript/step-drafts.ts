import canonicalize from 'canonicalize'
import type { Quote } from '../evidence.ts'
import type { EventId, Hash, SessionId } from '../ids.ts'
import { type EventBody, eventText, type SessionEvent } from '../session.ts'
import { flattenArguments } from './arguments.ts'
import { commandChangesState, nameAct } from './commands.ts'
import type { Quotes } from './digest.ts'
import { findErrorLine, looksLikeError, normaliseError } from './error-text.ts'
import { type Observed, observe } from './observations.ts'
import { OutputUse } from './outputs.ts'
import { quoteEvent } from './quote.ts'
import { secondsBetween } from './seconds.ts'
import { nameSource, reverts } from './sources.ts'
import { changesState } from './tool-verbs.ts'
import type { Step, StepStatus } from './trace.ts'

/** Characters of a call, an error and a result that a digest keeps for quoting. */
const maxCall = 240
const maxError = 300
/** A token is about four characters of English text; counts by it are estimates and named so. */
const charactersPerToken = 4
/** Steps behind an error whose arguments are kept, for telling what a call that worked did differently. */
const argumentsWithin = 12

type Body<Type extends EventBody['type']> = Extract<EventBody, { type: Type }>

interface OpenStep {
  step: { -readonly [Field in keyof Step]: Step[Field] }
  readonly args: Readonly<Record<string, string>>
  readonly startedAt: string | null
  closed: boolean
}

/** The calls of one session as they come, each with its result. */
export class StepDrafts {
  readonly #sessionId: SessionId
  readonly #hash: Hash
  readonly #open: OpenStep[] = []
  readonly #byUse = new Map<EventId, OpenStep>()
  readonly #calls: Quote[] = []
  readonly #errors: (Quote | null)[] = []
  readonly #results: (Quote | null)[] = []
  readonly #use = new OutputUse()
  readonly #observed: Observed = { kept: [], leftOut: 0 }
  readonly #callNumbers = new Numbers()
  readonly #resourceNumbers = new Numbers()
  readonly #resultNumbers = new Numbers()

  constructor(sessionId: SessionId, hash: Hash) {
    this.#sessionId = sessionId
    this.#hash = hash
  }

  get lastIndex(): number {
    return this.#open.length - 1
  }

  open(event: SessionEvent, { name, input }: Body<'agent.tool_use'>): void {
    const canonical = canonicalize(input) ?? ''
    this.#use.consume(canonical)
    const args = flattenArguments(input)
    const act = nameAct(name, input)
    const changes = act === name ? changesState(name) : commandChangesState(input)
    const open: OpenStep = {
      step: {
        index: this.#open.length,
        at: event.seq,
        tool: name,
        act,
        status: 'no_result',
        error: null,
        call: this.#callNumbers.of(`${name}\0${canonical}`),
        resource: this.#numberResource(args),
        result: -1,
        source: changes === true ? null : nameSource(input),
        changesState: changes,
        reverts: reverts(name, input),
        resultTokens: 0,
        used: null,
        seconds: null,
        args: null,
      },
      args,
      startedAt: event.processedAt,
      closed: false,
    }
    this.#open.push(open)
    this.#byUse.set(event.id, open)
    this.#calls.push(quoteEvent(this.#sessionId, event, { start: 0, end: maxCall, max: maxCall }))
    this.#errors.push(null)
    this.#results.push(null)
  }

  close(event: SessionEvent, body: Body<'agent.tool_result'>): void {
    const open = body.tool_use_id === null ? undefined : this.#byUse.get(body.tool_use_id)
    if (!open || open.closed) return
    const { step } = open
    const text = eventText(body)
    open.closed = true
    step.result = this.#resultNumbers.of(this.#hash(text).slice(0, 16))
    step.resultTokens = Math.ceil(text.length / charactersPerToken)
    step.seconds = secondsBetween(open.startedAt, event.processedAt)
    const failed = body.is_error || looksLikeError(text)
    step.status = failed ? 'error' : 'ok'
    if (failed) this.#fail(step, event, text)
    else this.#keepResult(step, event, text)
  }

  settle(use: EventId | null, status: StepStatus): void {
    const open = use === null ? undefined : this.#byUse.get(use)
    if (open && !open.closed) open.step.status = status
  }

  /** What the agent or the user says: words of earlier results that occur in it were of use. */
  consume(text: string): void {
    this.#use.consume(text)
  }

  finish(): {
    steps: Step[]
    quotes: Pick<Quotes, 'calls' | 'errors' | 'results'>
    observed: Observed
  } {
    const lastError = new Map<string, number>()
    const steps = this.#open.map(({ step, args }) => {
      const error = lastError.get(step.act)
      const near = error !== undefined && step.index - error <= argumentsWithin
      if (step.status === 'error') lastError.set(step.act, step.index)
      // The first call that works ends what the arguments are kept for.
      else if (step.status === 'ok') lastError.delete(step.act)
      return {
        ...step,
        used: step.status === 'ok' ? this.#use.shareOf(step.index) : null,
        args: near || step.status === 'error' ? args : null,
      }
    })
    return {
      steps,
      quotes: { calls: this.#calls, errors: this.#errors, results: this.#results },
      observed: this.#observed,
    }
  }

  #fail(step: OpenStep['step'], event: SessionEvent, text: string): void {
    step.error = normaliseError(text)
    const range = { ...findErrorLine(text), max: maxError }
    this.#errors[step.index] = quoteEvent(this.#sessionId, event, range)
  }

  #keepResult(step: OpenStep['step'], event: SessionEvent, text: string): void {
    this.#use.produce(step.index, text)
    if (!observe(step.index, text, this.#observed)) return
    const range = { start: 0, end: maxError, max: maxError }
    this.#results[step.index] = quoteEvent(this.#sessionId, event, range)
  }

  /** The first argument that identifies something. */
  #numberResource(args: Readonly<Record<string, string>>): number {
    const found = Object.entries(args).find(([path]) =>
      /(?:^|[/_])(?:id|path|url|file)$/.test(path),
    )
    return found ? this.#resourceNumbers.of(`${found[0]}=${found[1]}`) : -1
  }
}

/** Numbers texts in the order in which they first come. */
class Numbers {
  readonly #known = new Map<string, number>()

  of(text: string): number {
    const number = this.#known.get(text) ?? this.#known.size
    this.#known.set(text, number)
    return number
  }
}
