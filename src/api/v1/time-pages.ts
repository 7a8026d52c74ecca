import { DomainError } from '../../core/errors.ts'
import type { Keyring } from '../../core/keyring.ts'
import type { CreatedRange, TimeCursor } from '../../storage/agents.ts'
import { readCursor, writeCursor } from '../pages.ts'

/** Lists that are ordered by when their rows were made share the shape of their cursors. */
export const writeTimeCursor = (
  keyring: Keyring,
  list: string,
  { createdAt, id }: TimeCursor,
): string => writeCursor(keyring, list, [createdAt, id])

interface Asked {
  readonly list: string
  readonly page: string | undefined
  readonly created?: CreatedRange | undefined
}

export function readTimeCursor(
  keyring: Keyring,
  { list, page, created = {} }: Asked,
): TimeCursor | null {
  if (page === undefined) return null
  const [createdAt, id] = readCursor(keyring, list, page) as [string, string]
  refuseExcluded(createdAt, created)
  return { createdAt, id }
}

/** A cursor stands on a row; a filter that leaves this row out belongs to another list. */
export function refuseExcluded(at: string, { gt, gte, lt, lte }: CreatedRange): void {
  const inside =
    (gt === undefined || at > gt) &&
    (gte === undefined || at >= gte) &&
    (lt === undefined || at < lt) &&
    (lte === undefined || at <= lte)
  if (inside) return
  throw new DomainError(
    'invalid_argument',
    'page: this cursor stands outside of the created_at filter; begin again without it.',
  )
}

/** Rows were read one beyond the limit, which tells whether there is a next page. */
export function cutPage<Row, Shown>(
  rows: readonly Row[],
  limit: number,
  by: { readonly present: (row: Row) => Shown; readonly cursor: (last: Row) => string },
): { data: Shown[]; next_page: string | null } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const more = rows.length > limit && last !== undefined
  return { data: page.map(by.present), next_page: more ? by.cursor(last) : null }
}
