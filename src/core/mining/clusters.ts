/** Weighted terms of length one (L2), heaviest terms only. A term is a text or the number of one. */
export type Vector<Term = string> = ReadonlyMap<Term, number>

export interface Cluster {
  /** Index of the vector that the members are alike to. */
  readonly medoid: number
  /** Indices into the vectors, ascending. */
  readonly members: readonly number[]
}

/** Terms in the order in which they first come, with how often each does. */
export interface Counted<Term> {
  readonly terms: readonly Term[]
  readonly counts: readonly number[]
}

export function countTerms<Term>(list: Iterable<Term>): Counted<Term> {
  const counts = new Map<Term, number>()
  for (const term of list) counts.set(term, (counts.get(term) ?? 0) + 1)
  return { terms: [...counts.keys()], counts: [...counts.values()] }
}

/** tf-idf, scaled to length one; a term that all have weighs nothing. */
export function weighTerms<Term>(lists: readonly Counted<Term>[]): Vector<Term>[] {
  const found = new Map<Term, number>()
  for (const { terms } of lists)
    for (const term of terms) found.set(term, (found.get(term) ?? 0) + 1)
  const rarity = new Map<Term, number>()
  for (const [term, count] of found) {
    if (count < lists.length) rarity.set(term, Math.log(lists.length / count))
  }
  return lists.map(({ terms, counts }) => {
    const weighted: [Term, number][] = []
    for (let at = 0; at < terms.length; at += 1) {
      const weight = rarity.get(terms[at] as Term)
      if (weight !== undefined) weighted.push([terms[at] as Term, (counts[at] as number) * weight])
    }
    const length = Math.hypot(...weighted.map(([, weight]) => weight)) || 1
    for (const entry of weighted) entry[1] /= length
    return new Map(weighted)
  })
}

/**
 * Leader clustering in the order given (Hartigan 1975), then one pass that moves every vector to the medoid
 * it is most alike to. Deterministic; time grows with vectors × clusters that share a term. Vectors without
 * terms belong to no cluster.
 */
export function clusterVectors<Term>(
  vectors: readonly Vector<Term>[],
  alikeFrom: number,
): Cluster[] {
  const leaders = assign(vectors, [], alikeFrom)
  const medoids = [...leaders.values()].map((members) => findMedoid(vectors, members))
  const settled = assign(vectors, medoids, alikeFrom)
  return [...settled]
    .map(([medoid, members]) => ({ medoid, members }))
    .toSorted((a, b) => b.members.length - a.members.length || a.medoid - b.medoid)
}

/** Leaders that have a term, and its weight there. */
interface Posting {
  readonly leaders: number[]
  readonly weights: number[]
}

/** Every vector goes to the most alike leader, or leads a cluster of its own; ties go to the earlier. */
function assign<Term>(
  vectors: readonly Vector<Term>[],
  given: readonly number[],
  alikeFrom: number,
): Map<number, number[]> {
  const byTerm = new Map<Term, Posting>()
  const clusters = new Map<number, number[]>()
  const scores = new Scores(vectors.length)
  const lead = (index: number) => {
    clusters.set(index, [])
    for (const [term, weight] of vectors[index] ?? []) {
      const posting = byTerm.get(term) ?? { leaders: [], weights: [] }
      byTerm.set(term, posting)
      posting.leaders.push(index)
      posting.weights.push(weight)
    }
  }
  for (const index of given) lead(index)
  vectors.forEach((vector, index) => {
    if (vector.size === 0) return
    for (const [term, weight] of vector) {
      const posting = byTerm.get(term)
      if (posting) scores.add(posting, weight)
    }
    let best = scores.takeBest(alikeFrom)
    if (best === -1) {
      lead(index)
      best = index
    }
    clusters.get(best)?.push(index)
  })
  return new Map([...clusters].filter(([, members]) => members.length > 0))
}

/** How alike one vector is to each leader that shares a term with it. */
class Scores {
  readonly #scores: Float64Array
  readonly #touched: number[] = []

  constructor(leaders: number) {
    this.#scores = new Float64Array(leaders).fill(-1)
  }

  add({ leaders, weights }: Posting, weight: number): void {
    for (let at = 0; at < leaders.length; at += 1) {
      const leader = leaders[at] as number
      const known = this.#scores[leader] as number
      if (known === -1) this.#touched.push(leader)
      this.#scores[leader] = (known === -1 ? 0 : known) + weight * (weights[at] as number)
    }
  }

  /** The best leader, the first touched of equal ones, or -1; forgets all scores. */
  takeBest(alikeFrom: number): number {
    let best = -1
    let highest = alikeFrom
    for (const leader of this.#touched) {
      const score = this.#scores[leader] as number
      if (score > highest + 1e-12 || (best === -1 && score >= alikeFrom)) {
        best = leader
        highest = score
      }
      this.#scores[leader] = -1
    }
    this.#touched.length = 0
    return best
  }
}

/** The member most alike to the sum of all; a sum instead of all pairs keeps it linear. */
function findMedoid<Term>(vectors: readonly Vector<Term>[], members: readonly number[]): number {
  const sum = new Map<Term, number>()
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
