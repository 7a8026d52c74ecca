/**
 * Benjamini–Hochberg q-values (1995), in the order given: rejecting all q <= x keeps the expected share of
 * false discoveries at or below x, for independent or positively dependent tests.
 */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const order = ps.map((_, index) => index).toSorted((a, b) => (ps[b] ?? 0) - (ps[a] ?? 0))
  const qs = new Array<number>(ps.length).fill(1)
  let smallest = 1
  order.forEach((index, fromTop) => {
    const rank = ps.length - fromTop
    smallest = Math.min(smallest, (ps[index] ?? 1) * (ps.length / rank))
    qs[index] = smallest
  })
  return qs
}

/** Simes' p of "none of these is true" (1986); 1 for no tests. */
export function simes(ps: readonly number[]): number {
  return ps
    .toSorted((a, b) => a - b)
    .reduce((least, p, index) => Math.min(least, (p * ps.length) / (index + 1)), 1)
}

/**
 * Level inside each family (Benjamini & Bogomolov 2014): families are tested first by Simes at `rate`; of m
 * families R are selected and only they are looked into, at rate · R / m. 0: the family is not selected.
 */
export function levelsOfFamilies(families: readonly (readonly number[])[], rate: number): number[] {
  const qs = benjaminiHochberg(families.map(simes))
  const selected = qs.filter((q) => q <= rate).length
  return qs.map((q) => (q <= rate ? (rate * selected) / families.length : 0))
}

/**
 * Tarone's choice (1990) of what is worth testing: a test whose least possible p is above level / k, with k
 * the number of tests left, cannot be rejected and only costs the others. True: testable.
 */
export function chooseTestable(leastPs: readonly number[], level: number): boolean[] {
  const sorted = leastPs.toSorted((a, b) => a - b)
  let k = 1
  let within = countUpTo(sorted, level)
  while (k < sorted.length && within > k) {
    k += 1
    while (within > 0 && (sorted[within - 1] ?? 0) > level / k) within -= 1
  }
  return leastPs.map((p) => p <= level / k)
}

/** How many of ascending values are at most `limit`. */
function countUpTo(ascending: readonly number[], limit: number): number {
  const beyond = ascending.findIndex((value) => value > limit)
  return beyond === -1 ? ascending.length : beyond
}
