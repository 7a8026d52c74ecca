import type { Candidate, Patterns } from './candidate.ts'
import type { Case } from './case.ts'
import { cite, type Sighting } from './cite.ts'
import { isRecurring } from './member-sets.ts'
import type { Population } from './population.ts'

type Verdict = 'accepted' | 'rejected' | 'graded'

interface Verdicts {
  /** Some session has a number between or beyond: the part is a grade, a count or an index. */
  isGraded: boolean
  readonly judged: number[]
  readonly rejected: number[]
}

/** Names under which sources keep settings and scales, not verdicts. */
const noVerdict =
  /^(?:scale|termination|reward_basis|threshold|weight|total|count|.*(?:idx|index|percentage|turns?))$/i

/**
 * Parts of outcomes that reject sessions again and again: rubric criteria, checks, review verdicts; and the
 * tool after which each rejects most beyond its usual share. That a rejected session failed is no discovery,
 * so these are counted and never compared with success.
 */
export function mineRejectedOutputs(population: Population): Patterns {
  const { cases } = population
  const criteria = new Map<string, Verdicts>()
  cases.forEach((one, index) => {
    for (const [criterion, verdict] of listVerdicts(one)) {
      const found = criteria.get(criterion) ?? { isGraded: false, judged: [], rejected: [] }
      criteria.set(criterion, found)
      found.judged.push(index)
      if (verdict === 'rejected') found.rejected.push(index)
      if (verdict === 'graded') found.isGraded = true
    }
  })
  const sorted = [...criteria].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return {
    kind: 'rejected_output',
    considered: sorted.length,
    tested: false,
    candidates: keepDistinct(sorted)
      .filter(([, { rejected }]) => isRecurring(population, rejected))
      .map(([criterion, found]) => toCandidate(population, criterion, found)),
    silences: [],
  }
}

/** Of criteria that reject the very same sessions the first by name: a check and its score are one. */
function keepDistinct(sorted: readonly [string, Verdicts][]): [string, Verdicts][] {
  const known = new Set<string>()
  return sorted.filter(([, { isGraded, judged, rejected }]) => {
    // What rejects everything or nothing tells sessions not apart.
    if (isGraded || rejected.length === judged.length) return false
    const name = rejected.join(',')
    return known.has(name) ? false : known.add(name) !== undefined
  })
}

/** A part rejects when it is false, zero, or a word that says no; any other number makes it no verdict at all. */
function listVerdicts({ components, success }: Case): [string, Verdict][] {
  if (success === null) return []
  return Object.entries(components).flatMap(([criterion, value]): [string, Verdict][] => {
    if (noVerdict.test(criterion) || value === null) return []
    if (typeof value === 'string') {
      if (/^(?:rejected|changes_requested|fail(?:ed|ure)?|no|incorrect)$/i.test(value))
        return [[criterion, 'rejected']]
      return /^(?:approved|pass(?:ed)?|success|yes|correct|merged)$/i.test(value)
        ? [[criterion, 'accepted']]
        : []
    }
    const number = Number(value)
    if (number !== 0 && number !== 1) return [[criterion, 'graded']]
    return [[criterion, number === 0 ? 'rejected' : 'accepted']]
  })
}

function toCandidate(
  { cases }: Population,
  criterion: string,
  { judged, rejected }: Verdicts,
): Candidate {
  const title = `“${criterion}” keeps rejecting what sessions produce`
  return {
    members: rejected,
    standing: 'counted',
    name: title,
    describe: () => ({
      key: `rejected_output:${criterion}`,
      title,
      detail: {
        kind: 'rejected_output',
        criterion,
        rejected: rejected.length,
        judged: judged.length,
        mostAfter: findMostAfter(cases, judged, new Set(rejected)),
      },
      citations: cite({
        supports: rejected.flatMap((index) => {
          const one = cases[index]
          return one ? sightEnd(one) : []
        }),
      }),
    }),
  }
}

/** The last thing said or done: what was rejected. */
function sightEnd(one: Case): Sighting[] {
  const { sayings, steps } = one.trace
  const changed = steps.findLast(
    ({ changesState, status }) => changesState === true && status === 'ok',
  )
  if (changed) return [{ one, of: 'call', index: changed.index }]
  return sayings.length > 0 ? [{ one, of: 'saying', index: sayings.length - 1 }] : []
}

const fewestUses = 8
const standsOut = 0.15

/** The changing tool whose sessions are rejected at least 15 points more often than judged sessions at large. */
function findMostAfter(
  cases: readonly Case[],
  judged: readonly number[],
  rejected: ReadonlySet<number>,
): string | null {
  const tools = new Map<string, { uses: number; rejected: number }>()
  for (const index of judged) {
    const used = new Set(
      cases[index]?.trace.steps.flatMap(({ tool, changesState }) =>
        changesState === true ? [tool] : [],
      ),
    )
    for (const tool of used) {
      const counts = tools.get(tool) ?? { uses: 0, rejected: 0 }
      tools.set(tool, counts)
      counts.uses += 1
      if (rejected.has(index)) counts.rejected += 1
    }
  }
  const overall = rejected.size / Math.max(judged.length, 1)
  const [first] = [...tools]
    .filter(([, { uses, rejected: k }]) => uses >= fewestUses && k / uses >= overall + standsOut)
    .toSorted(([a, x], [b, y]) => y.rejected / y.uses - x.rejected / x.uses || (a < b ? -1 : 1))
  return first?.[0] ?? null
}
