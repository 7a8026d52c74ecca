import { betaCdf, logGamma } from './beta.ts'
import { chiSquareTail, intervalQuantile } from './normal.ts'

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

/** The four counts of every stratum one behind the other, in the order of `Stratum`: what thousands of comparisons use. */
export type StrataCounts = Int32Array
export type Strata = readonly Stratum[] | StrataCounts

/** Numbers of one stratum in `StrataCounts`. */
export const cells = 4

export function countsOf(strata: Strata): StrataCounts {
  if (strata instanceof Int32Array) return strata
  return Int32Array.from(
    strata.flatMap((s) => [s.successWith, s.failureWith, s.successWithout, s.failureWithout]),
  )
}

/** A stratum says something only where both groups and both results occur. */
export function isInformative(counts: StrataCounts, at: number): boolean {
  const x1 = counts[at] as number
  const f1 = counts[at + 1] as number
  const x0 = counts[at + 2] as number
  const f0 = counts[at + 3] as number
  return x1 + f1 > 0 && x0 + f0 > 0 && x1 + x0 > 0 && f1 + f0 > 0
}

export function countInformative(counts: StrataCounts): number {
  let sum = 0
  for (let at = 0; at < counts.length; at += cells) if (isInformative(counts, at)) sum += 1
  return sum
}

/**
 * Mantel–Haenszel difference of success rates, with minus without, and its interval with Sato's variance
 * (Sato 1989), which holds for few large and for many small strata. Null when no stratum has both groups.
 */
export function mantelHaenszelDifference(strata: Strata, level: number): RiskDifference | null {
  const counts = countsOf(strata)
  let weight = 0
  let weighted = 0
  let p = 0
  let q = 0
  for (let at = 0; at < counts.length; at += cells) {
    const x1 = counts[at] as number
    const x0 = counts[at + 2] as number
    const n1 = x1 + (counts[at + 1] as number)
    const n0 = x0 + (counts[at + 3] as number)
    if (n1 === 0 || n0 === 0) continue
    const n = n1 + n0
    weight += (n1 * n0) / n
    weighted += (x1 * n0 - x0 * n1) / n
    p += (n1 * n1 * x0 - n0 * n0 * x1 + (n1 * n0 * (n0 - n1)) / 2) / (n * n)
    q += (x1 * (n0 - x0) + x0 * (n1 - x1)) / (2 * n)
  }
  if (weight === 0) return null
  const riskDifference = weighted / weight
  const variance = Math.max(riskDifference * p + q, 0) / (weight * weight)
  const margin = intervalQuantile(level) * Math.sqrt(variance)
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
  strata: Strata,
  correction: 'corrected' | 'uncorrected',
): { readonly statistic: number; readonly p: number } | null {
  const counts = countsOf(strata)
  let deviation = 0
  let variance = 0
  for (let at = 0; at < counts.length; at += cells) {
    if (!isInformative(counts, at)) continue
    const x1 = counts[at] as number
    const n1 = x1 + (counts[at + 1] as number)
    const n0 = (counts[at + 2] as number) + (counts[at + 3] as number)
    const n = n1 + n0
    const m1 = x1 + (counts[at + 2] as number)
    deviation += x1 - (n1 * m1) / n
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
export function compareAcross(strata: Strata): AcrossStrata | null {
  const counts = countsOf(strata)
  const weights: number[] = []
  const values: number[] = []
  for (let at = 0; at < counts.length; at += cells) {
    const n1 = (counts[at] as number) + (counts[at + 1] as number)
    const n0 = (counts[at + 2] as number) + (counts[at + 3] as number)
    if (n1 === 0 || n0 === 0) continue
    weights.push((n1 * n0) / (n1 + n0))
    values.push((counts[at] as number) / n1 - (counts[at + 2] as number) / n0)
  }
  if (weights.length < 2) return null
  let total = 0
  let sum = 0
  for (let at = 0; at < weights.length; at += 1) {
    total += weights[at] as number
    sum += (weights[at] as number) * (values[at] as number)
  }
  const centre = sum / total
  let spread = 0
  let agree = 0
  for (let at = 0; at < weights.length; at += 1) {
    spread += ((weights[at] as number) * ((values[at] as number) - centre)) ** 2
    if ((values[at] as number) * centre > 0) agree += 1
  }
  const free = weights.length - 1
  const error = Math.sqrt((spread / (total * total)) * (weights.length / free))
  return {
    strata: weights.length,
    agree,
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
export function stratifiedP(strata: Strata): number | null {
  const counts = countsOf(strata)
  let cases = 0
  let seen = 0
  for (let at = 0; at < counts.length; at += cells) {
    if (!isInformative(counts, at)) continue
    seen += counts[at] as number
    for (let cell = 0; cell < cells; cell += 1) cases += counts[at + cell] as number
  }
  if (cases === 0) return null
  const rough = cochranMantelHaenszel(counts, 'corrected')?.p ?? null
  const vague = cases > vagueFrom && (rough ?? 1) > exactBelow
  if (cases > exactUpTo || rough === null || vague) return rough
  let distribution = Float64Array.of(1)
  let offset = 0
  for (let at = 0; at < counts.length; at += cells) {
    if (!isInformative(counts, at)) continue
    const part = hypergeometric(
      (counts[at] as number) + (counts[at + 1] as number),
      (counts[at + 2] as number) + (counts[at + 3] as number),
      (counts[at] as number) + (counts[at + 2] as number),
    )
    distribution = convolve(distribution, part.probabilities)
    offset += part.from
  }
  const likelihood = (distribution[seen - offset] ?? 0) * (1 + 1e-9)
  let p = 0
  for (const one of distribution) if (one <= likelihood) p += one
  return Math.min(p, 1)
}

/**
 * The least p that these margins can give: all successes with the pattern that there is room for, or none
 * (Tarone 1990). Above the level a test cannot succeed whatever it sees.
 */
export function leastP(strata: Strata): number {
  const counts = countsOf(strata)
  let [most, fewest] = [0, 0]
  for (let at = 0; at < counts.length; at += cells) {
    if (!isInformative(counts, at)) continue
    const n1 = (counts[at] as number) + (counts[at + 1] as number)
    const n0 = (counts[at + 2] as number) + (counts[at + 3] as number)
    const m1 = (counts[at] as number) + (counts[at + 2] as number)
    const all = logChoose(n1 + n0, m1)
    const high = Math.min(n1, m1)
    const low = Math.max(0, m1 - n0)
    most += logChoose(n1, high) + logChoose(n0, m1 - high) - all
    fewest += logChoose(n1, low) + logChoose(n0, m1 - low) - all
  }
  return Math.min(1, Math.exp(Math.min(most, fewest)))
}

const logChoose = (n: number, k: number) => logFactorial(n) - logFactorial(k) - logFactorial(n - k)

const tabulated = Float64Array.from({ length: 1_024 }, (_, n) => logGamma(n + 1))

const logFactorial = (n: number) =>
  n < tabulated.length ? (tabulated[n] as number) : logGamma(n + 1)

/** Of all pairs of one case with and one without in the same stratum, those whose results differ. */
export function countDiscordantPairs(strata: Strata): number {
  const counts = countsOf(strata)
  let sum = 0
  for (let at = 0; at < counts.length; at += cells) {
    const x1 = counts[at] as number
    const f1 = counts[at + 1] as number
    const x0 = counts[at + 2] as number
    const f0 = counts[at + 3] as number
    // Each case counts once: no more pairs than cases in the smaller group.
    sum += Math.min(x1 * f0 + f1 * x0, x1 + f1, x0 + f0)
  }
  return sum
}

interface Hypergeometric {
  readonly from: number
  readonly probabilities: Float64Array
}

function hypergeometric(n1: number, n0: number, m1: number): Hypergeometric {
  const from = Math.max(0, m1 - n0)
  const to = Math.min(n1, m1)
  const logs = new Float64Array(to - from + 1)
  let highest = 0
  for (let x = from; x < to; x += 1) {
    const ratio = ((n1 - x) * (m1 - x)) / ((x + 1) * (n0 - m1 + x + 1))
    const log = (logs[x - from] as number) + Math.log(ratio)
    logs[x - from + 1] = log
    if (log > highest) highest = log
  }
  let total = 0
  for (let at = 0; at < logs.length; at += 1) {
    logs[at] = Math.exp((logs[at] as number) - highest)
    total += logs[at] as number
  }
  for (let at = 0; at < logs.length; at += 1) logs[at] = (logs[at] as number) / total
  return { from, probabilities: logs }
}

function convolve(a: Float64Array, b: Float64Array) {
  const sum = new Float64Array(a.length + b.length - 1)
  for (let i = 0; i < a.length; i += 1) {
    const left = a[i] as number
    for (let j = 0; j < b.length; j += 1) {
      sum[i + j] = (sum[i + j] as number) + left * (b[j] as number)
    }
  }
  return sum
}
