/**
 * Complementary error function, relative error below 1e-13: the Taylor series of erf near zero, the
 * continued fraction of erfc (Abramowitz & Stegun 7.1.14, evaluated by Lentz's method) beyond.
 */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return Number.NaN
  if (x < 0) return 2 - erfc(-x)
  return x < 2 ? 1 - erfSeries(x) : erfcFraction(x)
}

/** P(Z <= z) for a standard normal Z. */
export function normalCdf(z: number): number {
  return erfc(-z / Math.SQRT2) / 2
}

/** The z with P(Z <= z) = p, by bisection on the cdf; p in (0, 1). */
export function normalQuantile(p: number): number {
  let low = -40
  let high = 40
  for (let round = 0; round < 200 && high - low > 1e-14; round += 1) {
    const middle = (low + high) / 2
    if (normalCdf(middle) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The z that a two-sided interval of this coverage reaches on either side. Few levels are in use, many times each. */
export function intervalQuantile(level: number): number {
  const known = quantiles.get(level)
  if (known !== undefined) return known
  const found = normalQuantile(0.5 + level / 2)
  if (quantiles.size < 16) quantiles.set(level, found)
  return found
}

const quantiles = new Map<number, number>()

/** P(X >= x) for chi-square with one degree of freedom. */
export function chiSquareTail(x: number): number {
  return erfc(Math.sqrt(Math.max(x, 0) / 2))
}

function erfSeries(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; n < 200 && Math.abs(term) > 1e-17 * sum; n += 1) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

function erfcFraction(x: number): number {
  const tiny = 1e-300
  let f = x
  let c = x
  let d = 0
  for (let n = 1; n < 500; n += 1) {
    const a = n / 2
    d = x + a * d || tiny
    c = x + a / c || tiny
    d = 1 / d
    const step = c * d
    f *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return Math.exp(-x * x) / (f * Math.sqrt(Math.PI))
}
