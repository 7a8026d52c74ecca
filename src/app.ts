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
import { openEmbeddedJobs } from './storage/sqlite/jobs.ts'
import { openSqlite } from './storage/sqlite/open.ts'

export interface EmbeddedOptions {
  readonly dataDirectory: string
  readonly secrets: Secrets
  readonly log: Logger
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** The only wiring: an embedded database and what the pipeline needs around it. */
export async function openEmbedded(options: EmbeddedOptions): Promise<Opened> {
  const { dataDirectory, secrets, log, clock, signal } = options
  const databasePath = join(dataDirectory, 'lucidream.db')
  const database = await openSqlite({ path: databasePath, clock, hash })
  const key = secrets.maskKey ?? findMaskKey(dataDirectory)
  const owner = `${hostname()}:${process.pid}:${clock()}`
  const isRunning = (other: string) => other === owner || isAlive(other)
  const jobs = openEmbeddedJobs({ database, clock, isAlive: isRunning })
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
