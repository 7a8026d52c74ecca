import { DomainError } from '../core/errors.ts'
import type { JobId } from '../core/ids.ts'
import { anyOf } from './batches.ts'
import type { Reader, Scratch } from './database.ts'
import type { Attempt, Job, JobPage, NewJob, Retry, Settlement } from './jobs.ts'
import type { JobsTable } from './tables/service.ts'

/** The statements on the state of jobs that every implementation of `Jobs` shares. */

/** Answers whether it is new. */
export async function insertJob(scratch: Scratch, job: NewJob): Promise<boolean> {
  const result = await scratch.scratch
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
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  return result.numInsertedOrUpdatedRows === 1n
}

/** Answers whether one waits; its row is held until the caller's transaction ends. */
export async function holdWaiting(
  scratch: Scratch,
  { kind, payload }: Pick<NewJob, 'kind' | 'payload'>,
): Promise<boolean> {
  const result = await scratch.scratch
    .updateTable('jobs')
    .set((row) => ({ state: row.ref('state') }))
    .where('state', '=', 'queued')
    .where('kind', '=', kind)
    .where('payload', '=', JSON.stringify(payload))
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

export interface Taking {
  readonly id: JobId
  readonly owner: string
  readonly leaseUntil: number
}

/** The caller has made sure, in the same transaction, that the job may be taken. */
export async function takeJob(scratch: Scratch, taking: Taking): Promise<Job> {
  const row = await scratch.scratch
    .updateTable('jobs')
    .set((column) => ({
      state: 'running',
      attempt: column('attempt', '+', 1),
      owner: taking.owner,
      lease_until: taking.leaseUntil,
    }))
    .where('id', '=', taking.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return toJob(row)
}

export async function prolongLease(
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

/** Locks the job's row, so nobody claims it before the caller's rows are stored. */
export async function holdLease(
  scratch: Scratch,
  given: Attempt & { readonly leaseUntil: number },
): Promise<void> {
  if (!(await prolongLease(scratch, given))) throw leaseLost(given)
}

export async function requeueJob(scratch: Scratch, given: Retry): Promise<void> {
  const { availableAt, error } = given
  await leaveRunning(scratch, given, { state: 'queued', available_at: availableAt, error })
}

export async function endJob(scratch: Scratch, given: Settlement): Promise<void> {
  await leaveRunning(scratch, given, { state: given.state, error: given.error ?? null })
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

export async function listJobs(reader: Reader, page: JobPage): Promise<Job[]> {
  let query = reader.read
    .selectFrom('jobs')
    .selectAll()
    .orderBy('created_at')
    .orderBy('id')
    .limit(page.limit)
  if (page.states) query = query.where('state', 'in', anyOf(page.states))
  return (await query.execute()).map(toJob)
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
  throw leaseLost({ id, attempt })
}

const leaseLost = ({ id, attempt }: Attempt) =>
  new DomainError(
    'lease_lost',
    `Job ${id} is no longer run by its attempt ${attempt}: another worker claimed it or settled it. Nothing was written.`,
  )

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
