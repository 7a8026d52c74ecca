import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { NewSalt } from '../../core/audit/record.ts'
import type { Clock } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Hash } from '../../core/ids.ts'
import type { Database } from '../database.ts'
import { migrations as allMigrations } from '../migrations/index.ts'
import type { Migrated, Migration } from '../migrations/migration.ts'
import { openLogged } from '../unlogged-records.ts'
import { SqliteConnection } from './connection.ts'
import { SqliteDatabase } from './database.ts'
import { busyError } from './errors.ts'
import { migrate } from './migrate.ts'
import { blockingWaitMs } from './transaction.ts'

export interface OpenSqliteOptions {
  readonly path: string
  readonly clock: Clock
  readonly hash: Hash
  /** Of audit records. */
  readonly salt: NewSalt
  /** How long a write waits for another process's write before it is refused with `database_busy`. */
  readonly busyMs?: number
  readonly migrations?: readonly Migration[]
}

const defaultBusyMs = 10_000

/**
 * Opens the database file, readable by its owner only, and brings its schema up to date; makes the file and
 * its folder where there is none. Any number of processes may have it open.
 */
export async function openSqlite(options: OpenSqliteOptions): Promise<Database> {
  const { path, clock, hash, salt, busyMs = defaultBusyMs } = options
  const { writing } = await openMigrated(options)
  const database = new SqliteDatabase({
    writing,
    openReading: () => openReading(path, busyMs),
    desk: { clock, hash, salt },
    busyMs,
  })
  // A list of migrations of a test's own may have no log.
  return options.migrations === undefined ? openLogged(database) : database
}

/** Brings the schema of the file up to date, making it where there is none. */
export async function migrateSqlite(options: Omit<OpenSqliteOptions, 'salt'>): Promise<Migrated> {
  const { writing, migrated } = await openMigrated(options)
  writing.close()
  return migrated
}

async function openMigrated(options: Omit<OpenSqliteOptions, 'salt'>) {
  const { path, clock, hash, busyMs = defaultBusyMs, migrations = allMigrations } = options
  createFile(path)
  const writing = new SqliteConnection(path, 'write')
  try {
    await configureWriting(writing, busyMs)
    const migrated = await migrate(writing, { migrations, clock, hash, busyMs })
    return { writing, migrated }
  } catch (error) {
    writing.close()
    throw error
  }
}

function createFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // SQLite gives the WAL and its index the mode of the file.
    closeSync(openSync(path, 'a', 0o600))
  } catch (cause) {
    throw translateFileError(cause, path)
  }
}

function translateFileError(cause: unknown, path: string): unknown {
  if (!(cause instanceof Error) || !('code' in cause)) return cause
  if (cause.code === 'ENOSPC') {
    return new DomainError(
      'disk_full',
      `The disk that should hold the database ${path} is full. Free some space and run the same command again.`,
      { cause },
    )
  }
  return new DomainError(
    'permission_denied',
    `The database ${path} cannot be made or opened (${cause.message}). Make its folder writable for this user, or choose another one.`,
    { cause },
  )
}

/** Changing to WAL needs the file for a moment and does not wait for it by itself. */
async function configureWriting(connection: SqliteConnection, busyMs: number): Promise<void> {
  connection.exec(`PRAGMA busy_timeout = ${blockingWaitMs}`)
  const attempts = Math.ceil(busyMs / blockingWaitMs)
  for (let attempt = 0; !connection.tryExec('PRAGMA journal_mode = WAL'); attempt += 1) {
    if (attempt >= attempts) throw busyError(connection.path)
    await setTimeout(blockingWaitMs)
  }
  connection.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
}

function openReading(path: string, busyMs: number): SqliteConnection {
  const connection = new SqliteConnection(path, 'read')
  connection.exec(`PRAGMA busy_timeout = ${busyMs}; PRAGMA query_only = ON`)
  return connection
}
