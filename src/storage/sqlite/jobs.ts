import type { Clock } from '../../core/clock.ts'
import type { JobId } from '../../core/ids.ts'
import { anyOf } from '../batches.ts'
import type { Database, Scratch } from '../database.ts'
import type { Claim, Jobs } from '../jobs.ts'
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

export interface EmbeddedJobsOptions {
  readonly database: Database
  readonly clock: Clock
  /** Whether the process of an owner still runs; when left out, only the lease tells. */
  readonly isAlive?: (owner: string) => boolean
}

/** The table is the queue: one writer at a time makes looking for a job and taking it one act. */
export function openEmbeddedJobs(options: EmbeddedJobsOptions): Jobs {
  const { database, clock, isAlive = () => true } = options
  const wake = new Wake()
  const ring = () => wake.ring()
  return {
    async enqueue(scratch, job) {
      await insertJob(scratch, job)
      scratch.onCommit(ring)
    },
    async enqueueOnce(scratch, job) {
      if (!(await holdWaiting(scratch, job))) await insertJob(scratch, job)
      scratch.onCommit(ring)
    },
    claim(claim) {
      wake.beginLook()
      return database.scratch(async (scratch) => {
        const now = clock()
        const id =
          (await findAbandoned(scratch, claim, { now, isAlive })) ??
          (await findDue(scratch, claim, now))
        if (id === null) return null
        return takeJob(scratch, { id, owner: claim.owner, leaseUntil: now + claim.leaseMs })
      })
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
        scratch.onCommit(ring)
      })
    },
    settle: endJob,
    waitForWork: (timeoutMs, signal) => wake.sleep(timeoutMs, signal),
    get: getJob,
    list: listJobs,
    async close() {
      wake.close()
    },
  }
}

async function findAbandoned(
  scratch: Scratch,
  { kinds }: Claim,
  { now, isAlive }: { readonly now: number; readonly isAlive: (owner: string) => boolean },
): Promise<JobId | null> {
  let query = scratch.read
    .selectFrom('jobs')
    .select(['id', 'owner', 'lease_until'])
    .where('state', '=', 'running')
    .orderBy('lease_until')
    .orderBy('id')
  if (kinds) query = query.where('kind', 'in', anyOf(kinds))
  // As many rows as there are workers.
  const running = await query.execute()
  const abandoned = running.find(({ owner, lease_until }) => {
    const expired = lease_until === null || lease_until <= now
    return expired || (owner !== null && !isAlive(owner))
  })
  return abandoned?.id ?? null
}

async function findDue(scratch: Scratch, { kinds }: Claim, now: number): Promise<JobId | null> {
  let query = scratch.read
    .selectFrom('jobs')
    .select('id')
    .where('state', '=', 'queued')
    .where('available_at', '<=', now)
    .orderBy('available_at')
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
  if (kinds) query = query.where('kind', 'in', anyOf(kinds))
  return (await query.executeTakeFirst())?.id ?? null
}
