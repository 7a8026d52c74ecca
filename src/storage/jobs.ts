import type { JobId } from '../core/ids.ts'
import type { JsonObject } from '../core/session.ts'
import type { Reader, Scratch } from './database.ts'
import type { JobsTable } from './tables/service.ts'

/**
 * queued: waits until `availableAt`. running: claimed by `owner` until `leaseUntil`, prolonged by heartbeats;
 * claimed anew when the lease has run out or the owner is dead. done, failed: settled, for good.
 * Each claim raises `attempt`; whoever holds an older attempt has lost the job and writes nothing.
 */
export interface Job {
  readonly id: JobId
  readonly kind: string
  /** Small: names of rows, not the rows. */
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
  /** Names the worker's process; see `Context.owner`. */
  readonly owner: string
  readonly leaseMs: number
  /** Only jobs of these kinds; all kinds when left out. */
  readonly kinds?: readonly string[]
}

/** One claim of one job: the fencing token. */
export type Attempt = Pick<Job, 'id' | 'attempt'>

export interface Retry extends Attempt {
  readonly availableAt: number
  readonly error: string | null
}

export interface Settlement extends Attempt {
  readonly state: 'done' | 'failed'
  readonly error?: string | null
}

/**
 * Durable work. What takes a door is part of the caller's transaction: stored and undone with it. What takes
 * none opens its own and must not be called inside a write.
 */
export interface Jobs {
  /** A job whose id is known, settled ones included, stays as it is: enqueueing twice is enqueueing once. */
  enqueue(scratch: Scratch, job: NewJob): Promise<void>
  /**
   * The same, unless a job of its kind and payload waits already: however often it is asked for, it is done once.
   * The one that waits is not claimed before the caller's rows are stored, so whoever does it sees them.
   */
  enqueueOnce(scratch: Scratch, job: NewJob): Promise<void>
  /** The job that waited longest: abandoned ones first, then due ones; null when there is none. */
  claim(claim: Claim): Promise<Job | null>
  /** Prolongs the lease from now on; false when the job was claimed anew or settled, so work on it should stop. */
  heartbeat(attempt: Attempt & { readonly leaseMs: number }): Promise<boolean>
  /**
   * The same inside the caller's transaction; throws `lease_lost`, which undoes it, when the job was claimed anew.
   * For rows written on the way, so that a late worker writes none of them either.
   */
  hold(scratch: Scratch, attempt: Attempt & { readonly leaseMs: number }): Promise<void>
  /** Gives the job back to be claimed again from `availableAt` on. Throws `lease_lost` when it was claimed anew. */
  retry(retry: Retry): Promise<void>
  /**
   * Ends the job. Throws `lease_lost`, which undoes the whole write, when it was claimed anew: settle in the
   * same write as the work's own rows, and a late worker writes nothing. Work that found nothing to do settles in
   * the scratch door.
   */
  settle(scratch: Scratch, settlement: Settlement): Promise<void>
  /**
   * Returns after `timeoutMs`, when `signal` aborts, or as soon as this process enqueued or gave back a job.
   * Other processes' jobs, and those that become due meanwhile, are only found by claiming again.
   */
  waitForWork(timeoutMs: number, signal: AbortSignal): Promise<void>
  get(reader: Reader, id: JobId): Promise<Job>
  /** Oldest first. */
  list(reader: Reader, page: JobPage): Promise<Job[]>
  /** Ends every wait, now and later. The database stays open. */
  close(): Promise<void>
}

export interface JobPage {
  readonly states?: readonly Job['state'][]
  readonly limit: number
}
