import { Lexicon } from './lexicon.ts'
import { packInts, unpackInts } from './packed-ints.ts'
import {
  layOutSteps,
  readSteps,
  type StepColumns,
  type StepSpan,
  stepFields,
} from './step-columns.ts'
import type { Observation, Trace } from './trace.ts'

/**
 * Traces of several sessions: numbers in columns of bytes, words as JSON. About a quarter of their plain
 * JSON, and read in a tenth of the time, because nothing is made into an object that nobody asks for.
 */
export interface PackedTraces {
  readonly head: string
  readonly body: Uint8Array
}

/** A trace as it was, and where its steps stand for whoever goes through many. */
export interface ReadTrace {
  /** `steps` and `observations` are made anew each time they are asked for. */
  readonly trace: Trace
  readonly steps: StepSpan
}

type Header = Omit<Trace, 'steps' | 'observations'>

interface Head {
  readonly layout: readonly (readonly [width: number, length: number])[]
  readonly sessions: readonly Header[]
  readonly texts: readonly string[]
  readonly values: readonly string[]
  readonly stated: readonly string[]
  readonly numbers: readonly number[]
}

const observationFields = ['step', 'entity', 'attribute', 'value'] as const
type ObservationColumns = Readonly<Record<(typeof observationFields)[number], Int32Array>>

/** What of the columns names texts, and so gets the numbers of the reader's lexicon. */
const worded: readonly string[] = [
  'tool',
  'act',
  'error',
  'source',
  'entity',
  'attribute',
  'argKeys',
]
const lists = [
  'stepsTo',
  'observationsTo',
  ...stepFields,
  'argsFrom',
  'argKeys',
  'argValues',
] as const
const allLists = [...lists, ...observationFields]

export function packTraces(traces: readonly Trace[]): PackedTraces {
  const lexicon = new Lexicon()
  const stated = new Lexicon()
  const spans = layOutSteps(traces, lexicon)
  const columns = spans[0]?.columns ?? layOutNothing(lexicon)
  const observations = traces.flatMap((trace) => trace.observations)
  let before = 0
  const { layout, bytes } = packInts([
    Int32Array.from(spans, ({ to }) => to),
    Int32Array.from(traces, (trace) => {
      before += trace.observations.length
      return before
    }),
    ...stepFields.map((field) => columns[field]),
    columns.argsFrom,
    columns.argKeys,
    columns.argValues,
    Int32Array.from(observations, ({ step }) => step),
    Int32Array.from(observations, ({ entity }) => lexicon.numberOf(entity)),
    Int32Array.from(observations, ({ attribute }) => lexicon.numberOf(attribute)),
    Int32Array.from(observations, ({ value }) => stated.numberOf(value)),
  ])
  const head: Head = {
    layout,
    sessions: traces.map(({ steps: _, observations: __, ...header }) => header),
    texts: lexicon.texts,
    values: columns.values,
    stated: stated.texts,
    numbers: columns.numbers,
  }
  return { head: JSON.stringify(head), body: bytes }
}

/** Columns without a step. */
function layOutNothing(lexicon: Lexicon): StepColumns {
  const [span] = layOutSteps([{ steps: [] }], lexicon)
  return (span as StepSpan).columns
}

/** In the order in which they were packed; texts get the numbers of `lexicon`, so that many packs can share it. */
export function unpackTraces({ head, body }: PackedTraces, lexicon: Lexicon): ReadTrace[] {
  const { layout, sessions, texts, values, stated, numbers }: Head = JSON.parse(head)
  const map = Int32Array.from(texts, (text) => lexicon.numberOf(text))
  const unpacked = unpackInts(
    { layout, bytes: body },
    allLists.map((name) => (worded.includes(name) ? map : null)),
  )
  const named = Object.fromEntries(
    allLists.map((name, index) => [name, unpacked[index]]),
  ) as Record<(typeof allLists)[number], Int32Array>
  const columns: StepColumns = { ...named, lexicon, numbers, values }
  return sessions.map((header, index): ReadTrace => {
    const spanOf = (bounds: Int32Array) => ({
      from: index === 0 ? 0 : (bounds[index - 1] as number),
      to: bounds[index] as number,
    })
    const steps: StepSpan = { columns, ...spanOf(named.stepsTo) }
    const observed = { columns: named, ...spanOf(named.observationsTo), lexicon, stated }
    return { steps, trace: new StoredTrace(header, steps, observed) }
  })
}

interface ObservationSpan {
  readonly columns: ObservationColumns
  readonly from: number
  readonly to: number
  readonly lexicon: Lexicon
  readonly stated: readonly string[]
}

/** One shape for all: a hundred thousand objects of spread fields and accessors are slow to read. */
class StoredTrace implements Trace {
  readonly sessionId: Trace['sessionId']
  readonly agent: Trace['agent']
  readonly task: Trace['task']
  readonly principal: Trace['principal']
  readonly startedAt: Trace['startedAt']
  readonly turns: Trace['turns']
  readonly sayings: Trace['sayings']
  readonly compactions: Trace['compactions']
  readonly intent: Trace['intent']
  readonly observationsLeftOut: Trace['observationsLeftOut']
  readonly stopReason: Trace['stopReason']
  readonly usage: Trace['usage']
  readonly seconds: Trace['seconds']
  readonly #steps: StepSpan
  readonly #observed: ObservationSpan

  constructor(header: Header, steps: StepSpan, observed: ObservationSpan) {
    const { lexicon } = observed
    this.sessionId = header.sessionId
    this.agent = header.agent
    this.task = header.task
    this.principal = header.principal
    this.startedAt = header.startedAt
    this.turns = header.turns
    this.sayings = header.sayings
    this.compactions = header.compactions
    this.intent = header.intent.map((text) => lexicon.textOf(lexicon.numberOf(text)))
    this.observationsLeftOut = header.observationsLeftOut
    this.stopReason = header.stopReason
    this.usage = header.usage
    this.seconds = header.seconds
    this.#steps = steps
    this.#observed = observed
  }

  get steps(): Trace['steps'] {
    return readSteps(this.#steps)
  }

  get observations(): Trace['observations'] {
    return readObservations(this.#observed)
  }
}

function readObservations({ columns, from, to, lexicon, stated }: ObservationSpan): Observation[] {
  const observations: Observation[] = []
  for (let at = from; at < to; at += 1) {
    observations.push({
      step: columns.step[at] as number,
      entity: lexicon.textOf(columns.entity[at] as number),
      attribute: lexicon.textOf(columns.attribute[at] as number),
      value: stated[columns.value[at] as number] ?? '',
    })
  }
  return observations
}
