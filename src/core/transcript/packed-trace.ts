import type { Step, StepStatus, Trace } from './trace.ts'

/**
 * A trace as compact JSON: steps as rows of numbers over one table of texts, about a quarter of its plain
 * JSON. `unpackTrace` gives the trace back as it was; texts that many traces share can be made one by `share`.
 */
export function packTrace(trace: Trace): string {
  const texts = new Texts()
  const steps = trace.steps.map((step) => packStep(step, texts))
  const observations = trace.observations.map(({ step, entity, attribute, value }) => [
    step,
    texts.numberOf(entity),
    texts.numberOf(attribute),
    texts.numberOf(value),
  ])
  return JSON.stringify({ ...trace, steps, observations, texts: texts.all })
}

/** Gives equal texts back as one and the same, so that many traces hold each once. */
export type Share = (text: string) => string

export function unpackTrace(packed: string, share: Share = (text) => text): Trace {
  const { texts: stored, steps, observations, ...rest } = JSON.parse(packed) as Packed
  const texts = stored.map(share)
  const text = (index: number) => texts[index] ?? ''
  return {
    ...rest,
    intent: rest.intent.map(share),
    steps: steps.map((row, index) => ({ index, ...unpackStep(row, texts) })),
    observations: observations.map(([step, entity, attribute, value]) => ({
      step,
      entity: text(entity),
      attribute: text(attribute),
      value: text(value),
    })),
  }
}

type Row = readonly [
  at: number,
  tool: number,
  act: number,
  flags: number,
  error: number,
  call: number,
  resource: number,
  result: number,
  source: number,
  tokens: number,
  used: number | null,
  seconds: number | null,
  args?: Readonly<Record<string, string>>,
]

type Packed = Omit<Trace, 'steps' | 'observations'> & {
  readonly texts: readonly string[]
  readonly steps: readonly Row[]
  readonly observations: readonly (readonly [number, number, number, number])[]
}

const statuses: readonly StepStatus[] = ['ok', 'error', 'refused', 'canceled', 'no_result']
const changes = [null, false, true] as const

function packStep(step: Step, texts: Texts): Row {
  const flags =
    statuses.indexOf(step.status) + 8 * changes.indexOf(step.changesState) + (step.reverts ? 32 : 0)
  const row = [
    step.at,
    texts.numberOf(step.tool),
    texts.numberOf(step.act),
    flags,
    texts.numberOf(step.error),
    step.call,
    step.resource,
    step.result,
    texts.numberOf(step.source),
    step.resultTokens,
    step.used,
    step.seconds,
  ] as const
  return step.args === null ? row : [...row, step.args]
}

function unpackStep(row: Row, texts: readonly string[]): Omit<Step, 'index'> {
  const [
    at,
    tool,
    act,
    flags,
    error,
    call,
    resource,
    result,
    source,
    resultTokens,
    used,
    seconds,
    args,
  ] = row
  return {
    at,
    tool: texts[tool] ?? '',
    act: texts[act] ?? '',
    status: statuses[flags & 7] ?? 'no_result',
    error: texts[error] ?? null,
    call,
    resource,
    result,
    source: texts[source] ?? null,
    changesState: changes[(flags >> 3) & 3] ?? null,
    reverts: (flags & 32) !== 0,
    resultTokens,
    used,
    seconds,
    args: args ?? null,
  }
}

class Texts {
  readonly all: string[] = []
  readonly #numbers = new Map<string, number>()

  /** -1 for null. */
  numberOf(text: string | null): number {
    if (text === null) return -1
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#numbers.set(text, this.all.length)
    this.all.push(text)
    return this.all.length - 1
  }
}
