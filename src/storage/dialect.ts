import { type Kysely, PostgresAdapter } from 'kysely'
import type { Reader } from './database.ts'
import type { Tables } from './tables.ts'

/** For the few statements that no SQL of both databases can say. */
export function isPostgres({ read }: Reader): boolean {
  return (read as Kysely<Tables>).getExecutor().adapter instanceof PostgresAdapter
}
