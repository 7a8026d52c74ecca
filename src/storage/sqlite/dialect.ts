import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { Language } from '../kysely-over.ts'

export const sqliteLanguage: Language = {
  createAdapter: () => new Adapter(),
  createIntrospector: (kysely) => new SqliteIntrospector(kysely),
  createQueryCompiler: () => new SqliteQueryCompiler(),
}

/** Queries run synchronously, one at a time; Kysely's own queue for a shared connection is not needed. */
class Adapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}
