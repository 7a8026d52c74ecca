import { wilson as wilsonAt } from '../src/core/statistics/intervals.ts'
import { seededRandom } from '../src/core/statistics/random.ts'

/** 95 % interval of a share k of n (Wilson). */
export const wilson = (k: number, n: number) => wilsonAt(k, n, 0.95)

/** 95 % percentile interval of a mean over units (tasks, rounds), by 2 000 resamples with a fixed seed. */
export function bootstrapMean(values: readonly number[]): { low: number; high: number } {
  const random = seededRandom(95)
  if (values.length === 0) return { low: Number.NaN, high: Number.NaN }
  const means = Array.from({ length: 2_000 }, () => {
    let sum = 0
    for (let i = 0; i < values.length; i += 1) {
      sum += values[Math.floor(random() * values.length)] ?? 0
    }
    return sum / values.length
  }).toSorted((a, b) => a - b)
  return { low: means[50] ?? Number.NaN, high: means[1_949] ?? Number.NaN }
}

export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** A copy in random order (Fisher–Yates). */
export function shuffle<T>(list: readonly T[], random: () => number): T[] {
  const copy = [...list]
  for (let i = copy.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1))
    ;[copy[i], copy[j]] = [copy[j] as T, copy[i] as T]
  }
  return copy
}
