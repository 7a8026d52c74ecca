/**
 * Where all sessions share one state that both arms would change, the unit is a block of hours (spec C.6, switchback):
 * one coin a block, the block's mean its value. Some forty blocks are needed before anything can be seen.
 */
export interface Block {
  /** Name of the unit that the coin is tossed for. */
  readonly unit: string
  readonly start: number
  readonly end: number
}

const hour = 3_600_000
const blockLength = 4 * hour
/** What the former arm left behind is still there for so long. */
const washout = hour / 3

/** The block of a moment (milliseconds since 1970, UTC): every four hours from midnight. */
export function blockAt(moment: number): Block {
  const start = Math.floor(moment / blockLength) * blockLength
  return { unit: `block ${start}`, start, end: start + blockLength }
}

/** Sessions that begin in the first twenty minutes of a block do not count, whether the arm changed or not. */
export function isWashedOut(moment: number): boolean {
  return moment - blockAt(moment).start < washout
}

/** The value of a unit with several sessions: their mean, whatever their number. Null without any. */
export function meanValue(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}
