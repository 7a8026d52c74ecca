export interface Pair {
  /** Indices into the sets given, first < second. */
  readonly first: number
  readonly second: number
  readonly jaccard: number
}

/**
 * Every pair of sets whose Jaccard similarity is at least `threshold`, in index order: an exact all-pairs
 * join with a prefix filter (Bayardo et al. 2007; Xiao et al. 2008). Two sets that similar must share one of
 * their rarest |d| - ceil(t|d|) + 1 tokens, so only those are indexed. No false negatives.
 */
export function joinSimilar(sets: readonly ReadonlySet<string>[], threshold: number): Pair[] {
  const ordered = orderByRarity(sets)
  const bySize = sets
    .map((_, index) => index)
    .toSorted((a, b) => sizeAt(sets, a) - sizeAt(sets, b) || a - b)
  const index = new Map<number, number[]>()
  const pairs: Pair[] = []
  for (const current of bySize) {
    const tokens = ordered[current] ?? []
    const prefix = tokens.length - Math.ceil(threshold * tokens.length - 1e-9) + 1
    const candidates = new Set<number>()
    for (const token of tokens.slice(0, prefix)) {
      const posting = index.get(token) ?? []
      for (const other of posting) {
        if (sizeAt(sets, other) >= threshold * tokens.length - 1e-9) candidates.add(other)
      }
      posting.push(current)
      index.set(token, posting)
    }
    for (const other of candidates) {
      const jaccard = similarity(ordered[other] ?? [], tokens)
      if (jaccard < threshold) continue
      pairs.push({ first: Math.min(other, current), second: Math.max(other, current), jaccard })
    }
  }
  return pairs.toSorted((a, b) => a.first - b.first || a.second - b.second)
}

const sizeAt = (sets: readonly ReadonlySet<string>[], index: number) => sets[index]?.size ?? 0

/** Tokens as numbers, rarest first (ties by text), so that prefixes hold what few sets share. */
function orderByRarity(sets: readonly ReadonlySet<string>[]): number[][] {
  const counts = new Map<string, number>()
  for (const set of sets) for (const token of set) counts.set(token, (counts.get(token) ?? 0) + 1)
  const ranked = [...counts].toSorted(([a, m], [b, n]) => m - n || (a < b ? -1 : 1))
  const ranks = new Map(ranked.map(([token], rank) => [token, rank]))
  return sets.map((set) => [...set].map((token) => ranks.get(token) ?? 0).toSorted((a, b) => a - b))
}

/** Both in ascending order. */
function similarity(a: readonly number[], b: readonly number[]): number {
  let shared = 0
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const difference = (a[i] as number) - (b[j] as number)
    if (difference === 0) shared += 1
    if (difference <= 0) i += 1
    if (difference >= 0) j += 1
  }
  const union = a.length + b.length - shared
  return union === 0 ? 0 : shared / union
}
