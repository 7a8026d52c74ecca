import { readdirSync } from 'node:fs'
import { findCorrections } from '../src/core/mining/corrections.ts'
import { layOutOne } from '../src/core/mining/population.ts'
import { findWaste } from '../src/core/mining/wasted-steps.ts'
import { keepResults, type Row } from './_results.ts'
import { listSource } from './_sources.ts'
import { wilson } from './_statistics.ts'
import {
  drawItems,
  type Kind,
  type LabelledSession,
  readItems,
  readLabels,
  readSessions,
} from './labels/_items.ts'
import { printSheet } from './labels/_sheet.ts'

interface Judged {
  readonly id: number
  /** What the detector says: a kind of finding, or null. */
  readonly found: string | null
}

/** Labels of the readers by item; the last one, `agreed`, is what the rule of the guide makes of them. */
type Reader = readonly [name: string, labels: ReadonlyMap<number, string>]

const halves = {
  tune: ({ id }: Judged) => id % 2 === 1,
  test: ({ id }: Judged) => id % 2 === 0,
  all: () => true,
} as const
type Half = keyof typeof halves

/** `npm run bench -- label-sheet turns`: what a reader labels by. */
export async function benchLabelSheet(): Promise<void> {
  for (const kind of ['turns', 'steps'] as const)
    if (process.argv.includes(kind)) await printSheet(kind)
}

/** `npm run bench -- label-draw turns`: draws other items; labels of the old ones are void then. */
export async function benchLabelDraw(): Promise<void> {
  for (const kind of ['turns', 'steps'] as const)
    if (process.argv.includes(kind)) await drawItems(kind)
}

/** Corrections and wasted steps against labels that were made from the texts alone (spec B.5, B.7, E.2). */
export async function benchLabels(): Promise<void> {
  if (listSource('entire-cli').length === 0) {
    console.log('labels: skipped, the larger set of transcripts is absent')
    return
  }
  keepResults('labels', [...(await measureTurns()), ...(await measureSteps())])
}

async function measureTurns(): Promise<Row[]> {
  const judged = await judge('turns', judgeTurn)
  const readers = listReaders('turns', (a, b) => (a === 'c' && b === 'c' ? 'c' : 'n'))
  const goal = { precision: 0.9, recall: 0.6 }
  return [
    ...describeReaders('turns', readers, (label) => label === 'c'),
    ...readers.flatMap((reader) =>
      (['tune', 'test'] as const).flatMap((half) => [
        ...score({
          name: 'corrections',
          judged,
          reader,
          half,
          says: (found) => found === 'correction',
          is: (label) => label === 'c',
          goal,
        }),
        ...score({
          name: 'corrections and weak ones',
          judged,
          reader,
          half,
          says: (found) => found !== null,
          is: (label) => label === 'c' || label === 'w',
          goal: null,
        }),
      ]),
    ),
  ]
}

const wasteLabels = 'rbld'
const isWaste = (label: string) => wasteLabels.includes(label)

async function measureSteps(): Promise<Row[]> {
  const judged = await judge('steps', judgeStep)
  const readers = listReaders('steps', (a, b) => (isWaste(a) && isWaste(b) ? a : 'n'))
  const kinds = ['exact_repeat', 'blind_retry', 'loop', 're_read']
  return [
    ...describeReaders('steps', readers, isWaste),
    ...readers.flatMap((reader) => [
      ...kinds.flatMap((kind) =>
        (kind === 'exact_repeat' ? (['tune', 'test'] as const) : (['all'] as const)).flatMap(
          (half) =>
            score({
              name: kind,
              judged,
              reader,
              half,
              says: (found) => found === kind,
              is: isWaste,
              goal: kind === 'exact_repeat' ? { precision: 0.98, recall: null } : null,
            }).slice(0, 1),
        ),
      ),
      ...(['tune', 'test'] as const).flatMap((half) =>
        score({
          name: 'any waste',
          judged,
          reader,
          half,
          says: (found) => found !== null,
          is: isWaste,
          goal: null,
        }),
      ),
    ]),
  ]
}

async function judge(
  kind: Kind,
  find: (session: LabelledSession, at: number) => string | null,
): Promise<Judged[]> {
  const sessions = new Map((await readSessions(kind)).map((one) => [one.session.id as string, one]))
  return readItems(kind).flatMap(({ id, session, at }) => {
    const own = sessions.get(session)
    return own ? [{ id, found: find(own, at) }] : []
  })
}

function judgeTurn({ one }: LabelledSession, at: number): string | null {
  return findCorrections(layOutOne(one)).find(({ turn }) => turn.at === at)?.strength ?? null
}

const weakSigns = new Set(['unused_output', 'over_fetch'])

function judgeStep({ one }: LabelledSession, at: number): string | null {
  const found = findWaste(layOutOne(one)).find(({ waste, index, steps }) => {
    const wasted = one.trace.steps.slice(index, index + steps)
    return !weakSigns.has(waste) && wasted.some((step) => step.at === at)
  })
  return found?.waste ?? null
}

/** Every reader that left labels and, of two, what both say. */
function listReaders(kind: Kind, agree: (a: string, b: string) => string): Reader[] {
  const names = readdirSync('bench/labels')
    .flatMap((file) => new RegExp(`^${kind}\\.(\\w+)\\.txt$`).exec(file)?.[1] ?? [])
    .toSorted()
  const readers = names.map((name): Reader => [name, readLabels(kind, name) ?? new Map()])
  const [a, b] = readers
  if (!a || !b) return readers
  const both = [...a[1]].map(([id, label]) => [id, agree(label, b[1].get(id) ?? 'n')] as const)
  return [...readers, ['agreed', new Map(both)]]
}

function describeReaders(
  kind: Kind,
  readers: readonly Reader[],
  is: (label: string) => boolean,
): Row[] {
  const single = readers.filter(([name]) => name !== 'agreed')
  const counts = single.map(([name, labels]): Row => {
    const own = [...labels.values()]
    const tally = [...Map.groupBy(own, (label) => label)].map(
      ([label, all]) => `${label} ${all.length}`,
    )
    return {
      metric: `${kind}: labels of reader ${name}`,
      value: own.filter(is).length,
      n: own.length,
      goal: null,
      reached: null,
      note: tally.toSorted().join(', '),
    }
  })
  const [a, b] = single
  const kappa: Row =
    a && b
      ? {
          metric: `${kind}: Cohen’s kappa of readers ${a[0]} and ${b[0]}`,
          value: cohen(a[1], b[1], (label) => String(is(label))),
          n: a[1].size,
          goal: null,
          reached: null,
          note: `over all labels ${cohen(a[1], b[1], (label) => label).toFixed(3)}`,
        }
      : {
          metric: `${kind}: Cohen’s kappa`,
          value: 'not measured: one reader',
          goal: null,
          reached: null,
        }
  return [...counts, kappa]
}

/** Agreement beyond what two readers with these shares of labels would reach by chance. */
function cohen(
  a: ReadonlyMap<number, string>,
  b: ReadonlyMap<number, string>,
  fold: (label: string) => string,
): number {
  const pairs = [...a].map(([id, label]) => [fold(label), fold(b.get(id) ?? '')] as const)
  const share = (side: 0 | 1, label: string) =>
    pairs.filter((pair) => pair[side] === label).length / pairs.length
  const same = pairs.filter(([x, y]) => x === y).length / pairs.length
  const labels = new Set(pairs.flat())
  const chance = [...labels].reduce((sum, label) => sum + share(0, label) * share(1, label), 0)
  return (same - chance) / (1 - chance)
}

interface Question {
  readonly name: string
  readonly judged: readonly Judged[]
  readonly reader: Reader
  readonly half: Half
  readonly says: (found: string | null) => boolean
  readonly is: (label: string) => boolean
  readonly goal: { readonly precision: number | null; readonly recall: number | null } | null
}

function score({ name, judged, reader, half, says, is, goal }: Question): [Row, Row] {
  const [by, labels] = reader
  const own = judged.filter(halves[half])
  const said = own.filter(({ found }) => says(found))
  const right = said.filter(({ id }) => is(labels.get(id) ?? ''))
  const there = own.filter(({ id }) => is(labels.get(id) ?? ''))
  const row = (metric: string, n: number, wanted: number | null): Row => ({
    metric: `${name}, ${half === 'all' ? 'all' : `${half} half`}, against ${by}: ${metric}`,
    value: n === 0 ? 'none' : right.length / n,
    ...(n === 0 ? {} : wilson(right.length, n)),
    n,
    goal: wanted === null ? null : `≥ ${wanted}`,
    reached: wanted === null ? null : n > 0 && right.length / n >= wanted,
    note: `${right.length} of ${n}`,
  })
  return [
    row('precision', said.length, goal?.precision ?? null),
    row('recall', there.length, goal?.recall ?? null),
  ]
}
