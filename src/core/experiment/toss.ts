import { armOf, coinOf } from './assignment.ts'

/** HMAC-SHA256 under a secret: who does not know it foresees no coin. */
export type Mac = (message: string) => Uint8Array

export interface Toss {
  readonly unit: string
  /** One for each change: whether a coin is tossed for it still. */
  readonly changes: readonly ('open' | 'closed')[]
  /** The chance of each open change. */
  readonly pi: number
}

/**
 * The arm of a unit: one digit a change, 1 with it and 0 without, each by a coin of its own (spec C.2, C.6). The
 * coin of a single change is that of the unit alone. A closed change is in no new arm.
 */
export function tossArm({ unit, changes, pi }: Toss, mac: Mac): string {
  return changes
    .map((state, ordinal) => {
      if (state === 'closed') return '0'
      const message = changes.length === 1 ? unit : `${unit}\0${ordinal}`
      return armOf(coinOf(mac(message)), pi) === 'candidate' ? '1' : '0'
    })
    .join('')
}
