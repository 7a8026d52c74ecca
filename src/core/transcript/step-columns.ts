import { Lexicon } from './lexicon.ts'
import type { Step, StepStatus, Trace } from './trace.ts'

/**
 * Steps field by field, one place a step: a hundred steps as objects take ten times the memory and the time
 * to read. Texts are numbers of the lexicon, -1 for null; `used` and `seconds` are places in `numbers`.
 */
export interface StepColumns extends Readonly<Record<StepField, Int32Array>> {
  readonly lexicon: Lexicon
  readonly numbers: readonly number[]
  /** Arguments of step s: from `argsFrom[s]` to before `argsFrom[s + 1]`. Keys are of the lexicon. */
  readonly argsFrom: Int32Array
  readonly argKeys: Int32Array
  /** Places in `values`: equal places are equal values, within these columns. */
  readonly argValues: Int32Array
  readonly values: readonly string[]
}

export const stepFields = [
  'at',
  'tool',
  'act',
  'flags',
  'error',
  'call',
  'resource',
  'result',
  'resultAt',
  'source',
  'resultTokens',
  'used',
  'seconds',
] as const
type StepField = (typeof stepFields)[number]

/** The steps of one session. */
export interface StepSpan {
  readonly columns: StepColumns
  readonly from: number
  readonly to: number
}

const statuses: readonly StepStatus[] = ['ok', 'error', 'refused', 'canceled', 'no_result']
const changes = [null, false, true] as const

/** What `flags` holds: three bits of status, two of `changesState`, one each for `reverts` and for having arguments. */
export const statusMask = 7
export const statusOk = 0
export const statusError = 1
export const statusRefused = 2
export const statusNoResult = 4
export const changesMask = 24
export const changesNothing = 8
export const changesSomething = 16
const revertsFlag = 32
const argumentsFlag = 64

export const statusOf = (flags: number): StepStatus => statuses[flags & statusMask] ?? 'no_result'

/** Lays out the steps of several sessions in one set of columns, one span for each. */
export function layOutSteps(traces: readonly Pick<Trace, 'steps'>[], lexicon: Lexicon): StepSpan[] {
  const lists = traces.map(({ steps }) => steps)
  const draft = new ColumnsDraft(
    lists.reduce((sum, steps) => sum + steps.length, 0),
    lexicon,
  )
  const bounds = lists.map((steps) => {
    for (const step of steps) draft.add(step)
    return draft.length
  })
  const columns = draft.finish()
  return bounds.map((to, index) => ({ columns, from: bounds[index - 1] ?? 0, to }))
}

class ColumnsDraft {
  readonly #lexicon: Lexicon
  readonly #fields: Readonly<Record<StepField, Int32Array>>
  readonly #numbers: number[] = []
  readonly #places = new Map<number, number>()
  readonly #argsFrom: Int32Array
  readonly #argKeys: number[] = []
  readonly #argValues: number[] = []
  readonly #values = new Lexicon()
  #length = 0

  constructor(steps: number, lexicon: Lexicon) {
    this.#lexicon = lexicon
    this.#argsFrom = new Int32Array(steps + 1)
    this.#fields = Object.fromEntries(
      stepFields.map((field) => [field, new Int32Array(steps)]),
    ) as Record<StepField, Int32Array>
  }

  get length(): number {
    return this.#length
  }

  add(step: Step): void {
    const to = this.#fields
    const at = this.#length
    const tool = this.#lexicon.numberOf(step.tool)
    to.at[at] = step.at
    to.tool[at] = tool
    to.act[at] = step.act === step.tool ? tool : this.#lexicon.numberOf(step.act)
    to.flags[at] = flagsOf(step)
    to.error[at] = step.error === null ? -1 : this.#lexicon.numberOf(step.error)
    to.call[at] = step.call
    to.resource[at] = step.resource
    to.result[at] = step.result
    to.resultAt[at] = step.resultAt
    to.source[at] = step.source === null ? -1 : this.#lexicon.numberOf(step.source)
    to.resultTokens[at] = step.resultTokens
    to.used[at] = this.#placeOf(step.used)
    to.seconds[at] = this.#placeOf(step.seconds)
    for (const key in step.args) {
      this.#argKeys.push(this.#lexicon.numberOf(key))
      this.#argValues.push(this.#values.numberOf(step.args[key] as string))
    }
    this.#length += 1
    this.#argsFrom[this.#length] = this.#argKeys.length
  }

  finish(): StepColumns {
    return {
      ...this.#fields,
      lexicon: this.#lexicon,
      numbers: this.#numbers,
      argsFrom: this.#argsFrom,
      argKeys: Int32Array.from(this.#argKeys),
      argValues: Int32Array.from(this.#argValues),
      values: this.#values.texts,
    }
  }

  #placeOf(value: number | null): number {
    if (value === null) return -1
    const known = this.#places.get(value)
    if (known !== undefined) return known
    this.#places.set(value, this.#numbers.length)
    this.#numbers.push(value)
    return this.#numbers.length - 1
  }
}

function flagsOf({ status, changesState, reverts, args }: Step): number {
  return (
    statuses.indexOf(status) +
    8 * changes.indexOf(changesState) +
    (reverts ? revertsFlag : 0) +
    (args === null ? 0 : argumentsFlag)
  )
}

/** Steps as objects, of one session or of a stretch of it. */
export function readSteps({ columns, from, to }: StepSpan, first = 0, end = to - from): Step[] {
  const steps: Step[] = []
  for (let index = first; index < Math.min(end, to - from); index += 1) {
    steps.push(readStep(columns, from + index, index))
  }
  return steps
}

function readStep(columns: StepColumns, at: number, index: number): Step {
  const { lexicon } = columns
  const textOrNull = (number: number) => (number === -1 ? null : lexicon.textOf(number))
  const numberOrNull = (place: number) => (place === -1 ? null : (columns.numbers[place] ?? null))
  const flags = columns.flags[at] as number
  return {
    index,
    at: columns.at[at] as number,
    tool: lexicon.textOf(columns.tool[at] as number),
    act: lexicon.textOf(columns.act[at] as number),
    status: statusOf(flags),
    error: textOrNull(columns.error[at] as number),
    call: columns.call[at] as number,
    resource: columns.resource[at] as number,
    result: columns.result[at] as number,
    resultAt: columns.resultAt[at] as number,
    source: textOrNull(columns.source[at] as number),
    changesState: changes[(flags & changesMask) >> 3] ?? null,
    reverts: (flags & revertsFlag) !== 0,
    resultTokens: columns.resultTokens[at] as number,
    used: numberOrNull(columns.used[at] as number),
    seconds: numberOrNull(columns.seconds[at] as number),
    args: (flags & argumentsFlag) === 0 ? null : readArguments(columns, at),
  }
}

function readArguments(columns: StepColumns, at: number): Record<string, string> {
  const args: Record<string, string> = {}
  for (
    let arg = columns.argsFrom[at] as number;
    arg < (columns.argsFrom[at + 1] as number);
    arg += 1
  ) {
    const key = columns.lexicon.textOf(columns.argKeys[arg] as number)
    args[key] = columns.values[columns.argValues[arg] as number] ?? ''
  }
  return args
}
