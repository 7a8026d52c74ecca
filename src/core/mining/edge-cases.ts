import { wilson } from '../statistics/intervals.ts'
import type { Candidate, Patterns } from './candidate.ts'
import type { Case } from './case.ts'
import { cite } from './cite.ts'
import { clusterVectors, type Vector, weighTerms } from './clusters.ts'
import { intervalLevel } from './contrast.ts'
import type { Population } from './population.ts'

const alikeFrom = 0.6
const largestShare = 0.05
const fewestSessions = 6
const labelWords = 5

/**
 * Small groups of sessions that are alike in what was asked, called and refused, and that fail more often
 * than sessions at large: the lower bound of their failure rate is above the upper bound of everybody's.
 */
export function mineEdgeCases(population: Population): Patterns {
  const { cases } = population
  const terms = cases.map(listTerms)
  const vectors = weighTerms(terms)
  const clusters = clusterVectors(vectors, alikeFrom).filter(
    ({ members }) =>
      members.length >= fewestSessions && members.length <= largestShare * cases.length,
  )
  const failed = cases.filter(({ success }) => success === false).length
  const decided = cases.filter(({ success }) => success !== null).length
  const overallHigh = wilson(failed, decided, intervalLevel).high
  return {
    kind: 'edge_case',
    considered: clusters.length,
    tested: false,
    candidates: clusters.flatMap(({ members }) =>
      toCandidate(population, { members, overallHigh, label: label(members, vectors, terms) }),
    ),
    silences: [],
  }
}

function listTerms({ trace }: Case): string[] {
  return [
    ...trace.intent,
    ...trace.steps.map(({ tool }) => `call ${tool}`),
    ...trace.steps.flatMap(({ tool, error }) => (error === null ? [] : [`error ${tool} ${error}`])),
    ...trace.steps.flatMap(({ args }) => Object.keys(args ?? {}).map((key) => `argument ${key}`)),
  ]
}

function toCandidate(
  { cases }: Population,
  given: { members: readonly number[]; overallHigh: number; label: string[] },
): Candidate[] {
  const { members, overallHigh, label: words } = given
  const decided = members.filter((index) => cases[index]?.success !== null)
  const failures = decided.filter((index) => cases[index]?.success === false).length
  const { low } = wilson(failures, decided.length, intervalLevel)
  if (decided.length < fewestSessions || low <= overallHigh) return []
  const title = `A small group of sessions about ${words.map((word) => `“${word}”`).join(', ')} fails far more often than the rest`
  return [
    {
      members,
      standing: 'counted',
      name: title,
      describe: () => ({
        key: `edge_case:${words.join('+')}`,
        title,
        detail: {
          kind: 'edge_case',
          words,
          sessions: members.length,
          failures,
          failureLow: low,
          overallHigh,
        },
        citations: cite({
          supports: members.flatMap((index) => {
            const one = cases[index]
            return one && one.trace.turns.length > 0 ? [{ one, of: 'turn' as const, index: 0 }] : []
          }),
        }),
      }),
    },
  ]
}

const priorWeight = 10

/**
 * Words that stand out in the group: log-odds with an informative Dirichlet prior from all sessions (Monroe,
 * Colaresi & Quinn 2008), by z, of what was asked first and of what was called where nothing was asked.
 */
function label(
  members: readonly number[],
  vectors: readonly Vector[],
  terms: readonly (readonly string[])[],
): string[] {
  const inside = new Map<string, number>()
  for (const index of members)
    for (const term of new Set(terms[index])) inside.set(term, (inside.get(term) ?? 0) + 1)
  const asked = [...inside].filter(([term]) => !term.includes(' '))
  const shown = asked.length > 0 ? asked : [...inside]
  const all = new Map<string, number>()
  for (const list of terms)
    for (const term of new Set(list)) all.set(term, (all.get(term) ?? 0) + 1)
  const [n, total] = [members.length, vectors.length]
  const scored = shown.map(([term, count]) => {
    const share = (all.get(term) ?? 0) / total
    const prior = priorWeight * share
    const other = (all.get(term) ?? 0) - count
    const odds = (k: number, of: number) =>
      Math.log((k + prior) / (of - k + priorWeight - prior + 1e-9))
    const variance = 1 / (count + prior) + 1 / (other + prior + 1e-9)
    return { term, z: (odds(count, n) - odds(other, total - n)) / Math.sqrt(variance) }
  })
  return scored
    .toSorted((a, b) => b.z - a.z || (a.term < b.term ? -1 : 1))
    .slice(0, labelWords)
    .map(({ term }) => term)
}
