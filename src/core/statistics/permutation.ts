import { addBit, type Bitset, countShared, emptyBitset } from './bitset.ts'
import { seededRandom } from './random.ts'

/** Rows in stratum order: stratum k holds rows bounds[k] to bounds[k + 1]. */
export interface PermutationDesign {
  readonly bounds: readonly number[]
  readonly outcomes: Uint8Array
}

/** One pattern: its rows, and mean and standard deviation of its successes when outcomes are dealt anew. */
export interface Permuted {
  readonly rows: Bitset
  readonly mean: number
  readonly deviation: number
  readonly seen: number
}

/**
 * p of each pattern adjusted for all of them (Westfall & Young 1993, single step max-T): the share of
 * reshuffles of the outcomes within strata in which some pattern deviates as much. Correlated patterns cost
 * no power. The smallest p that can come out is 1 / (reshuffles + 1).
 */
export function adjustByPermutation(
  { bounds, outcomes }: PermutationDesign,
  patterns: readonly Permuted[],
  { reshuffles, seed }: { readonly reshuffles: number; readonly seed: number },
): number[] {
  const random = seededRandom(seed)
  const dealt = Uint8Array.from(outcomes)
  const exceeded = new Int32Array(patterns.length)
  const observed = patterns.map((pattern) => deviate(pattern, pattern.seen))
  for (let round = 0; round < reshuffles; round += 1) {
    const successes = deal(dealt, bounds, random)
    let highest = 0
    for (const pattern of patterns) {
      highest = Math.max(highest, deviate(pattern, countShared(pattern.rows, successes)))
    }
    observed.forEach((seen, index) => {
      if (highest >= seen - 1e-9) exceeded[index] = (exceeded[index] ?? 0) + 1
    })
  }
  return [...exceeded].map((count) => (count + 1) / (reshuffles + 1))
}

const deviate = ({ mean, deviation }: Permuted, successes: number) =>
  deviation === 0 ? 0 : Math.abs(successes - mean) / deviation

/** Fisher–Yates inside every stratum. */
function deal(outcomes: Uint8Array, bounds: readonly number[], random: () => number): Bitset {
  for (let stratum = 0; stratum + 1 < bounds.length; stratum += 1) {
    const from = bounds[stratum] as number
    for (let row = (bounds[stratum + 1] as number) - 1; row > from; row -= 1) {
      const other = from + Math.floor(random() * (row - from + 1))
      const kept = outcomes[row] as number
      outcomes[row] = outcomes[other] as number
      outcomes[other] = kept
    }
  }
  const successes = emptyBitset(outcomes.length)
  outcomes.forEach((outcome, row) => {
    if (outcome === 1) addBit(successes, row)
  })
  return successes
}
