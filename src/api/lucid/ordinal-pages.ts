import type { Keyring } from '../../core/keyring.ts'
import { readCursor, writeCursor } from '../pages.ts'

/** Pages of a list that a dream numbered: a cursor is the ordinal of the last entry of the page before. */
export function readOrdinal(
  keyring: Keyring,
  list: string,
  page: string | undefined,
): number | undefined {
  return page === undefined ? undefined : Number(readCursor(keyring, list, page))
}

interface Cut<Row, Shown> {
  readonly keyring: Keyring
  readonly list: string
  readonly limit: number
  readonly present: (row: Row) => Shown
}

/** `rows` has one more than the page holds where there are as many. */
export function cutPage<Row extends { readonly ordinal: number }, Shown>(
  rows: readonly Row[],
  { keyring, list, limit, present }: Cut<Row, Shown>,
) {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return {
    data: shown.map(present),
    next_page: last ? writeCursor(keyring, list, last.ordinal) : null,
  }
}
