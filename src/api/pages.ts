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

interface Range {
  readonly gt?: string | undefined
  readonly gte?: string | undefined
  readonly lt?: string | undefined
  readonly lte?: string | undefined
}

/** A cursor whose position a `created_at` filter excludes belongs to another question. */
export function refuseOutside(createdAt: string, { gt, gte, lt, lte }: Range): void {
  const inside =
    (gt === undefined || createdAt > gt) &&
    (gte === undefined || createdAt >= gte) &&
    (lt === undefined || createdAt < lt) &&
    (lte === undefined || createdAt <= lte)
  if (inside) return
  throw new DomainError(
    'invalid_argument',
    'page: created_at excludes the position of this cursor; begin again without it.',
  )
}

const sign = (keyring: Keyring, text: string) => keyring.sign('cursor', text).slice(0, 32)

const notOurs = () =>
  new DomainError(
    'invalid_argument',
    'page: not a cursor of this server; pass next_page (or prev_page) of the page before, unchanged.',
  )
