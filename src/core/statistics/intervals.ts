import { intervalQuantile } from './normal.ts'

export interface Interval {
  readonly low: number
  readonly high: number
}

/** Wilson's score interval (1927) of a share k of n; [0, 1] when nothing was seen. */
export function wilson(k: number, n: number, level: number): Interval {
  if (n === 0) return { low: 0, high: 1 }
  const z = intervalQuantile(level)
  const centre = (k + (z * z) / 2) / (n + z * z)
  const margin = (z / (n + z * z)) * Math.sqrt((k * (n - k)) / n + (z * z) / 4)
  return { low: Math.max(0, centre - margin), high: Math.min(1, centre + margin) }
}

/**
 * How strong an unseen factor would have to be, as a risk ratio with both the pattern and the outcome, to
 * explain an effect away (VanderWeele & Ding 2017), on the bound nearest to no effect. 1: it need not be.
 */
export function eValue(given: { readonly base: number; readonly bound: number }): number {
  const { base, bound } = given
  const other = Math.min(Math.max(base + bound, 1e-6), 1 - 1e-6)
  const safe = Math.min(Math.max(base, 1e-6), 1 - 1e-6)
  const ratio = Math.max(other / safe, safe / other)
  return ratio + Math.sqrt(ratio * (ratio - 1))
}
