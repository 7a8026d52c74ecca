import type { Arm } from './assignment.ts'

/** What earlier units of one stratum came to: sums of values and counts by arm (1 candidate, 0 incumbent). */
export interface StratumSums {
  readonly name: string
  readonly s1: number
  readonly n1: number
  readonly s0: number
  readonly n0: number
  /** Sum of (Y − m)². */
  readonly q: number
}

/** One unit as the bettors see it. */
export interface Score {
  /** Centred and weighted by the inverse propensity: its mean is the effect of the candidate on this unit, exactly. */
  readonly z: number
  /** π(1−π)/v: how much a bettor who expects an effect of 1 would stake. */
  readonly stake: number
  /** The largest that −z could have been, and the largest that z could have been. */
  readonly mostDown: number
  readonly mostUp: number
}

interface Seen {
  readonly pi: number
  readonly arm: Arm
  readonly value: number
}

interface Stratum {
  readonly sums: StratumSums
  readonly priorRate: number
  readonly graded: boolean
}

/** The prior rate of a stratum counts as so many units (spec C.2). */
const pseudoUnits = 10

export const emptyStratum = (name: string): StratumSums => ({
  name,
  s1: 0,
  n1: 0,
  s0: 0,
  n0: 0,
  q: 0,
})

/** Of all strata together. */
export const sumStrata = (strata: readonly StratumSums[]): Omit<StratumSums, 'name' | 'q'> =>
  strata.reduce(
    (sum, { s1, n1, s0, n0 }) => ({
      s1: sum.s1 + s1,
      n1: sum.n1 + n1,
      s0: sum.s0 + s0,
      n0: sum.n0 + n0,
    }),
    { s1: 0, n1: 0, s0: 0, n0: 0 },
  )

/** Null: of nothing. */
export const meanOf = (sum: number, count: number): number | null =>
  count === 0 ? null : sum / count

/**
 * The centre m of spec C.2, which only earlier units of the stratum and π make: the doubly robust score.
 * Any other predictor known before the coin would be as valid; a bad one only costs speed.
 */
export function centreOf({ sums, priorRate }: Omit<Stratum, 'graded'>, pi: number): number {
  const m1 = (sums.s1 + pseudoUnits * priorRate) / (sums.n1 + pseudoUnits)
  const m0 = (sums.s0 + pseudoUnits * priorRate) / (sums.n0 + pseudoUnits)
  return (1 - pi) * m1 + pi * m0
}

/** The score of a unit, and the sums with it. */
export function scoreUnit(
  stratum: Stratum,
  { pi, arm, value }: Seen,
): { score: Score; sums: StratumSums } {
  const { sums, graded } = stratum
  const m = centreOf(stratum, pi)
  const isCandidate = arm === 'candidate'
  const off = value - m
  const n = sums.n1 + sums.n0
  const v = graded
    ? Math.max((sums.q + pseudoUnits * m * (1 - m)) / (n + pseudoUnits), 0.005)
    : Math.max(m * (1 - m), 0.05)
  return {
    score: {
      z: isCandidate ? off / pi : -off / (1 - pi),
      stake: (pi * (1 - pi)) / v,
      mostDown: Math.max(m / pi, (1 - m) / (1 - pi)),
      mostUp: Math.max((1 - m) / pi, m / (1 - pi)),
    },
    sums: isCandidate
      ? { ...sums, s1: sums.s1 + value, n1: sums.n1 + 1, q: sums.q + off * off }
      : { ...sums, s0: sums.s0 + value, n0: sums.n0 + 1, q: sums.q + off * off },
  }
}
