import { CompiledQuery } from 'kysely'
import { PgBoss } from 'pg-boss'
import type { Hash } from '../../core/ids.ts'
import type { Scratch } from '../database.ts'
import type { Attempt, NewJob } from '../jobs.ts'
import { translatePostgresError } from './errors.ts'
import { describePlace } from './pool.ts'

/** A job's ticket: sent when the job begins to wait after its `attempt`, fetched once, completed with it. */
export type Ticket = Pick<NewJob, 'kind' | 'availableAt'> & Attempt

export interface DispatchOptions {
  readonly url: string
  readonly hash: Hash
  /** The schema that pg-boss keeps to itself. */
  readonly schema: string
  /** What pg-boss meets in its own upkeep; it goes on. */
  readonly onError: (error: unknown) => void
}

/**
 * The queue: pg-boss, one queue a kind, every statement inside the caller's transaction. A ticket says which
 * job waits after which attempt; the jobs table alone says whether that is still so.
 */
export class Dispatch {
  readonly #boss: PgBoss
  readonly #hash: Hash
  readonly #place: string
  readonly #queues = new Map<string, Promise<string>>()

  constructor({ url, hash, schema, onError }: DispatchOptions) {
    this.#hash = hash
    this.#place = describePlace(url)
    this.#boss = new PgBoss({
      connectionString: url,
      application_name: 'lucidream jobs',
      schema,
      max: 2,
      schedule: false,
      registerInstance: false,
    })
    this.#boss.on('error', onError)
  }

  /** Installs or upgrades its schema; processes that start together take turns. */
  async start(): Promise<void> {
    await this.#translated(() => this.#boss.start())
  }

  async stop(): Promise<void> {
    await this.#boss.stop({ graceful: false })
  }

  /** Has no effect when it was sent before. */
  async send(scratch: Scratch, { id, kind, attempt, availableAt }: Ticket): Promise<void> {
    const queue = await this.#openQueue(kind)
    await this.#boss.send(
      queue,
      { id, attempt },
      {
        id: this.#name({ id, attempt }),
        priority: toPriority(availableAt),
        startAfter: new Date(availableAt),
        db: over(scratch),
      },
    )
  }

  async sendAgain(scratch: Scratch, ticket: Ticket): Promise<void> {
    const queue = await this.#openQueue(ticket.kind)
    await this.#boss.deleteJob(queue, this.#name(ticket), { db: over(scratch) })
    await this.send(scratch, ticket)
  }

  /** The ticket of the kind that waited longest, due or not; null when none is free. */
  async fetch(scratch: Scratch, kind: string): Promise<Attempt | null> {
    const queue = await this.#openQueue(kind)
    // What is due is for the clock of the jobs to say.
    const given = { db: over(scratch), ignoreStartAfter: true }
    const [ticket] = await this.#boss.fetch<Attempt>(queue, given)
    return ticket ? { id: ticket.data.id, attempt: ticket.data.attempt } : null
  }

  /** Whether it is being worked on or still waits. */
  async complete(scratch: Scratch, kind: string, attempt: Attempt): Promise<void> {
    const queue = await this.#openQueue(kind)
    const given = { db: over(scratch), includeQueued: true }
    await this.#boss.complete(queue, this.#name(attempt), null, given)
  }

  /** Made outside of the caller's transaction, because other processes make the same one. */
  #openQueue(kind: string): Promise<string> {
    const known = this.#queues.get(kind)
    if (known) return known
    const name = `${kind.replaceAll(/[^\w.-]/g, '_').slice(0, 40)}/${this.#hash(kind).slice(0, 8)}`
    const opening = this.#translated(async () => {
      await this.#boss.createQueue(name, queueOptions)
      return name
    })
    this.#queues.set(kind, opening)
    // A queue that could not be made is tried again by the next one who needs it.
    opening.catch(() => this.#queues.delete(kind))
    return opening
  }

  /** pg-boss wants a UUID; the same ticket has the same one. */
  #name({ id, attempt }: Attempt): string {
    const digits = this.#hash(`ticket\0${id}\0${attempt}`)
    return [
      digits.slice(0, 8),
      digits.slice(8, 12),
      `8${digits.slice(13, 16)}`,
      `8${digits.slice(17, 20)}`,
      digits.slice(20, 32),
    ].join('-')
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw translatePostgresError(error, this.#place)
    }
  }
}

const queueOptions = {
  // Leases and attempts are the jobs table's; pg-boss only sweeps out what nobody completed.
  retryLimit: 0,
  expireInSeconds: 86_400,
  retentionSeconds: 365 * 86_400,
  deleteAfterSeconds: 3_600,
}

/** pg-boss's way into a transaction that is open already. Its errors come translated. */
function over({ scratch }: Scratch) {
  return {
    async executeSql(text: string, values: unknown[] = []) {
      const { rows } = await scratch.executeQuery(CompiledQuery.raw(text, values))
      return { rows }
    },
  }
}

const priorityEpoch = Date.UTC(2020, 0, 1)

/**
 * pg-boss orders by priority, then by when it was sent, and not by when a job is due. Seconds fit its 32 bits
 * from 1952 to 2088, so jobs due in the same second come in the order of sending.
 */
function toPriority(availableAt: number): number {
  const seconds = Math.floor((availableAt - priorityEpoch) / 1000)
  return -Math.min(Math.max(seconds, -(2 ** 31) + 1), 2 ** 31 - 1)
}
