import { betaCdf, logGamma } from './beta.ts'
import { chiSquareTail, normalQuantile } from './normal.ts'

/** One stratum of a comparison: successes and failures with and without the pattern. */
export interface Stratum {
  readonly successWith: number
  readonly failureWith: number
  readonly successWithout: number
  readonly failureWithout: number
}

export interface RiskDifference {
  readonly riskDifference: number
  readonly low: number
  readonly high: number
}

const sizes = (s: Stratum) => {
  const n1 = s.successWith + s.failureWith
  const n0 = s.successWithout + s.failureWithout
  return { n1, n0, n: n1 + n0, m1: s.successWith + s.successWithout }
}

/** A stratum says something only where both groups and both results occur. */
export function isInformative(stratum: Stratum): boolean {
  const { n1, n0, n, m1 } = sizes(stratum)
  return n1 > 0 && n0 > 0 && m1 > 0 && m1 < n
}

/**
 * Mantel–Haenszel difference of success rates, with minus without, and its interval with Sato's variance
 * (Sato 1989), which holds for few large and for many small strata. Null when no stratum has both groups.
 */
export function mantelHaenszelDifference(
  strata: readonly Stratum[],
  level: number,
): RiskDifference | null {
  let weight = 0
  let weighted = 0
  let p = 0
  let q = 0
  for (const stratum of strata) {
    const { n1, n0, n } = sizes(stratum)
    if (n1 === 0 || n0 === 0) continue
    const { successWith: x1, successWithout: x0 } = stratum
    weight += (n1 * n0) / n
    weighted += (x1 * n0 - x0 * n1) / n
    p += (n1 * n1 * x0 - n0 * n0 * x1 + (n1 * n0 * (n0 - n1)) / 2) / (n * n)
    q += (x1 * (n0 - x0) + x0 * (n1 - x1)) / (2 * n)
  }
  if (weight === 0) return null
  const riskDifference = weighted / weight
  const variance = Math.max(riskDifference * p + q, 0) / (weight * weight)
  const margin = normalQuantile(0.5 + level / 2) * Math.sqrt(variance)
  return {
    riskDifference,
    low: Math.max(riskDifference - margin, -1),
    high: Math.min(riskDifference + margin, 1),
  }
}

/**
 * Cochran–Mantel–Haenszel chi-square with one degree of freedom. `corrected` subtracts one half from the
 * deviation, which makes it conservative. Null when no stratum is informative.
 */
export function cochranMantelHaenszel(
  strata: readonly Stratum[],
  correction: 'corrected' | 'uncorrected',
): { readonly statistic: number; readonly p: number } | null {
  let deviation = 0
  let variance = 0
  for (const stratum of strata.filter(isInformative)) {
    const { n1, n0, n, m1 } = sizes(stratum)
    deviation += stratum.successWith - (n1 * m1) / n
    variance += (n1 * n0 * m1 * (n - m1)) / (n * n * (n - 1))
  }
  if (variance === 0) return null
  const reduced = Math.max(Math.abs(deviation) - (correction === 'corrected' ? 0.5 : 0), 0)
  const statistic = (reduced * reduced) / variance
  return { statistic, p: chiSquareTail(statistic) }
}

export interface AcrossStrata {
  /** Strata with both groups, and those of them that go the same way as all together. */
  readonly strata: number
  readonly agree: number
  /** Standard error when strata are a sample of more to come, not the only ones. */
  readonly error: number
  /** Two-sided, Student's t with strata − 1 degrees of freedom. */
  readonly p: number
}

/**
 * Whether a difference holds from stratum to stratum: the Mantel–Haenszel difference against the spread of
 * the strata's own. A difference that is large on a few tasks and turned around on others is true of those
 * tasks and says nothing of the next one. Null below two strata.
 */
export function compareAcross(strata: readonly Stratum[]): AcrossStrata | null {
  const parts = strata.flatMap((stratum) => {
    const { n1, n0, n } = sizes(stratum)
    if (n1 === 0 || n0 === 0) return []
    return [
      { weight: (n1 * n0) / n, value: stratum.successWith / n1 - stratum.successWithout / n0 },
    ]
  })
  if (parts.length < 2) return null
  const total = parts.reduce((sum, { weight }) => sum + weight, 0)
  const centre = parts.reduce((sum, { weight, value }) => sum + weight * value, 0) / total
  const spread = parts.reduce((sum, { weight, value }) => sum + (weight * (value - centre)) ** 2, 0)
  const free = parts.length - 1
  const error = Math.sqrt((spread / (total * total)) * (parts.length / free))
  return {
    strata: parts.length,
    agree: parts.filter(({ value }) => value * centre > 0).length,
    error,
    p: error === 0 ? (centre === 0 ? 1 : 0) : studentTail(centre / error, free),
  }
}

/** P(|T| >= |t|) of Student's t. */
const studentTail = (t: number, free: number) => betaCdf(free / (free + t * t), free / 2, 0.5)

/** Above this many informative cases the chi-square is as good and the exact sum takes longer. */
const exactUpTo = 3_000
/** Above this many, a p that no level in use comes near need not be exact. */
const vagueFrom = 200
const exactBelow = 0.2

/**
 * Two-sided p of "the pattern makes no difference in any stratum". Exact while it is cheap: the distribution
 * of the successes with the pattern given all margins is the convolution of the strata's hypergeometric
 * ones, and p sums what is no more likely than what was seen. Beyond, the corrected chi-square.
 */
export function stratifiedP(strata: readonly Stratum[]): number | null {
  const informative = strata.filter(isInformative)
  if (informative.length === 0) return null
  const cases = informative.reduce((sum, stratum) => sum + sizes(stratum).n, 0)
  const rough = cochranMantelHaenszel(informative, 'corrected')?.p ?? null
  const vague = cases > vagueFrom && (rough ?? 1) > exactBelow
  if (cases > exactUpTo || rough === null || vague) return rough
  let distribution: readonly number[] = [1]
  let offset = 0
  for (const stratum of informative) {
    const part = hypergeometric(stratum)
    distribution = convolve(distribution, part.probabilities)
    offset += part.from
  }
  const seen = informative.reduce((sum, stratum) => sum + stratum.successWith, 0)
  const likelihood = (distribution[seen - offset] ?? 0) * (1 + 1e-9)
  const p = distribution.reduce((sum, one) => (one <= likelihood ? sum + one : sum), 0)
  return Math.min(p, 1)
}

/**
 * The least p that these margins can give: all successes with the pattern that there is room for, or none
 * (Tarone 1990). Above the level a test cannot succeed whatever it sees.
 */
export function leastP(strata: readonly Stratum[]): number {
  let [most, fewest] = [0, 0]
  for (const stratum of strata.filter(isInformative)) {
    const { n1, n0, n, m1 } = sizes(stratum)
    const all = logChoose(n, m1)
    const high = Math.min(n1, m1)
    const low = Math.max(0, m1 - n0)
    most += logChoose(n1, high) + logChoose(n0, m1 - high) - all
    fewest += logChoose(n1, low) + logChoose(n0, m1 - low) - all
  }
  return Math.min(1, Math.exp(Math.min(most, fewest)))
}

const logChoose = (n: number, k: number) => logFactorial(n) - logFactorial(k) - logFactorial(n - k)

const tabulated = Float64Array.from({ length: 1_024 }, (_, n) => logGamma(n + 1))

const logFactorial = (n: number) => tabulated[n] ?? logGamma(n + 1)

/** Of all pairs of one case with and one without in the same stratum, those whose results differ. */
export function countDiscordantPairs(strata: readonly Stratum[]): number {
  return strata.reduce((sum, s) => {
    const pairs = s.successWith * s.failureWithout + s.failureWith * s.successWithout
    const { n1, n0 } = sizes(s)
    // Each case counts once: no more pairs than cases in the smaller group.
    return sum + Math.min(pairs, n1, n0)
  }, 0)
}

function hypergeometric(stratum: Stratum): { from: number; probabilities: number[] } {
  const { n1, n0, m1 } = sizes(stratum)
  const from = Math.max(0, m1 - n0)
  const to = Math.min(n1, m1)
  const logs: number[] = [0]
  for (let x = from; x < to; x += 1) {
    const ratio = ((n1 - x) * (m1 - x)) / ((x + 1) * (n0 - m1 + x + 1))
    logs.push((logs.at(-1) ?? 0) + Math.log(ratio))
  }
  const highest = Math.max(...logs)
  const weights = logs.map((log) => Math.exp(log - highest))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return { from, probabilities: weights.map((weight) => weight / total) }
}

function convolve(a: readonly number[], b: readonly number[]): number[] {
  const sum = new Array<number>(a.length + b.length - 1).fill(0)
  a.forEach((left, i) => {
    b.forEach((right, j) => {
      sum[i + j] = (sum[i + j] ?? 0) + left * right
    })
  })
  return sum
}
