import type { Row } from '../_results.ts'
import { wilson } from '../_statistics.ts'

/** Of one simulated world: units until something was known, `Infinity` where it never was. */
interface Waits {
  readonly name: string
  readonly waits: readonly number[]
  /** What the spec says of it, by its own simulations: half of the runs and four in five. */
  readonly spec: { readonly half?: number; readonly fourInFive?: number; readonly place: string }
  readonly note?: string
}

/**
 * Half of all runs, and four in five, have it by so many units; the intervals are by order statistics. A figure of the spec is
 * reached where the interval begins at it or below it: what is slower than that is a miss.
 */
export function waitRows({ name, waits, spec, note }: Waits): Row[] {
  const sorted = waits.toSorted((a, b) => a - b)
  const never = waits.filter((wait) => wait === Number.POSITIVE_INFINITY).length
  const said = [
    ...(note === undefined ? [] : [note]),
    ...(never === 0 ? [] : [`${never} of ${waits.length} did not within the units simulated`]),
  ].join('; ')
  const row = (share: number, words: string, figure: number | undefined): Row => {
    const at = (rank: number) => sorted[Math.min(sorted.length, Math.max(1, rank)) - 1] as number
    const reach = 1.96 * Math.sqrt(sorted.length * share * (1 - share))
    const value = at(Math.ceil(share * sorted.length))
    const low = at(Math.floor(share * sorted.length - reach))
    const high = at(Math.ceil(share * sorted.length + reach))
    return {
      metric: `${name}: units, ${words}`,
      value: Number.isFinite(value) ? value : 'more than simulated',
      ...(Number.isFinite(high) ? { low, high } : {}),
      n: sorted.length,
      goal: figure === undefined ? null : `${figure} (${spec.place})`,
      reached: figure === undefined ? null : low <= figure,
      ...(said === '' ? {} : { note: said }),
    }
  }
  return [row(0.5, 'half', spec.half), row(0.8, 'four in five', spec.fourInFive)]
}

interface Share {
  readonly metric: string
  readonly hits: number
  readonly n: number
  /** The whole interval must be at or below it. */
  readonly most?: number
  /** What the spec measured: reached where the interval ends at it or above it. */
  readonly spec?: { readonly value: number; readonly place: string }
  readonly note?: string
}

export function shareRow({ metric, hits, n, most, spec, note }: Share): Row {
  const interval = wilson(hits, n)
  const judged =
    most !== undefined
      ? { goal: `upper bound ≤ ${most}`, reached: interval.high <= most }
      : spec !== undefined
        ? { goal: `${spec.value} (${spec.place})`, reached: interval.high >= spec.value }
        : { goal: null, reached: null }
  return {
    metric,
    value: hits / n,
    ...interval,
    n,
    ...judged,
    ...(note === undefined ? {} : { note }),
  }
}

/** Of a wait: not within what was simulated. */
export const never = Number.POSITIVE_INFINITY
