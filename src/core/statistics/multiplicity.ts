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
