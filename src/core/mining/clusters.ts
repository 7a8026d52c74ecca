/** Weighted terms of length one (L2), heaviest terms only. */
export type Vector = ReadonlyMap<string, number>

export interface Cluster {
  /** Index of the vector that the members are alike to. */
  readonly medoid: number
  /** Indices into the vectors, ascending. */
  readonly members: readonly number[]
}

/** tf-idf of term lists, each scaled to length one; a term that every list has weighs nothing. */
export function weighTerms(lists: readonly (readonly string[])[]): Vector[] {
  const found = new Map<string, number>()
  for (const list of lists)
    for (const term of new Set(list)) found.set(term, (found.get(term) ?? 0) + 1)
  return lists.map((list) => {
    const counts = new Map<string, number>()
    for (const term of list) counts.set(term, (counts.get(term) ?? 0) + 1)
    const weighted = [...counts].map(
      ([term, count]) => [term, count * Math.log(lists.length / (found.get(term) ?? 1))] as const,
    )
    const length = Math.hypot(...weighted.map(([, weight]) => weight)) || 1
    return new Map(
      weighted.flatMap(([term, weight]) => (weight > 0 ? [[term, weight / length] as const] : [])),
    )
  })
}

/**
 * Leader clustering in the order given (Hartigan 1975), then one pass that moves every vector to the medoid
 * it is most alike to. Deterministic; time grows with vectors × clusters that share a term. Vectors without
 * terms belong to no cluster.
 */
export function clusterVectors(vectors: readonly Vector[], alikeFrom: number): Cluster[] {
  const leaders = assign(vectors, [], alikeFrom)
  const medoids = [...leaders.values()].map((members) => findMedoid(vectors, members))
  const settled = assign(vectors, medoids, alikeFrom)
  return [...settled]
    .map(([medoid, members]) => ({ medoid, members }))
    .toSorted((a, b) => b.members.length - a.members.length || a.medoid - b.medoid)
}

/** Every vector goes to the most alike leader, or leads a cluster of its own; ties go to the earlier. */
function assign(
  vectors: readonly Vector[],
  given: readonly number[],
  alikeFrom: number,
): Map<number, number[]> {
  const byTerm = new Map<string, number[]>()
  const clusters = new Map<number, number[]>()
  const lead = (index: number) => {
    clusters.set(index, [])
    for (const term of vectors[index]?.keys() ?? []) {
      const posting = byTerm.get(term)
      if (posting) posting.push(index)
      else byTerm.set(term, [index])
    }
  }
  for (const index of given) lead(index)
  vectors.forEach((vector, index) => {
    if (vector.size === 0) return
    const scores = new Map<number, number>()
    for (const [term, weight] of vector) {
      for (const leader of byTerm.get(term) ?? []) {
        const other = vectors[leader]?.get(term) ?? 0
        scores.set(leader, (scores.get(leader) ?? 0) + weight * other)
      }
    }
    let best = -1
    let highest = alikeFrom
    for (const [leader, score] of scores) {
      if (score > highest + 1e-12 || (best === -1 && score >= alikeFrom)) {
        best = leader
        highest = score
      }
    }
    if (best === -1) {
      lead(index)
      best = index
    }
    clusters.get(best)?.push(index)
  })
  return new Map([...clusters].filter(([, members]) => members.length > 0))
}

/** The member most alike to the sum of all; a sum instead of all pairs keeps it linear. */
function findMedoid(vectors: readonly Vector[], members: readonly number[]): number {
  const sum = new Map<string, number>()
  for (const member of members)
    for (const [term, weight] of vectors[member] ?? []) sum.set(term, (sum.get(term) ?? 0) + weight)
  let best = members[0] ?? 0
  let highest = -1
  for (const member of members) {
    let score = 0
    for (const [term, weight] of vectors[member] ?? []) score += weight * (sum.get(term) ?? 0)
    if (score > highest + 1e-12) [best, highest] = [member, score]
  }
  return best
}
