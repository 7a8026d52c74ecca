import type { Clock } from '../../core/clock.ts'
import type { Hash } from '../../core/ids.ts'
import type { Database } from '../database.ts'
import { migrations as allMigrations } from '../migrations/index.ts'
import type { Migration } from '../migrations/migration.ts'
import { PostgresDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { PostgresPool } from './pool.ts'

export interface OpenPostgresOptions {
  /** `postgres://user:password@host:port/database`; a `search_path` among its options chooses the schema. */
  readonly url: string
  readonly clock: Clock
  readonly hash: Hash
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
  const { url, clock, hash, migrations = allMigrations } = options
  const { busyMs, statementTimeoutMs, connectTimeoutMs, maxConnections } = {
    ...defaults,
    ...options,
  }
  const limits = { url, lockTimeoutMs: busyMs, statementTimeoutMs, connectTimeoutMs }
  const writing = new PostgresPool({ ...limits, maxConnections: 1 })
  try {
    await migrate(writing, { migrations, clock, hash })
  } catch (error) {
    await writing.close()
    throw error
  }
  const reading = new PostgresPool({ ...limits, maxConnections })
  return new PostgresDatabase({ writing, reading, desk: { clock, hash } })
}
