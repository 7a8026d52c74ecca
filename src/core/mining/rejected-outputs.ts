import { changesMask, changesSomething, statusMask, statusOk } from '../transcript/step-columns.ts'
import type { Candidate, Patterns } from './candidate.ts'
import type { Case, LaidOutCase } from './case.ts'
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
  population: Population,
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
        mostAfter: findMostAfter(population, judged, new Set(rejected)),
      },
      citations: cite({
        supports: rejected.flatMap((index) => {
          const one = population.cases[index]
          return one ? sightEnd(one) : []
        }),
      }),
    }),
  }
}

/** The last thing said or done: what was rejected. */
function sightEnd(one: LaidOutCase): Sighting[] {
  const { columns, from, to } = one.steps
  for (let at = to - 1; at >= from; at -= 1) {
    const flags = columns.flags[at] as number
    if (changes(flags) && (flags & statusMask) === statusOk)
      return [{ one, of: 'call', index: at - from }]
  }
  const last = one.trace.sayings.length - 1
  return last >= 0 ? [{ one, of: 'saying', index: last }] : []
}

const changes = (flags: number) => (flags & changesMask) === changesSomething

const fewestUses = 8
const standsOut = 0.15

/** The changing tool whose sessions are rejected at least 15 points more often than judged sessions at large. */
function findMostAfter(
  { cases, lexicon }: Population,
  judged: readonly number[],
  rejected: ReadonlySet<number>,
): string | null {
  const tools = new Map<number, { uses: number; rejected: number }>()
  for (const index of judged) {
    for (const tool of listChanging(cases[index] as LaidOutCase)) {
      const counts = tools.get(tool) ?? { uses: 0, rejected: 0 }
      tools.set(tool, counts)
      counts.uses += 1
      if (rejected.has(index)) counts.rejected += 1
    }
  }
  const overall = rejected.size / Math.max(judged.length, 1)
  const [first] = [...tools]
    .filter(([, { uses, rejected: k }]) => uses >= fewestUses && k / uses >= overall + standsOut)
    .map(([tool, { uses, rejected: k }]) => [lexicon.textOf(tool), k / uses] as const)
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  return first?.[0] ?? null
}

/** Tools of the calls that change something, each once. */
function listChanging({ steps: { columns, from, to } }: LaidOutCase): Set<number> {
  const tools = new Set<number>()
  for (let at = from; at < to; at += 1) {
    if (changes(columns.flags[at] as number)) tools.add(columns.tool[at] as number)
  }
  return tools
}
