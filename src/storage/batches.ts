import { expressionBuilder, type RawBuilder, sql } from 'kysely'
import { toStoredText } from './stored-text.ts'

/** Rows of one insert statement. 100 is within 5 % of the fastest, and far from SQLite's limit on variables. */
export const rowsPerInsert = 100

export function* inBatches<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size)
}

/** For `where(column, 'in', anyOf(values))`: one variable however long the list, so no limit to meet. */
export function anyOf<T extends string>(values: readonly T[]): RawBuilder<T> {
  const list = JSON.stringify(values.map(toStoredText))
  // A function node, because Postgres has the function under another name: postgres/dialect.ts writes it.
  const rows = expressionBuilder<object, never>().fn('json_each', [sql.val(list)])
  return sql<T>`(select value from ${rows})`
}
