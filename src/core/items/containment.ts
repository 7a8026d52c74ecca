import type { Pair } from './near-duplicates.ts'

/**
 * Every pair of sets of which one holds the other and is at most 1 / `threshold` times as large, in index
 * order; exact. The smaller one's rarest token stands in the larger one too, so only sets that share it are
 * looked at: lines that each have a word of their own cost nothing, however many words they share.
 */
export function joinContained(sets: readonly ReadonlySet<string>[], threshold: number): Pair[] {
  const holders = new Map<string, number[]>()
  for (const [index, set] of sets.entries()) {
    for (const token of set) {
      const known = holders.get(token)
      if (known) known.push(index)
      else holders.set(token, [index])
    }
  }
  const pairs: Pair[] = []
  for (const [small, set] of sets.entries()) {
    for (const large of findRarest(set, holders)) {
      const other = sets[large] as ReadonlySet<string>
      const jaccard = set.size / other.size
      // Equal sets hold each other: counted once.
      if (large === small || jaccard > 1 || jaccard < threshold) continue
      if ((jaccard === 1 && large < small) || !set.isSubsetOf(other)) continue
      pairs.push({ first: Math.min(small, large), second: Math.max(small, large), jaccard })
    }
  }
  return pairs.toSorted((a, b) => a.first - b.first || a.second - b.second)
}

/** The sets that hold the token which fewest sets hold. */
function findRarest(
  set: ReadonlySet<string>,
  holders: ReadonlyMap<string, readonly number[]>,
): readonly number[] {
  let rarest: readonly number[] = []
  for (const token of set) {
    const own = holders.get(token) ?? []
    if (rarest.length === 0 || own.length < rarest.length) rarest = own
  }
  return rarest
}
