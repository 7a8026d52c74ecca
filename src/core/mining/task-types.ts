import type { Case } from './case.ts'
import { clusterVectors, countTerms, type Vector, weighTerms } from './clusters.ts'

/** Task type of every case, in the order of the cases, and where the types come from. */
export interface TaskTypes {
  readonly from: 'source' | 'clusters' | 'none'
  readonly of: readonly (string | null)[]
}

/** Cosine from which two requests are of one kind, and sessions that make a kind. */
const alikeFrom = 0.3
const fewestSessions = 5
const nameWords = 3

/**
 * The source's own task types where most sessions have one. Otherwise requests are clustered by their words:
 * a coarse stand-in, so comparisons inside clusters are never better than grade D. Sessions without a
 * request, and kinds of fewer than five sessions, have no type.
 */
export function findTaskTypes(cases: readonly Case[]): TaskTypes {
  const typed = cases.filter(({ trace }) => trace.task.type !== null).length
  if (typed * 2 >= cases.length && typed > 0) {
    return { from: 'source', of: cases.map(({ trace }) => trace.task.type) }
  }
  const vectors = weighTerms(cases.map(({ trace }) => countTerms(trace.intent)))
  const clusters = clusterVectors(vectors, alikeFrom).filter(
    ({ members }) => members.length >= fewestSessions,
  )
  const of = new Array<string | null>(cases.length).fill(null)
  for (const { members } of clusters) {
    const name = nameCluster(members.map((member) => vectors[member] as Vector))
    for (const member of members) of[member] = name
  }
  return { from: clusters.length > 0 ? 'clusters' : 'none', of }
}

/** The words that weigh most in the cluster together, in alphabetical order. */
function nameCluster(vectors: readonly Vector[]): string {
  const weights = new Map<string, number>()
  for (const vector of vectors)
    for (const [term, weight] of vector) weights.set(term, (weights.get(term) ?? 0) + weight)
  const heaviest = [...weights].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return heaviest
    .slice(0, nameWords)
    .map(([term]) => term)
    .toSorted()
    .join(' ')
}
