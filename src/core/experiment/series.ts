/** One point of a chart: what a test said after so many units. */
export interface SeriesPoint {
  readonly unit: number
  readonly better: number
  readonly worse: number
  readonly low: number
  readonly high: number
  /** That the coins were not honoured. */
  readonly ratio: number
}

/**
 * At most some `most` points of a longer series that hide nothing: of each stretch the first, the last, and where E was
 * the highest and the lowest, on either side. A peak that crossed a threshold stays.
 */
export function thinSeries(points: readonly SeriesPoint[], most: number): SeriesPoint[] {
  if (points.length <= most) return [...points]
  const size = Math.ceil(points.length / Math.max(1, Math.floor(most / 6)))
  const kept: SeriesPoint[] = []
  for (let from = 0; from < points.length; from += size) {
    const stretch = points.slice(from, from + size)
    const chosen = new Set([
      0,
      stretch.length - 1,
      ...(['better', 'worse'] as const).flatMap((side) => extremes(stretch, side)),
    ])
    for (const [at, point] of stretch.entries()) if (chosen.has(at)) kept.push(point)
  }
  return kept
}

function extremes(points: readonly SeriesPoint[], side: 'better' | 'worse'): number[] {
  let [low, high] = [0, 0]
  for (const [at, point] of points.entries()) {
    if (point[side] < (points[low] as SeriesPoint)[side]) low = at
    if (point[side] > (points[high] as SeriesPoint)[side]) high = at
  }
  return [low, high]
}
