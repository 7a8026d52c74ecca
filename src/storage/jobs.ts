import { DomainError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import type { JsonObject } from '../core/session.ts'
import { anyOf } from './batches.ts'
import type { Reader, Scratch, Writer } from './database.ts'
import type { JobsTable } from './tables.ts'

/**
 * queued: waits until `availableAt`. running: claimed by `owner` until `leaseUntil`, prolonged by heartbeats;
 * claimed anew when the lease has run out or the owner is dead. done, failed: settled, for good.
 * Each claim raises `attempt`; whoever holds an older attempt has lost the job and writes nothing.
 */
export interface Job {
  readonly id: JobId
  readonly kind: string
  readonly payload: JsonObject
  readonly state: JobsTable['state']
  readonly attempt: number
  readonly owner: string | null
  /** Milliseconds since the epoch, as are all times of jobs that a clock is compared with. */
  readonly leaseUntil: number | null
  readonly availableAt: number
  readonly error: string | null
  readonly createdAt: string
}

export type NewJob = Pick<Job, 'id' | 'kind' | 'payload' | 'availableAt'>

export interface Claim {
  readonly owner: string
  readonly now: number
  readonly leaseMs: number
  /** Only jobs of these kinds; all kinds when left out. */
  readonly kinds?: readonly string[]
  /** Whether the process of an owner still runs; when left out, only the lease tells. */
  readonly isAlive?: (owner: string) => boolean
}

/** One claim of one job: the fencing token. */
export type Attempt = Pick<Job, 'id' | 'attempt'>

export async function enqueueJob(scratch: Scratch, job: NewJob): Promise<void> {
  await scratch.scratch
    .insertInto('jobs')
    .values({
      id: job.id,
      kind: job.kind,
      payload: JSON.stringify(job.payload),
      state: 'queued',
      attempt: 0,
      owner: null,
      lease_until: null,
      available_at: job.availableAt,
      error: null,
      created_at: scratch.at,
    })
    .execute()
}

/** The job that waited longest: abandoned ones first, then due ones; null when there is none. */
export async function claimJob(scratch: Scratch, claim: Claim): Promise<Job | null> {
  const id = (await findAbandoned(scratch, claim)) ?? (await findDue(scratch, claim))
  if (id === null) return null
  const row = await scratch.scratch
    .updateTable('jobs')
    .set((column) => ({
      state: 'running',
      attempt: column('attempt', '+', 1),
      owner: claim.owner,
      lease_until: claim.now + claim.leaseMs,
    }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return toJob(row)
}

/** Prolongs the lease; false when the job was claimed anew or settled, so that work on it should stop. */
export async function heartbeatJob(
  scratch: Scratch,
  { id, attempt, leaseUntil }: Attempt & { readonly leaseUntil: number },
): Promise<boolean> {
  const result = await scratch.scratch
    .updateTable('jobs')
    .set({ lease_until: leaseUntil })
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('state', '=', 'running')
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Gives the job back to be claimed again from `availableAt` on. Throws `lease_lost` when it was claimed anew. */
export async function retryJob(
  scratch: Scratch,
  given: Attempt & { readonly availableAt: number; readonly error: string | null },
): Promise<void> {
  const { availableAt, error } = given
  await leaveRunning(scratch, given, { state: 'queued', available_at: availableAt, error })
}

/**
 * Ends the job. Throws `lease_lost`, which undoes the whole write, when it was claimed anew: settle in the
 * same write as the work's own rows, and a late worker writes nothing.
 */
export async function settleJob(
  writer: Writer,
  given: Attempt & { readonly state: 'done' | 'failed'; readonly error?: string | null },
): Promise<void> {
  await leaveRunning(writer, given, { state: given.state, error: given.error ?? null })
}

export async function getJob(reader: Reader, id: JobId): Promise<Job> {
  const row = await reader.read
    .selectFrom('jobs')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw new DomainError('not_found', `There is no job ${id}.`)
  return toJob(row)
}

/** Oldest first. */
export async function listJobs(
  reader: Reader,
  page: { readonly states?: readonly Job['state'][]; readonly limit: number },
): Promise<Job[]> {
  let query = reader.read
    .selectFrom('jobs')
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .limit(page.limit)
  if (page.states) query = query.where('state', 'in', anyOf(page.states))
  return (await query.execute()).map(toJob)
}

async function findAbandoned(scratch: Scratch, claim: Claim): Promise<JobId | null> {
  let query = scratch.read
    .selectFrom('jobs')
    .select(['id', 'owner', 'lease_until'])
    .where('state', '=', 'running')
    .orderBy('lease_until')
    .orderBy('id')
  if (claim.kinds) query = query.where('kind', 'in', anyOf(claim.kinds))
  // As many rows as there are workers.
  const running = await query.execute()
  const abandoned = running.find(({ owner, lease_until }) => {
    const expired = lease_until === null || lease_until <= claim.now
    return expired || (owner !== null && claim.isAlive?.(owner) === false)
  })
  return abandoned?.id ?? null
}

async function findDue(scratch: Scratch, claim: Claim): Promise<JobId | null> {
  let query = scratch.read
    .selectFrom('jobs')
    .select('id')
    .where('state', '=', 'queued')
    .where('available_at', '<=', claim.now)
    .orderBy('available_at')
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
  if (claim.kinds) query = query.where('kind', 'in', anyOf(claim.kinds))
  return (await query.executeTakeFirst())?.id ?? null
}

async function leaveRunning(
  scratch: Scratch,
  { id, attempt }: Attempt,
  columns: Partial<Pick<JobsTable, 'state' | 'available_at' | 'error'>>,
): Promise<void> {
  const result = await scratch.scratch
    .updateTable('jobs')
    .set({ ...columns, owner: null, lease_until: null })
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('state', '=', 'running')
    .executeTakeFirst()
  if (result.numUpdatedRows === 1n) return
  throw new DomainError(
    'lease_lost',
    `Job ${id} is no longer run by its attempt ${attempt}: another worker claimed it or settled it. Nothing was written.`,
  )
}

const toJob = (row: JobsTable): Job => ({
  id: row.id,
  kind: row.kind,
  payload: JSON.parse(row.payload),
  state: row.state,
  attempt: row.attempt,
  owner: row.owner,
  leaseUntil: row.lease_until,
  availableAt: row.available_at,
  error: row.error,
  createdAt: row.created_at,
})
