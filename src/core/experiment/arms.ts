import type { Hash } from '../ids.ts'
import type { MemoryDocument } from '../memory.ts'
import { armOf, coinOf } from './assignment.ts'

/** HMAC-SHA256 under the experiment's salt: who does not know the salt foresees no coin. */
export type Mac = (message: string) => Uint8Array

export interface Toss {
  readonly unit: string
  /** How many changes the candidate has. */
  readonly changes: number
  /** The chance of each change. */
  readonly pi: number
}

/**
 * The arm of a unit: one digit a change, 1 with it and 0 without, each by a coin of its own (spec C.2, C.6). The
 * coin of a single change is that of the unit alone.
 */
export function tossArm({ unit, changes, pi }: Toss, mac: Mac): string {
  return Array.from({ length: changes }, (_, ordinal) => {
    const message = changes === 1 ? unit : `${unit}\0${ordinal}`
    return armOf(coinOf(mac(message)), pi) === 'candidate' ? '1' : '0'
  }).join('')
}

/** Names what a unit reads: the hash of every path with the hash of its text, in path order by code unit. */
export function hashContents(
  documents: readonly Pick<MemoryDocument, 'path' | 'contentSha256'>[],
  hash: Hash,
): string {
  const named = documents.map(({ path, contentSha256 }) => [path, contentSha256] as const)
  return hash(JSON.stringify(named.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))))
}

const hoursOfBlock = 4
const msOfHour = 3_600_000
const msOfWashout = 20 * 60_000

/** Where all share one state, a unit is four hours of the clock; readings of its first 20 minutes do not count (C.6). */
export function blockOf(ms: number): { readonly unit: string; readonly washout: 0 | 1 } {
  const length = hoursOfBlock * msOfHour
  const start = Math.floor(ms / length) * length
  return {
    unit: `block:${new Date(start).toISOString()}`,
    washout: ms - start < msOfWashout ? 1 : 0,
  }
}
