import { type Clock, toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Hash } from '../../core/ids.ts'
import type { Migration } from '../migrations/migration.ts'
import type { SqliteConnection } from './connection.ts'
import { beginWrite, runTransaction } from './transaction.ts'

export interface MigrateOptions {
  readonly migrations: readonly Migration[]
  readonly clock: Clock
  readonly hash: Hash
  readonly busyMs: number
}

interface Recorded {
  readonly number: number
  readonly name: string
  readonly sha256: string
}

/**
 * Brings the file's schema to the newest migration, each in its own transaction, its number recorded first:
 * two processes that start together run each migration once. Refuses a file that knows more than this
 * program, and one whose recorded migrations are not the ones this program has.
 */
export async function migrate(connection: SqliteConnection, options: MigrateOptions) {
  if (listRecorded(connection, options).length === options.migrations.length) return
  for (const migration of options.migrations) {
    await beginWrite(connection, options.busyMs)
    await runTransaction(connection, async () => {
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
  const newest = recorded.at(-1)?.number ?? 0
  if (newest > migrations.length) {
    throw new DomainError(
      'database_newer',
      `The database ${connection.path} was written by a newer Lucidream (schema ${newest}; this one knows ${migrations.length}). Install the newer version, or choose another folder.`,
    )
  }
  for (const [index, row] of recorded.entries()) {
    const known = migrations[index]
    const same = known && row.number === known.number && row.sha256 === hash(known.sqlite)
    if (!same) throw foreignMigration(connection.path, row)
  }
  return recorded
}

function foreignMigration(path: string, { number, name }: Recorded): DomainError {
  return new DomainError(
    'database_damaged',
    `The database ${path} ran a migration ${number} (${name}) that differs from the one this program has: the migration was edited after it ran, or the record of it was. Use the program that wrote the file, or restore a backup.`,
  )
}
