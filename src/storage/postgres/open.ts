import type { NewSalt } from '../../core/audit/record.ts'
import type { Clock } from '../../core/clock.ts'
import type { Hash } from '../../core/ids.ts'
import type { Database } from '../database.ts'
import { migrations as allMigrations } from '../migrations/index.ts'
import type { Migrated, Migration } from '../migrations/migration.ts'
import { openLogged } from '../unlogged-records.ts'
import { PostgresDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { type PoolOptions, PostgresPool } from './pool.ts'

export interface OpenPostgresOptions {
  /** `postgres://user:password@host:port/database`; a `search_path` among its options chooses the schema. */
  readonly url: string
  readonly clock: Clock
  readonly hash: Hash
  /** Of audit records. */
  readonly salt: NewSalt
  /** How long a write waits for another process's write before it is refused with `database_busy`. */
  readonly busyMs?: number
  readonly statementTimeoutMs?: number
  readonly connectTimeoutMs?: number
  /** Reads and scratch work at a time; more of them wait. Writes have one connection more. */
  readonly maxConnections?: number
  readonly migrations?: readonly Migration[]
}

const defaults = {
  busyMs: 10_000,
  statementTimeoutMs: 60_000,
  connectTimeoutMs: 10_000,
  maxConnections: 16,
}

/** Connects and brings the schema up to date. Any number of processes may have it open. */
export async function openPostgres(options: OpenPostgresOptions): Promise<Database> {
  const { clock, hash, salt } = options
  const { writing } = await openMigrated(options)
  const { maxConnections = defaults.maxConnections } = options
  const reading = new PostgresPool({ ...limitsOf(options), maxConnections })
  const database = new PostgresDatabase({ writing, reading, desk: { clock, hash, salt } })
  // A list of migrations of a test's own may have no log.
  return options.migrations === undefined ? openLogged(database) : database
}

/** Brings the schema up to date; pg-boss does so with its own when the jobs are opened. */
export async function migratePostgres(
  options: Omit<OpenPostgresOptions, 'salt'>,
): Promise<Migrated> {
  const { writing, migrated } = await openMigrated(options)
  await writing.close()
  return migrated
}

async function openMigrated(options: Omit<OpenPostgresOptions, 'salt'>) {
  const { clock, hash, migrations = allMigrations } = options
  const writing = new PostgresPool({ ...limitsOf(options), maxConnections: 1 })
  try {
    return { writing, migrated: await migrate(writing, { migrations, clock, hash }) }
  } catch (error) {
    await writing.close()
    throw error
  }
}

function limitsOf(options: Omit<OpenPostgresOptions, 'salt'>): Omit<PoolOptions, 'maxConnections'> {
  const { url, busyMs, statementTimeoutMs, connectTimeoutMs } = { ...defaults, ...options }
  return { url, lockTimeoutMs: busyMs, statementTimeoutMs, connectTimeoutMs }
}
