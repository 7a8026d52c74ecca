import type { Trace } from '../transcript/trace.ts'
import type { Case } from './case.ts'
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
export function findTaskPaths({ cases, types }: Population): TaskPath[] {
  return groupByType(cases, types.of).flatMap(([taskType, group]) => {
    const won = group.filter(({ success }) => success === true)
    const lost = group.filter(({ success }) => success === false)
    if (won.length < fewestSuccesses) return []
    const variants = countVariants(won)
    const [first] = variants
    const common = first && first.sessions >= Math.max(fewestSuccesses, referenceShare * won.length)
    return [
      {
        taskType,
        sessions: group.length,
        successes: won.length,
        reference: common ? first : null,
        successfulVariants: variants.length,
        sharedCalls: findSharedCalls(won, lost),
        ...findEdges(won, lost),
        failedDeviation: measureDeviation(lost, variants),
      },
    ]
  })
}

/** Reading calls that most successful sessions of a type make, by type: what an answer should rest on. */
export function findUsualLookUps({ cases, types }: Population): ReadonlyMap<string, string[]> {
  return new Map(
    groupByType(cases, types.of).map(([taskType, group]) => {
      const won = group.filter(({ success }) => success === true)
      const reads = new Set(
        won.flatMap(({ trace }) =>
          trace.steps.flatMap(({ act, changesState }) => (changesState === false ? [act] : [])),
        ),
      )
      const usual = [...reads].filter((tool) => shareOf(won, tool) > 0.5)
      return [taskType, won.length < fewestSuccesses ? [] : usual.toSorted()]
    }),
  )
}

function groupByType(
  cases: readonly Case[],
  typeOf: readonly (string | null)[],
): [string, Case[]][] {
  const groups = new Map<string, Case[]>()
  cases.forEach((one, index) => {
    const type = typeOf[index] ?? null
    if (type === null) return
    const group = groups.get(type)
    if (group) group.push(one)
    else groups.set(type, [one])
  })
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function shareOf(cases: readonly Case[], tool: string): number {
  const calling = cases.filter(({ trace }) => trace.steps.some((step) => step.act === tool))
  return cases.length === 0 ? 0 : calling.length / cases.length
}

/** Names of calls that came back, the same several times in a row once, blocks that repeat once. */
export function listCalls({ steps }: Trace): string[] {
  const calls: string[] = []
  for (const { act, status } of steps) {
    if (status === 'error' || status === 'refused' || calls.at(-1) === act) continue
    calls.push(act)
    // a b a b: the second pair says nothing new.
    const n = calls.length
    if (n >= 4 && calls[n - 1] === calls[n - 3] && calls[n - 2] === calls[n - 4])
      calls.length = n - 2
  }
  return calls
}

function countVariants(won: readonly Case[]): { calls: string[]; sessions: number }[] {
  const variants = new Map<string, { calls: string[]; sessions: number }>()
  for (const { trace } of won) {
    const calls = listCalls(trace)
    const key = calls.join('\0')
    const known = variants.get(key)
    if (known) known.sessions += 1
    else variants.set(key, { calls, sessions: 1 })
  }
  return [...variants]
    .toSorted(([a, x], [b, y]) => y.sessions - x.sessions || (a < b ? -1 : 1))
    .map(([, variant]) => variant)
}

function findSharedCalls(won: readonly Case[], lost: readonly Case[]): SharedCall[] {
  const places = new Map<string, number[]>()
  for (const { trace } of won) {
    const seen = new Set<string>()
    for (const { act: tool, index } of trace.steps) {
      if (seen.has(tool)) continue
      seen.add(tool)
      const list = places.get(tool)
      const place = index / trace.steps.length
      if (list) list.push(place)
      else places.set(tool, [place])
    }
  }
  return [...places]
    .filter(([, list]) => list.length >= sharedFrom * won.length)
    .map(([tool, list]) => ({ tool, place: median(list), share: list.length / won.length }))
    .toSorted((a, b) => a.place - b.place || (a.tool < b.tool ? -1 : 1))
    .map(({ tool, share }) => ({
      tool,
      inSuccesses: share,
      inFailures: lost.length === 0 ? null : shareOf(lost, tool),
    }))
}

const median = (list: readonly number[]) =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0

function findEdges(
  won: readonly Case[],
  lost: readonly Case[],
): Pick<TaskPath, 'edges' | 'edgesLeftOut'> {
  const edges = new Map<string, { won: number; lost: number; seconds: number; timed: number }>()
  const walk = ({ trace }: Case, side: 'won' | 'lost') => {
    let from = 'start'
    for (const { act: tool, seconds } of [...trace.steps, { act: 'end', seconds: null }]) {
      const key = `${from}\0${tool}`
      const edge = edges.get(key) ?? { won: 0, lost: 0, seconds: 0, timed: 0 }
      edges.set(key, edge)
      edge[side] += 1
      if (seconds !== null) {
        edge.seconds += seconds
        edge.timed += 1
      }
      from = tool
    }
  }
  for (const one of won) walk(one, 'won')
  for (const one of lost) walk(one, 'lost')
  const sorted = [...edges].toSorted(
    ([a, x], [b, y]) => y.won + y.lost - (x.won + x.lost) || (a < b ? -1 : 1),
  )
  return {
    edges: sorted.slice(0, shownEdges).map(([key, edge]) => {
      const [from, to] = key.split('\0') as [string, string]
      return {
        from,
        to,
        inSuccesses: edge.won,
        inFailures: edge.lost,
        seconds: edge.timed === 0 ? null : Math.round((edge.seconds / edge.timed) * 1000) / 1000,
      }
    }),
    edgesLeftOut: Math.max(0, sorted.length - shownEdges),
  }
}

function measureDeviation(
  lost: readonly Case[],
  variants: readonly { calls: string[] }[],
): number | null {
  if (lost.length === 0 || variants.length === 0) return null
  const numbers = new Map<string, number>()
  const toNumbers = (calls: readonly string[]) =>
    Int32Array.from(calls.slice(0, comparedCalls), (call) => {
      const number = numbers.get(call) ?? numbers.size
      numbers.set(call, number)
      return number
    })
  const ways = variants.slice(0, comparedVariants).map(({ calls }) => toNumbers(calls))
  const looked = lost.slice(0, comparedSessions)
  const sum = looked.reduce((total, { trace }) => {
    const calls = toNumbers(listCalls(trace))
    return total + Math.min(...ways.map((way) => countEdits(calls, way)))
  }, 0)
  return Math.round((sum / looked.length) * 100) / 100
}

/** Levenshtein distance. */
function countEdits(a: Int32Array, b: Int32Array): number {
  const row = Int32Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i += 1) {
    let diagonal = row[0] as number
    row[0] = i
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] as number
      const left = row[j - 1] as number
      const changed = diagonal + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(above + 1, left + 1, changed)
      diagonal = above
    }
  }
  return row[b.length] as number
}
