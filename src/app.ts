import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { MachineFacts, Opened } from './cli/surroundings.ts'
import type { Secrets } from './config.ts'
import type { Clock } from './core/clock.ts'
import { DomainError } from './core/errors.ts'
import { createMask } from './importers/mask.ts'
import type { Context } from './pipeline/context.ts'
import type { Migrated } from './storage/migrations/migration.ts'
import { openPostgresJobs } from './storage/postgres/jobs.ts'
import { migratePostgres, openPostgres } from './storage/postgres/open.ts'
import { openEmbeddedJobs } from './storage/sqlite/jobs.ts'
import { migrateSqlite, openSqlite } from './storage/sqlite/open.ts'

export interface EmbeddedOptions {
  readonly dataDirectory: string
  readonly secrets: Pick<Secrets, 'maskKey'>
  readonly log: Logger
  readonly clock: Clock
  readonly signal: AbortSignal
}

export interface ContextOptions extends Omit<EmbeddedOptions, 'secrets'> {
  readonly secrets: Secrets
}

/** An embedded database and what the pipeline needs around it. */
export function openEmbedded(options: EmbeddedOptions): Promise<Opened> {
  return openContext({ ...options, secrets: { ...options.secrets, databaseUrl: null } })
}

/** The only wiring: the database that is configured and what the pipeline needs around it. */
export async function openContext(options: ContextOptions): Promise<Opened> {
  const { dataDirectory, secrets, log, clock, signal } = options
  const owner = `${hostname()}:${process.pid}:${clock()}`
  const isRunning = (other: string) => other === owner || isAlive(other)
  const { databaseUrl } = secrets
  const opened = await openDatabase({ databaseUrl, dataDirectory, log, clock, isAlive: isRunning })
  if (databaseUrl !== null && secrets.maskKey === null) {
    log.warn(
      'LUCIDREAM_MASK_KEY is not set: processes with other data folders give the same secret another placeholder.',
    )
  }
  const { database, jobs, databasePath } = opened
  const key = secrets.maskKey ?? findMaskKey(dataDirectory)
  return {
    context: {
      database,
      jobs,
      clock,
      hash,
      mask: createMask({ key }),
      log,
      owner,
      isAlive: isRunning,
      signal,
    },
    databasePath,
    async close() {
      await jobs.close()
      await database.close()
    },
  }
}

interface DatabaseOptions {
  /** A Postgres; null for the embedded database in the data folder. */
  readonly databaseUrl: string | null
  readonly dataDirectory: string
  readonly log: Logger
  readonly clock: Clock
  readonly isAlive: (owner: string) => boolean
}

/** Opens the database with its jobs and brings its schema up to date. */
async function openDatabase(
  options: DatabaseOptions,
): Promise<Pick<Context, 'database' | 'jobs'> & Pick<Opened, 'databasePath'>> {
  const { databaseUrl: url, dataDirectory, log, clock, isAlive } = options
  if (url === null) {
    const databasePath = join(dataDirectory, 'lucidream.db')
    const database = await openSqlite({ path: databasePath, clock, hash })
    return { database, jobs: openEmbeddedJobs({ database, clock, isAlive }), databasePath }
  }
  const database = await openPostgres({ url, clock, hash })
  try {
    // Workers stand on several machines there, so only leases tell who is alive.
    const onError = (err: unknown) => log.warn({ err }, 'the queue could not do its upkeep')
    const jobs = await openPostgresJobs({ database, url, clock, hash, onError })
    return { database, jobs, databasePath: null }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** Brings the schema of the configured database up to date and does nothing else. */
export async function migrateDatabase(
  options: Pick<DatabaseOptions, 'databaseUrl' | 'dataDirectory' | 'clock'>,
): Promise<Migrated> {
  const { databaseUrl, dataDirectory, clock } = options
  return databaseUrl === null
    ? migrateSqlite({ path: join(dataDirectory, 'lucidream.db'), clock, hash })
    : migratePostgres({ url: databaseUrl, clock, hash })
}

export function findMachineFacts(): MachineFacts {
  const { node, sqlite = 'unknown' } = process.versions
  return { node, sqlite, platform: `${process.platform}-${process.arch}` }
}

/** SHA-256 of UTF-8 text, the program's one hash. */
function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Made once for each data folder, so that equal secrets get equal placeholders there and nowhere else. */
function findMaskKey(dataDirectory: string): string {
  const path = join(dataDirectory, 'mask.key')
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  try {
    writeFileSync(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
  }
  const key = readFileSync(path, 'utf8').trim()
  if (key.length >= 16) return key
  throw new DomainError('invalid_config', `${path} is damaged; remove it and a new key is made.`)
}

/** Whether the process that an owner names still runs. Another host's cannot be asked and counts as running. */
function isAlive(owner: string): boolean {
  const [host, pid] = owner.split(':')
  if (host !== hostname()) return true
  // Numbers of dead processes are given out again, to this one too.
  if (Number(pid) === process.pid) return false
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM'
  }
}
