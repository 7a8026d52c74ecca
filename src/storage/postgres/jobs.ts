import { sql } from 'kysely'
import type { Clock } from '../../core/clock.ts'
import type { Hash } from '../../core/ids.ts'
import { anyOf } from '../batches.ts'
import type { Database, Scratch } from '../database.ts'
import type { Claim, Job, Jobs } from '../jobs.ts'
import {
  endJob,
  getJob,
  holdLease,
  holdWaiting,
  insertJob,
  listJobs,
  prolongLease,
  requeueJob,
  takeJob,
} from '../jobs-table.ts'
import { Wake } from '../wake.ts'
import { Dispatch } from './dispatch.ts'

export interface PostgresJobsOptions {
  readonly database: Database
  readonly url: string
  readonly clock: Clock
  readonly hash: Hash
  /** Whether the process of an owner still runs; when left out, only the lease tells. */
  readonly isAlive?: (owner: string) => boolean
  /** The schema that pg-boss keeps to itself. */
  readonly schema?: string
  readonly onError?: (error: unknown) => void
}

/**
 * The jobs table holds the state and fences; pg-boss delivers. Both change in one transaction, so neither can
 * know of a job that the other does not.
 */
export async function openPostgresJobs(options: PostgresJobsOptions): Promise<Jobs> {
  const { database, clock, url, hash, schema = 'pgboss', onError = () => {} } = options
  const dispatch = new Dispatch({ url, hash, schema, onError })
  await dispatch.start()
  const wake = new Wake()
  const ring = () => wake.ring()
  const enqueue: Jobs['enqueue'] = async (scratch, job) => {
    if (!(await insertJob(scratch, job))) return
    await dispatch.send(scratch, { ...job, attempt: 0 })
    scratch.onCommit(ring)
  }
  return {
    enqueue,
    async enqueueOnce(scratch, job) {
      if (!(await holdWaiting(scratch, job))) await enqueue(scratch, job)
    },
    async claim(claim) {
      wake.beginLook()
      return new Claiming(dispatch, options, claim).run()
    },
    heartbeat({ id, attempt, leaseMs }) {
      return database.scratch((scratch) =>
        prolongLease(scratch, { id, attempt, leaseUntil: clock() + leaseMs }),
      )
    },
    hold: (scratch, { id, attempt, leaseMs }) =>
      holdLease(scratch, { id, attempt, leaseUntil: clock() + leaseMs }),
    retry(given) {
      return database.scratch(async (scratch) => {
        await requeueJob(scratch, given)
        const { kind } = await getJob(scratch, given.id)
        await dispatch.complete(scratch, kind, ticketOf(given))
        await dispatch.send(scratch, { ...given, kind })
        scratch.onCommit(ring)
      })
    },
    async settle(scratch, given) {
      await endJob(scratch, given)
      const { kind } = await getJob(scratch, given.id)
      await dispatch.complete(scratch, kind, ticketOf(given))
    },
    waitForWork: (timeoutMs, signal) => wake.sleep(timeoutMs, signal),
    get: getJob,
    list: listJobs,
    async close() {
      wake.close()
      await dispatch.stop()
    },
  }
}

/** An attempt was delivered when the job had one attempt less. */
const ticketOf = ({ id, attempt }: Pick<Job, 'id' | 'attempt'>) => ({ id, attempt: attempt - 1 })

/** Deliveries that name no waiting job are few: a bound against a queue that is all of them. */
const maxStale = 100

class Claiming {
  readonly #dispatch: Dispatch
  readonly #options: PostgresJobsOptions
  readonly #claim: Claim
  readonly #now: number

  constructor(dispatch: Dispatch, options: PostgresJobsOptions, claim: Claim) {
    this.#dispatch = dispatch
    this.#options = options
    this.#claim = claim
    this.#now = options.clock()
  }

  run(): Promise<Job | null> {
    return this.#options.database.scratch(async (scratch) => {
      await this.#resendAbandoned(scratch)
      const without: string[] = []
      for (;;) {
        const kind = await this.#findDueKind(scratch, without)
        if (kind === null) return null
        const job = await this.#takeOf(scratch, kind)
        if (job) return job
        // Everything of this kind is in other workers' hands.
        without.push(kind)
      }
    })
  }

  /** A job whose lease ran out, or whose owner is dead, waits again and is delivered again. */
  async #resendAbandoned(scratch: Scratch): Promise<void> {
    const { isAlive } = this.#options
    const { kinds } = this.#claim
    let query = scratch.scratch
      .selectFrom('jobs')
      .select(['id', 'kind', 'attempt', 'owner', 'lease_until', 'available_at'])
      .where('state', '=', 'running')
      .forUpdate()
      .skipLocked()
    if (!isAlive) query = query.where('lease_until', '<=', this.#now)
    if (kinds) query = query.where('kind', 'in', anyOf(kinds))
    for (const row of await query.execute()) {
      const { id, kind, attempt, owner } = row
      const expired = row.lease_until === null || row.lease_until <= this.#now
      if (!expired && (owner === null || isAlive?.(owner) !== false)) continue
      const availableAt = row.available_at
      await requeueJob(scratch, { id, attempt, availableAt, error: null })
      await this.#dispatch.complete(scratch, kind, ticketOf({ id, attempt }))
      await this.#dispatch.send(scratch, { id, kind, attempt, availableAt })
    }
  }

  /** The kind of the job that has been due the longest. */
  async #findDueKind(scratch: Scratch, without: readonly string[]): Promise<string | null> {
    const { kinds } = this.#claim
    let query = scratch.read
      .selectFrom('jobs')
      .select('kind')
      .where('state', '=', 'queued')
      .where('available_at', '<=', this.#now)
      .orderBy('available_at')
      .orderBy('created_at')
      .orderBy('id')
      .limit(1)
    if (kinds) query = query.where('kind', 'in', anyOf(kinds))
    if (without.length > 0) query = query.where('kind', 'not in', anyOf(without))
    return (await query.executeTakeFirst())?.kind ?? null
  }

  async #takeOf(scratch: Scratch, kind: string): Promise<Job | null> {
    for (let stale = 0; stale < maxStale; stale += 1) {
      await sql`savepoint ticket`.execute(scratch.scratch)
      const ticket = await this.#dispatch.fetch(scratch, kind)
      if (!ticket) return this.#resendLost(scratch, kind)
      const waits = await this.#judge(scratch, ticket)
      if (waits === 'due') {
        const { owner, leaseMs } = this.#claim
        return takeJob(scratch, { id: ticket.id, owner, leaseUntil: this.#now + leaseMs })
      }
      if (waits === 'later') {
        // It stays in the queue as if it had not been fetched; behind it nothing is due.
        await sql`rollback to savepoint ticket`.execute(scratch.scratch)
        return null
      }
      await this.#dispatch.complete(scratch, kind, ticket)
    }
    return null
  }

  /** Never waits for the row: who holds it may undo what it did, so the ticket stays for later. */
  async #judge(
    scratch: Scratch,
    { id, attempt }: Pick<Job, 'id' | 'attempt'>,
  ): Promise<'due' | 'later' | 'stale'> {
    const find = scratch.scratch
      .selectFrom('jobs')
      .select('available_at')
      .where('id', '=', id)
      .where('state', '=', 'queued')
      .where('attempt', '=', attempt)
    if (!(await find.executeTakeFirst())) return 'stale'
    const row = await find.forUpdate().skipLocked().executeTakeFirst()
    return row && row.available_at <= this.#now ? 'due' : 'later'
  }

  /**
   * A job that is due and not delivered is in another worker's transaction, or its ticket was lost: emptied
   * by hand, or kept for a year. It is sent anew; should both arrive, the second is stale.
   */
  async #resendLost(scratch: Scratch, kind: string): Promise<null> {
    const row = await scratch.scratch
      .selectFrom('jobs')
      .select(['id', 'attempt', 'available_at'])
      .where('state', '=', 'queued')
      .where('kind', '=', kind)
      .where('available_at', '<=', this.#now - lostAfterMs)
      .orderBy('available_at')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (!row) return null
    const { id, attempt, available_at: availableAt } = row
    await this.#dispatch.sendAgain(scratch, { id, kind, attempt, availableAt })
    return null
  }
}

const lostAfterMs = 60_000
