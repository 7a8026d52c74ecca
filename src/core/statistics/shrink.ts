export interface Estimate {
  readonly value: number
  /** Standard error of the value, > 0. */
  readonly error: number
}

/**
 * Effects pulled towards zero by as much as their family is noise (empirical Bayes, normal means with mean
 * zero; variance of the true effects by moments): what was picked for being large is expected to be smaller.
 */
export function shrinkEffects(estimates: readonly Estimate[]): number[] {
  const between = varianceBetween(estimates)
  return estimates.map(({ value, error }) => (value * between) / (between + error * error || 1))
}

/** Weighted by precision, so that a family of many vague effects is not taken for a varied one. */
function varianceBetween(estimates: readonly Estimate[]): number {
  let weight = 0
  let sum = 0
  for (const { value, error } of estimates) {
    const w = 1 / (error * error + 1e-6)
    weight += w
    sum += w * (value * value - error * error)
  }
  return weight === 0 ? 0 : Math.max(sum / weight, 0)
}

export interface Rate {
  readonly successes: number
  readonly uses: number
}

/**
 * Beta prior of a family of success rates by moments (spec B.6): mean mu and weight M in [2, 200]; the
 * posterior of one rate is Beta(x + M·mu, n - x + M·(1 - mu)).
 */
export function fitRates(rates: readonly Rate[]): {
  readonly mean: number
  readonly weight: number
} {
  const uses = rates.reduce((sum, rate) => sum + rate.uses, 0)
  if (uses === 0) return { mean: 0.5, weight: 2 }
  const mean = rates.reduce((sum, rate) => sum + rate.successes, 0) / uses
  const spread =
    rates.reduce((sum, { successes, uses: n }) => sum + n * (successes / n - mean) ** 2, 0) / uses
  const size = Math.max(uses / rates.length, 1 + 1e-9)
  const variance = Math.max(1e-4, (spread - (mean * (1 - mean)) / size) / (1 - 1 / size))
  return { mean, weight: Math.min(Math.max((mean * (1 - mean)) / variance - 1, 2), 200) }
}
