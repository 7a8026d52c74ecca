import { DomainError } from '../core/errors.ts'
import type { Keyring } from '../core/keyring.ts'
import type { Json } from '../core/session.ts'

/**
 * An opaque cursor: where the next page begins, and in which order it was made. Signed, so that no client
 * can point it elsewhere, and bound to its list by `list`.
 */
export function writeCursor(keyring: Keyring, list: string, position: Json): string {
  const text = JSON.stringify([list, position])
  return `${Buffer.from(text).toString('base64url')}.${sign(keyring, text)}`
}

/** The position in a cursor that this installation made for this list. */
export function readCursor(keyring: Keyring, list: string, cursor: string): Json {
  const [encoded = '', signature = ''] = cursor.slice(0, 4_096).split('.')
  const text = Buffer.from(encoded, 'base64url').toString('utf8')
  // Compared as hashes of equal length; a forged one learns nothing from the time it takes.
  if (sign(keyring, sign(keyring, text)) !== sign(keyring, signature)) throw notOurs()
  const [made, position] = JSON.parse(text) as [string, Json]
  if (made !== list) {
    throw new DomainError(
      'invalid_argument',
      'page: this cursor was made by another list or another order; begin again without it.',
    )
  }
  return position
}

const sign = (keyring: Keyring, text: string) => keyring.sign('cursor', text).slice(0, 32)

const notOurs = () =>
  new DomainError(
    'invalid_argument',
    'page: not a cursor of this server; pass next_page (or prev_page) of the page before, unchanged.',
  )
