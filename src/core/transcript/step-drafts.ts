import canonicalize from 'canonicalize'
import type { EventId, Hash } from '../ids.ts'
import { type EventBody, eventText, type JsonObject, type SessionEvent } from '../session.ts'
import { findArgument, flattenArguments, orderKeys } from './arguments.ts'
import { commandChangesState, nameAct } from './commands.ts'
import { looksLikeError, normaliseError } from './error-text.ts'
import { type Observed, observe } from './observations.ts'
import { OutputUse } from './outputs.ts'
import { secondsBetween } from './seconds.ts'
import { nameSource, reverts } from './sources.ts'
import { changesState } from './tool-verbs.ts'
import type { Step, StepStatus } from './trace.ts'

/** A token is about four characters of English text; counts by it are estimates and named so. */
const charactersPerToken = 4
/** Steps behind an error whose arguments are kept, for telling what a call that worked did differently. */
const argumentsWithin = 12
/** Longer calls and results are kept by what is needed of them: a transcript may be larger than the memory. */
const keptWhole = 4_096

type Event = Pick<SessionEvent, 'id' | 'seq' | 'processedAt'>
type Body<Type extends EventBody['type']> = Extract<EventBody, { type: Type }>

interface OpenStep {
  step: { -readonly [Field in keyof Step]: Step[Field] }
  readonly args: () => Readonly<Record<string, string>>
  readonly startedAt: string | null
  closed: boolean
}

/** The calls of one session as they come, each with its result. */
export class StepDrafts {
  readonly #hash: Hash
  readonly #open: OpenStep[] = []
  readonly #byUse = new Map<EventId, OpenStep>()
  readonly #use = new OutputUse()
  readonly #observed: Observed = { kept: [], leftOut: 0 }
  readonly #callNumbers = new Numbers()
  readonly #resourceNumbers = new Numbers()
  readonly #resultNumbers = new Numbers()
  readonly #changes = new Map<string, boolean | null>()

  constructor(hash: Hash) {
    this.#hash = hash
  }

  get lastIndex(): number {
    return this.#open.length - 1
  }

  open(event: Event, { name, input }: Body<'agent.tool_use'>): void {
    const ordered = orderKeys(input)
    const canonical = ordered ? JSON.stringify(ordered) : (canonicalize(input) ?? '')
    this.#use.consume(canonical)
    const act = nameAct(name, input)
    const changes = act === name ? this.#changesState(name) : commandChangesState(input)
    const open: OpenStep = {
      step: {
        index: this.#open.length,
        at: event.seq,
        tool: name,
        act,
        status: 'no_result',
        error: null,
        call: this.#callNumbers.of(this.#nameText(`${name}\0${canonical}`)),
        resource: this.#numberResource(ordered, input),
        result: -1,
        resultAt: -1,
        source: changes === true ? null : nameSource(input),
        changesState: changes,
        reverts: reverts(name, input),
        resultTokens: 0,
        used: null,
        seconds: null,
        args: null,
      },
      args: keepArguments(input, canonical.length),
      startedAt: event.processedAt,
      closed: false,
    }
    this.#open.push(open)
    this.#byUse.set(event.id, open)
  }

  close(event: Event, body: Body<'agent.tool_result'>): void {
    const open = body.tool_use_id === null ? undefined : this.#byUse.get(body.tool_use_id)
    if (!open || open.closed) return
    const { step } = open
    const text = eventText(body)
    open.closed = true
    step.result = this.#resultNumbers.of(this.#nameText(text))
    step.resultAt = event.seq
    step.resultTokens = Math.ceil(text.length / charactersPerToken)
    step.seconds = secondsBetween(open.startedAt, event.processedAt)
    const failed = body.is_error || looksLikeError(text)
    step.status = failed ? 'error' : 'ok'
    if (failed) step.error = normaliseError(text)
    else {
      this.#use.produce(step.index, text)
      observe(step.index, text, this.#observed)
    }
  }

  settle(use: EventId | null, status: StepStatus): void {
    const open = use === null ? undefined : this.#byUse.get(use)
    if (open && !open.closed) open.step.status = status
  }

  /** What the agent or the user says: words of earlier results that occur in it were of use. */
  consume(text: string): void {
    this.#use.consume(text)
  }

  finish(): { steps: Step[]; observed: Observed } {
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
        args: near || step.status === 'error' ? args() : null,
      }
    })
    return { steps, observed: this.#observed }
  }

  /** The text itself, or its hash where it is long. */
  #nameText(text: string): string {
    return text.length <= keptWhole ? text : this.#hash(text)
  }

  /** By the tool's name alone, and a session calls few tools many times. */
  #changesState(tool: string): boolean | null {
    const known = this.#changes.get(tool)
    if (known !== undefined) return known
    const changes = changesState(tool)
    this.#changes.set(tool, changes)
    return changes
  }

  /** The first argument that identifies something. */
  #numberResource(ordered: JsonObject | null, input: JsonObject): number {
    const found = ordered
      ? findArgument(ordered, identifying)
      : joinFirst(Object.entries(flattenArguments(input)).find(([path]) => identifying.test(path)))
    return found === null ? -1 : this.#resourceNumbers.of(found)
  }
}

const joinFirst = (entry: readonly [string, string] | undefined) => entry?.join('=') ?? null

const identifying = /(?:^|[/_])(?:id|path|url|file)$/

/** Flattened only where they are kept, which few are. */
function keepArguments(input: JsonObject, size: number): OpenStep['args'] {
  if (size <= keptWhole) return () => flattenArguments(input)
  const args = flattenArguments(input)
  return () => args
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
