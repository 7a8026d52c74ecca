import { countEdits, makeMatcher } from '../statistics/edits.ts'
import type { Lexicon } from '../transcript/lexicon.ts'
import {
  changesMask,
  changesNothing,
  statusError,
  statusMask,
  statusRefused,
} from '../transcript/step-columns.ts'
import type { LaidOutCase } from './case.ts'

import type { Population } from './population.ts'

/** How tasks of one type go: what leads to what, and the way that successful sessions take most. */
export interface TaskPath {
  readonly taskType: string
  readonly sessions: number
  readonly successes: number
  /** The most frequent successful variant: 5 sessions and 20 % of the successes at least, else null. */
  readonly reference: { readonly calls: readonly string[]; readonly sessions: number } | null
  /** Different ways that successful sessions took, after loops are collapsed. */
  readonly successfulVariants: number
  /** Calls that at least 80 % of the successful sessions make, in the order in which they mostly come. */
  readonly sharedCalls: readonly SharedCall[]
  /** Directly-follows graph: the most frequent edges first; `edgesLeftOut` counts the rest. */
  readonly edges: readonly Edge[]
  readonly edgesLeftOut: number
  /** Mean edits from (the first 100) failed sessions to the nearest of the 20 commonest successful ways; null without both. */
  readonly failedDeviation: number | null
}

interface SharedCall {
  readonly tool: string
  /** Share of the sessions that make it. */
  readonly inSuccesses: number
  readonly inFailures: number | null
}

interface Edge {
  readonly from: string
  readonly to: string
  readonly inSuccesses: number
  readonly inFailures: number
  /** Mean seconds between the two results, where the source has a clock. */
  readonly seconds: number | null
}

const shownEdges = 40
const sharedFrom = 0.8
const fewestSuccesses = 5
const referenceShare = 0.2
/** What the mean deviation is measured on: the commonest ways, the first failed sessions, their first calls. */
const comparedVariants = 20
const comparedSessions = 100
const comparedCalls = 100

/** One path per type of task with at least five successful sessions, types in order. */
export function findTaskPaths({ cases, types, lexicon }: Population): TaskPath[] {
  return groupByType(cases, types.of).flatMap(([taskType, group]) => {
    const won = group.filter(({ success }) => success === true)
    const lost = group.filter(({ success }) => success === false)
    if (won.length < fewestSuccesses) return []
    const variants = countVariants(won, lexicon)
    const [first] = variants
    const common = first && first.sessions >= Math.max(fewestSuccesses, referenceShare * won.length)
    return [
      {
        taskType,
        sessions: group.length,
        successes: won.length,
        reference: common
          ? { calls: first.acts.map((act) => lexicon.textOf(act)), sessions: first.sessions }
          : null,
        successfulVariants: variants.length,
        sharedCalls: findSharedCalls(won, lost, lexicon),
        ...findEdges(won, lost, lexicon),
        failedDeviation: measureDeviation(lost, variants),
      },
    ]
  })
}

/** Reading calls that most successful sessions of a type make, by type: what an answer should rest on. */
export function findUsualLookUps({
  cases,
  types,
  lexicon,
}: Population): ReadonlyMap<string, number[]> {
  return new Map(
    groupByType(cases, types.of).map(([taskType, group]) => {
      const won = group.filter(({ success }) => success === true)
      if (won.length < fewestSuccesses) return [taskType, []]
      const reads = new Set<number>()
      for (const { steps } of won) {
        const { columns, from, to } = steps
        for (let at = from; at < to; at += 1) {
          if (((columns.flags[at] as number) & changesMask) === changesNothing)
            reads.add(columns.act[at] as number)
        }
      }
      const calling = countCalling(won, lexicon)
      const usual = [...reads].filter((act) => (calling[act] as number) / won.length > 0.5)
      return [taskType, usual.toSorted(byName(lexicon))]
    }),
  )
}

const byName = (lexicon: Lexicon) => (a: number, b: number) =>
  lexicon.textOf(a) < lexicon.textOf(b) ? -1 : 1

function groupByType(
  cases: readonly LaidOutCase[],
  typeOf: readonly (string | null)[],
): [string, LaidOutCase[]][] {
  const groups = new Map<string, LaidOutCase[]>()
  cases.forEach((one, index) => {
    const type = typeOf[index] ?? null
    if (type === null) return
    const group = groups.get(type)
    if (group) group.push(one)
    else groups.set(type, [one])
  })
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** By act: how many of the cases call it. */
function countCalling(cases: readonly LaidOutCase[], { texts }: Lexicon): Int32Array {
  const counts = new Int32Array(texts.length)
  const last = new Int32Array(texts.length).fill(-1)
  cases.forEach(({ steps: { columns, from, to } }, index) => {
    for (let at = from; at < to; at += 1) {
      const act = columns.act[at] as number
      if (last[act] === index) continue
      last[act] = index
      counts[act] = (counts[act] as number) + 1
    }
  })
  return counts
}

/** Acts of calls that came back, the same several times in a row once, blocks that repeat once. */
export function listCalls({ steps: { columns, from, to } }: LaidOutCase): number[] {
  const calls: number[] = []
  for (let at = from; at < to; at += 1) {
    const act = columns.act[at] as number
    const status = (columns.flags[at] as number) & statusMask
    if (status === statusError || status === statusRefused || calls[calls.length - 1] === act)
      continue
    calls.push(act)
    // a b a b: the second pair says nothing new.
    const n = calls.length
    if (n >= 4 && calls[n - 1] === calls[n - 3] && calls[n - 2] === calls[n - 4])
      calls.length = n - 2
  }
  return calls
}

interface Variant {
  readonly acts: readonly number[]
  sessions: number
}

/** The commonest first, then by name. */
function countVariants(won: readonly LaidOutCase[], lexicon: Lexicon): Variant[] {
  const variants = new Map<string, Variant>()
  for (const one of won) {
    const acts = listCalls(one)
    const key = acts.join()
    const known = variants.get(key)
    if (known) known.sessions += 1
    else variants.set(key, { acts, sessions: 1 })
  }
  const rank = rankNames(lexicon)
  return [...variants.values()].toSorted(
    (a, b) => b.sessions - a.sessions || compareActs(a.acts, b.acts, rank),
  )
}

/** By number of a text: its place in the order of all. */
function rankNames({ texts }: Lexicon): Int32Array {
  const rank = new Int32Array(texts.length)
  const order = [...texts.keys()].sort((a, b) =>
    (texts[a] as string) < (texts[b] as string) ? -1 : 1,
  )
  order.forEach((number, place) => {
    rank[number] = place
  })
  return rank
}

/** Name by name; what goes on where the other ends comes after it. */
function compareActs(a: readonly number[], b: readonly number[], rank: Int32Array): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at += 1) {
    const difference = (rank[a[at] as number] as number) - (rank[b[at] as number] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function findSharedCalls(
  won: readonly LaidOutCase[],
  lost: readonly LaidOutCase[],
  lexicon: Lexicon,
): SharedCall[] {
  const calling = { won: countCalling(won, lexicon), lost: countCalling(lost, lexicon) }
  const shared = lexicon.texts.flatMap((_, act) =>
    (calling.won[act] as number) >= sharedFrom * won.length ? [act] : [],
  )
  const places = findPlaces(won, shared, lexicon)
  return shared
    .map((act, index) => ({ act, place: median(places[index] ?? []), tool: lexicon.textOf(act) }))
    .toSorted((a, b) => a.place - b.place || (a.tool < b.tool ? -1 : 1))
    .map(({ act, tool }) => ({
      tool,
      inSuccesses: (calling.won[act] as number) / won.length,
      inFailures: lost.length === 0 ? null : (calling.lost[act] as number) / lost.length,
    }))
}

/** By act wanted: where each session first calls it, as a share of its length. */
function findPlaces(
  won: readonly LaidOutCase[],
  wanted: readonly number[],
  { texts }: Lexicon,
): number[][] {
  const places: number[][] = wanted.map(() => [])
  const numbers = new Int32Array(texts.length).fill(-1)
  wanted.forEach((act, number) => {
    numbers[act] = number
  })
  const last = new Int32Array(texts.length).fill(-1)
  won.forEach(({ steps: { columns, from, to } }, index) => {
    for (let at = from; at < to; at += 1) {
      const act = columns.act[at] as number
      if (numbers[act] === -1 || last[act] === index) continue
      last[act] = index
      places[numbers[act] as number]?.push((at - from) / (to - from))
    }
  })
  return places
}

const median = (list: readonly number[]) =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0

interface EdgeCounts {
  readonly from: number
  readonly to: number
  won: number
  lost: number
  seconds: number
  timed: number
}

/** Numbers of the two ends of a session, before and behind those of acts. */
const [start, end] = [-1, -2]

function findEdges(
  won: readonly LaidOutCase[],
  lost: readonly LaidOutCase[],
  lexicon: Lexicon,
): Pick<TaskPath, 'edges' | 'edgesLeftOut'> {
  const edges = new Map<number, EdgeCounts>()
  const nodes = lexicon.texts.length + 2
  const count = (
    side: 'won' | 'lost',
    [from, to]: readonly [number, number],
    seconds: number | null,
  ) => {
    const key = (from + 2) * nodes + to + 2
    const known = edges.get(key)
    const edge = known ?? { from, to, won: 0, lost: 0, seconds: 0, timed: 0 }
    if (!known) edges.set(key, edge)
    edge[side] += 1
    if (seconds === null) return
    edge.seconds += seconds
    edge.timed += 1
  }
  const walk = ({ steps }: LaidOutCase, side: 'won' | 'lost') => {
    const { act, seconds, numbers } = steps.columns
    let before = start
    for (let at = steps.from; at < steps.to; at += 1) {
      const place = seconds[at] as number
      count(side, [before, act[at] as number], place === -1 ? null : (numbers[place] as number))
      before = act[at] as number
    }
    count(side, [before, end], null)
  }
  for (const one of won) walk(one, 'won')
  for (const one of lost) walk(one, 'lost')
  return showEdges([...edges.values()], lexicon)
}

function showEdges(
  edges: readonly EdgeCounts[],
  lexicon: Lexicon,
): Pick<TaskPath, 'edges' | 'edgesLeftOut'> {
  const nameOf = (node: number) =>
    node === start ? 'start' : node === end ? 'end' : lexicon.textOf(node)
  const sorted = edges
    .map((edge) => ({ ...edge, names: [nameOf(edge.from), nameOf(edge.to)] as const }))
    .toSorted(
      (a, b) =>
        b.won + b.lost - (a.won + a.lost) || (a.names.join('\0') < b.names.join('\0') ? -1 : 1),
    )
  return {
    edges: sorted.slice(0, shownEdges).map(({ names: [from, to], ...edge }) => ({
      from,
      to,
      inSuccesses: edge.won,
      inFailures: edge.lost,
      seconds: edge.timed === 0 ? null : Math.round((edge.seconds / edge.timed) * 1000) / 1000,
    })),
    edgesLeftOut: Math.max(0, sorted.length - shownEdges),
  }
}

function measureDeviation(
  lost: readonly LaidOutCase[],
  variants: readonly Variant[],
): number | null {
  if (lost.length === 0 || variants.length === 0) return null
  const ways = variants
    .slice(0, comparedVariants)
    .map(({ acts }) => makeMatcher(acts.slice(0, comparedCalls)))
  const looked = lost.slice(0, comparedSessions)
  const sum = looked.reduce((total, one) => {
    const calls = listCalls(one).slice(0, comparedCalls)
    return total + Math.min(...ways.map((way) => countEdits(way, calls)))
  }, 0)
  return Math.round((sum / looked.length) * 100) / 100
}
