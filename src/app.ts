import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { Feed } from './api/feed.ts'
import type { DataPlace, MachineFacts, Opened, ServeFlags, Serving } from './cli/surroundings.ts'
import type { DreamConfig, Secrets, ServerConfig } from './config.ts'
import type { NewSalt } from './core/audit/record.ts'
import type { Clock } from './core/clock.ts'
import { DomainError } from './core/errors.ts'
import type { NewId } from './core/ids.ts'
import { createMask } from './importers/mask.ts'
import { makeKeyring } from './keyring.ts'
import { makeNotary } from './notary.ts'
import type { Context } from './pipeline/context.ts'
import { keepIndexed } from './pipeline/index-events.ts'
import { openMapper } from './pipeline/receive/mapper.ts'
import { thinkHere } from './pipeline/thinking.ts'
import { makePost } from './pipeline/webhooks/post.ts'
import { startServer } from './serve.ts'
import type { Database } from './storage/database.ts'
import type { Migrated } from './storage/migrations/migration.ts'
import { openPostgresJobs } from './storage/postgres/jobs.ts'
import { migratePostgres, openPostgres } from './storage/postgres/open.ts'
import { SessionWakes } from './storage/session-wakes.ts'
import { openEmbeddedJobs } from './storage/sqlite/jobs.ts'
import { migrateSqlite, openSqlite } from './storage/sqlite/open.ts'

export interface EmbeddedOptions {
  readonly dataDirectory: string
  readonly secrets: Omit<Secrets, 'databaseUrl'>
  readonly log: Logger
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Limits of dreams over the wire; those of an empty environment when left out. */
  readonly dreams?: DreamConfig
  readonly allowPrivateTargets?: boolean
  /** Name of the audit log; made of its key when left out. */
  readonly auditOrigin?: string | null
  /** How long a silent worker keeps its job. */
  readonly leaseMs?: number
  /** Stands between everything and the database: tests cut the process off at its doors. */
  readonly around?: (database: Database) => Database
  readonly policyDirectory?: string | null
  /** How long raw bodies of webhook deliveries are kept; that of an empty environment when left out. */
  readonly receiptBodyDays?: number
  /** Where ids, secrets and salts come from; the machine's own randomness when left out. */
  readonly random?: RandomSource
}

/** So many random bytes. Simulations give seeded ones, so that the same coins fall every time. */
export type RandomSource = (use: 'id' | 'secret' | 'salt', size: number) => Buffer

const dayMs = 86_400_000
const defaultReceiptBodyDays = 30
const organizationId = 'org_lucidream'
const defaultLeaseMs = 60_000
const saltBytes = 16
const defaultDreams: DreamConfig = { hours: 6, storeBytes: 10_485_760, firstPartyTools: [] }

export interface ContextOptions extends Omit<EmbeddedOptions, 'secrets'> {
  readonly secrets: Secrets
}

/** An embedded database and what the pipeline needs around it. */
export function openEmbedded(options: EmbeddedOptions): Promise<Opened> {
  return openContext({ ...options, secrets: { ...options.secrets, databaseUrl: null } })
}

/** The database that a command was told to use. */
export function openPlace(
  { dataDirectory, databaseUrl }: DataPlace,
  options: Omit<ContextOptions, 'dataDirectory'>,
): Promise<Opened> {
  return openContext({ ...options, dataDirectory, secrets: { ...options.secrets, databaseUrl } })
}

/** The only wiring: a database and what the pipeline needs around it. */
export async function openContext(options: ContextOptions): Promise<Opened> {
  const { dataDirectory, secrets, log, clock, signal, allowPrivateTargets = false } = options
  const { dreams = defaultDreams, leaseMs = defaultLeaseMs, around = (one) => one } = options
  const { random = (_, size) => randomBytes(size) } = options
  const policyDirectory = options.policyDirectory ?? join(dataDirectory, 'policies')
  const owner = `${hostname()}:${process.pid}:${clock()}`
  const isRunning = (other: string) => other === owner || isAlive(other)
  const { databaseUrl } = secrets
  const opened = await openDatabase({
    databaseUrl,
    dataDirectory,
    log,
    clock,
    isAlive: isRunning,
    around,
    salt: () => random('salt', saltBytes).toString('hex'),
  })
  if (databaseUrl !== null) warnOfOwnKeys(log, secrets)
  const { database, jobs, databasePath } = opened
  const mapper = openMapper()
  const seed = secrets.auditKey ?? findSecret(dataDirectory, 'audit.key')
  const key = secrets.maskKey ?? findSecret(dataDirectory, 'mask.key')
  const secretKey = secrets.secretKey ?? findSecret(dataDirectory, 'secret.key')
  return {
    context: {
      database,
      jobs,
      clock,
      hash,
      newId: makeNewId((size) => random('id', size)),
      keyring: makeKeyring(secretKey, (size) => random('secret', size)),
      notary: makeNotary({ seed, origin: options.auditOrigin ?? null }),
      mask: createMask({ key }),
      wakes: new SessionWakes(),
      postWebhook: makePost({ allowPrivate: allowPrivateTargets }),
      organizationId,
      log,
      owner,
      isAlive: isRunning,
      signal,
      leaseMs,
      mapper,
      thinking: thinkHere(hash),
      firstPartyTools: new Set(dreams.firstPartyTools),
      policyDirectory,
      policyDirectoryIsNamed: (options.policyDirectory ?? null) !== null,
      limits: { dreamMs: dreams.hours * 3_600_000, storeBytes: dreams.storeBytes },
      receiptBodyMs: (options.receiptBodyDays ?? defaultReceiptBodyDays) * dayMs,
    },
    databasePath,
    async close() {
      await mapper.close()
      await jobs.close()
      await database.close()
    },
  }
}

/** Processes with other data folders share a database only where they are given the same keys. */
function warnOfOwnKeys(log: Logger, { maskKey, secretKey, auditKey }: Secrets): void {
  if (maskKey === null) {
    log.warn(
      'LUCIDREAM_MASK_KEY is not set: processes with other data folders give the same secret another placeholder.',
    )
  }
  if (secretKey === null) {
    log.warn(
      'LUCIDREAM_SECRET_KEY is not set: API keys made here are unknown to processes with other data folders.',
    )
  }
  if (!auditKey) {
    log.warn(
      'LUCIDREAM_AUDIT_KEY is not set: processes with other data folders sign checkpoints of the audit log with another key.',
    )
  }
}

interface DatabaseOptions {
  /** A Postgres; null for the embedded database in the data folder. */
  readonly databaseUrl: string | null
  readonly dataDirectory: string
  readonly log: Logger
  readonly clock: Clock
  readonly isAlive: (owner: string) => boolean
  readonly around: (database: Database) => Database
  /** Of audit records. */
  readonly salt: NewSalt
}

/** Opens the database with its jobs and brings its schema up to date. */
async function openDatabase(
  options: DatabaseOptions,
): Promise<Pick<Context, 'database' | 'jobs'> & Pick<Opened, 'databasePath'>> {
  const { databaseUrl: url, dataDirectory, log, clock, isAlive, around, salt } = options
  if (url === null) {
    const databasePath = join(dataDirectory, 'lucidream.db')
    const database = around(await openSqlite({ path: databasePath, clock, hash, salt }))
    return { database, jobs: openEmbeddedJobs({ database, clock, isAlive }), databasePath }
  }
  const database = around(await openPostgres({ url, clock, hash, salt }))
  try {
    // Workers stand on several machines there, so only leases tell who is alive.
    const onError = (err: unknown) => log.warn({ err }, 'the queue could not do its upkeep')
    const jobs = await openPostgresJobs({
      database,
      url,
      clock,
      hash,
      schema: nameBossSchema(url),
      onError,
    })
    return { database, jobs, databasePath: null }
  } catch (error) {
    await database.close()
    throw error
  }
}

/** Two installations in two schemas of one database have two queues. */
function nameBossSchema(url: string): string {
  const own = /search_path=(\w+)/.exec(new URL(url).searchParams.get('options') ?? '')?.[1]
  return own === undefined ? 'pgboss' : `${own}_boss`
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

export interface ServeSettings {
  readonly config: ServerConfig
  readonly version: string
}

/** The API over an opened database; flags win over the configuration. */
export async function serve(
  { context }: Opened,
  flags: ServeFlags,
  { config, version }: ServeSettings,
): Promise<Serving> {
  // Ends with the context's signal, and never throws.
  void keepIndexed(context)
  const {
    database,
    jobs,
    clock,
    hash: sha256,
    newId: id,
    keyring,
    notary,
    mask,
    mapper,
    wakes,
    log,
  } = context
  const feed = new Feed({ database, wakes, hash: sha256 })
  const server = await startServer({
    context: {
      database,
      jobs,
      clock,
      hash: sha256,
      newId: id,
      keyring,
      notary,
      mask,
      mapper,
      feed,
      wakes,
      log,
      settings: {
        version,
        organizationId,
        strict: config.strict,
        allowPrivateTargets: config.allowPrivateTargets,
        importRoots: config.importRoots,
        rateLimits: {
          writesPerMinute: config.writesPerMinute,
          readsPerMinute: config.readsPerMinute,
        },
      },
    },
    host: flags.host ?? config.host,
    port: flags.port ?? config.port,
    metricsPort: config.metricsPort,
  })
  return {
    url: server.url,
    stop(drainMs) {
      // Open streams never end by themselves.
      feed.close()
      return server.stop(drainMs)
    },
  }
}

export function findMachineFacts(): MachineFacts {
  const { node, sqlite = 'unknown' } = process.versions
  return { node, sqlite, platform: `${process.platform}-${process.arch}` }
}

/** SHA-256 of UTF-8 text, the program's one hash. */
function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** 120 random bits: no two of any number of things that will ever be made are the same. */
function makeNewId(random: (size: number) => Buffer): NewId {
  const newId: NewId = (prefix) =>
    `${prefix}_${random(15).toString('hex')}` as ReturnType<typeof newId<typeof prefix>>
  return newId
}

/** Made once for each data folder and readable by its owner only. */
function findSecret(dataDirectory: string, name: string): string {
  const path = join(dataDirectory, name)
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  try {
    writeFileSync(path, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
  }
  const key = readFileSync(path, 'utf8').trim()
  if (key.length >= 32) return key
  throw new DomainError(
    'invalid_config',
    `${path} is damaged. Restore it from a backup; without one, remove it and a new key is made: what was made under the old one (API keys and webhook secrets, or signatures of the audit log) is then worth nothing.`,
  )
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
