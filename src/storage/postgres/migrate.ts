import { type Clock, toTimestamp } from '../../core/clock.ts'
import type { Hash } from '../../core/ids.ts'
import type { Migrated, Migration } from '../migrations/migration.ts'
import { type Recorded, refuseForeign } from '../migrations/recorded.ts'
import { beginMigrating } from './locks.ts'
import type { PostgresConnection, PostgresPool } from './pool.ts'

export interface MigrateOptions {
  readonly migrations: readonly Migration[]
  readonly clock: Clock
  readonly hash: Hash
}

/**
 * Brings the schema to the newest migration, each in its own transaction under the lock that writes take:
 * processes that start together run each migration once, and none writes meanwhile.
 */
export async function migrate(pool: PostgresPool, options: MigrateOptions): Promise<Migrated> {
  const known = options.migrations.map(({ number, name, postgres }) => ({
    number,
    name,
    sha256: options.hash(postgres),
  }))
  const list = async (connection: PostgresConnection) => {
    const recorded = await listRecorded(connection)
    refuseForeign(pool.place, recorded, known)
    return recorded.length
  }
  const looking = await pool.connect()
  const before = await looking.transact('BEGIN', () => list(looking))
  const after = known.length
  if (before === after) return { before, after }
  for (const migration of options.migrations) {
    const connection = await pool.connect()
    await connection.transact(beginMigrating, async () => {
      await connection.exec(createTable)
      if ((await list(connection)) >= migration.number) return
      await connection.all(
        'INSERT INTO migrations (number, name, sha256, applied_at) VALUES ($1, $2, $3, $4)',
        [
          migration.number,
          migration.name,
          options.hash(migration.postgres),
          toTimestamp(options.clock()),
        ],
      )
      await connection.exec(migration.postgres)
    })
  }
  return { before, after }
}

const createTable = `CREATE TABLE IF NOT EXISTS migrations (
  number integer PRIMARY KEY,
  name text COLLATE "C" NOT NULL,
  sha256 text COLLATE "C" NOT NULL,
  applied_at text COLLATE "C" NOT NULL
)`

async function listRecorded(connection: PostgresConnection): Promise<Recorded[]> {
  const [table] = await connection.all<{ name: string | null }>(
    "SELECT to_regclass(quote_ident(current_schema()) || '.migrations')::text AS name",
  )
  if (!table?.name) return []
  return connection.all<Recorded>('SELECT number, name, sha256 FROM migrations ORDER BY number')
}
