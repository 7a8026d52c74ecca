import { type Clock, toTimestamp } from '../../core/clock.ts'
import type { Hash } from '../../core/ids.ts'
import type { Migrated, Migration } from '../migrations/migration.ts'
import { type Recorded, refuseForeign } from '../migrations/recorded.ts'
import type { SqliteConnection } from './connection.ts'
import { beginWrite, runBegun } from './transaction.ts'

export interface MigrateOptions {
  readonly migrations: readonly Migration[]
  readonly clock: Clock
  readonly hash: Hash
  readonly busyMs: number
}

/**
 * Brings the file's schema to the newest migration, each in its own transaction, its number recorded first:
 * two processes that start together run each migration once.
 */
export async function migrate(
  connection: SqliteConnection,
  options: MigrateOptions,
): Promise<Migrated> {
  const before = listRecorded(connection, options).length
  const after = options.migrations.length
  if (before === after) return { before, after }
  for (const migration of options.migrations) {
    await beginWrite(connection, options.busyMs)
    await runBegun(connection, async () => {
      connection.exec(createTable)
      if (listRecorded(connection, options).length >= migration.number) return
      connection.all(
        'INSERT INTO migrations (number, name, sha256, applied_at) VALUES (?, ?, ?, ?)',
        migration.number,
        migration.name,
        options.hash(migration.sqlite),
        toTimestamp(options.clock()),
      )
      connection.exec(migration.sqlite)
    })
  }
  return { before, after }
}

const createTable = `CREATE TABLE IF NOT EXISTS migrations (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  applied_at TEXT NOT NULL
) STRICT`

function listRecorded(
  connection: SqliteConnection,
  { migrations, hash }: Pick<MigrateOptions, 'migrations' | 'hash'>,
): readonly Recorded[] {
  const table = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'"
  if (connection.all(table).length === 0) return []
  const recorded = connection.all<Recorded>(
    'SELECT number, name, sha256 FROM migrations ORDER BY number',
  )
  const known = migrations.map(({ number, name, sqlite }) => ({
    number,
    name,
    sha256: hash(sqlite),
  }))
  refuseForeign(connection.path, recorded, known)
  return recorded
}
