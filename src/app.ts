import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { Feed } from './api/feed.ts'
import type { DataPlace, MachineFacts, Opened, ServeFlags, Serving } from './cli/surroundings.ts'
import type { DreamConfig, Secrets, ServerConfig } from './config.ts'
import type { Clock } from './core/clock.ts'
import { DomainError } from './core/errors.ts'
import type { NewId } from './core/ids.ts'
import { createMask } from './importers/mask.ts'
import { makeKeyring } from './keyring.ts'
import { thinkHere } from './pipeline/thinking.ts'
import { makePost } from './pipeline/webhooks/post.ts'
import { startServer } from './serve.ts'
import { SessionWakes } from './storage/session-wakes.ts'
import { openEmbeddedJobs } from './storage/sqlite/jobs.ts'
import { openSqlite } from './storage/sqlite/open.ts'

export interface EmbeddedOptions {
  readonly dataDirectory: string
  readonly secrets: Secrets
  readonly log: Logger
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Limits of dreams over the wire; those of an empty environment when left out. */
  readonly dreams?: DreamConfig
  readonly allowPrivateTargets?: boolean
  readonly policyDirectory?: string | null
}

const organizationId = 'org_lucidream'
const defaultDreams: DreamConfig = { hours: 6, storeBytes: 10_485_760 }

/** The only wiring: an embedded database and what the pipeline needs around it. */
export async function openEmbedded(options: EmbeddedOptions): Promise<Opened> {
  const { dataDirectory, secrets, log, clock, signal, allowPrivateTargets = false } = options
  const { dreams = defaultDreams, policyDirectory = null } = options
  const databasePath = join(dataDirectory, 'lucidream.db')
  const database = await openSqlite({ path: databasePath, clock, hash })
  const key = secrets.maskKey ?? findSecret(dataDirectory, 'mask.key')
  const secretKey = secrets.secretKey ?? findSecret(dataDirectory, 'secret.key')
  const owner = `${hostname()}:${process.pid}:${clock()}`
  const isRunning = (other: string) => other === owner || isAlive(other)
  const jobs = openEmbeddedJobs({ database, clock, isAlive: isRunning })
  return {
    context: {
      database,
      jobs,
      clock,
      hash,
      newId,
      keyring: makeKeyring(secretKey),
      mask: createMask({ key }),
      wakes: new SessionWakes(),
      postWebhook: makePost({ allowPrivate: allowPrivateTargets }),
      organizationId,
      log,
      owner,
      isAlive: isRunning,
      signal,
      thinking: thinkHere(hash),
      policyDirectory,
      limits: { dreamMs: dreams.hours * 3_600_000, storeBytes: dreams.storeBytes },
    },
    databasePath,
    async close() {
      await jobs.close()
      await database.close()
    },
  }
}

/** The database that a command was told to use. */
export function openPlace(
  { dataDirectory, databaseUrl }: DataPlace,
  options: Omit<EmbeddedOptions, 'dataDirectory'>,
): Promise<Opened> {
  if (databaseUrl === null) return openEmbedded({ ...options, dataDirectory })
  throw new DomainError(
    'unsupported',
    'Postgres cannot be opened yet; use the embedded database (--data).',
  )
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
  const { database, jobs, clock, hash: sha256, newId: id, keyring, mask, wakes, log } = context
  const feed = new Feed({ database, wakes, hash: sha256 })
  const server = await startServer({
    context: {
      database,
      jobs,
      clock,
      hash: sha256,
      newId: id,
      keyring,
      mask,
      feed,
      wakes,
      log,
      settings: {
        version,
        organizationId,
        strict: config.strict,
        allowPrivateTargets: config.allowPrivateTargets,
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
const newId: NewId = (prefix) =>
  `${prefix}_${randomBytes(15).toString('hex')}` as ReturnType<typeof newId<typeof prefix>>

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
    `${path} is damaged. Restore it from a backup; without one, remove it and a new key is made: API keys and webhook secrets made under the old one are then worth nothing.`,
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
