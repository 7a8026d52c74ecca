import { setTimeout as sleep } from 'node:timers/promises'
import { DomainError, isOutage } from '../core/errors.ts'
import type { DreamId } from '../core/ids.ts'
import { sealLog } from '../storage/audit-checkpoints.ts'
import { type Dream, getDream, isLive } from '../storage/dreams.ts'
import type { Job } from '../storage/jobs.ts'
import type { Context } from './context.ts'
import { runDreamStep } from './dream-step.ts'
import { commitExperiments } from './experiments.ts'
import { expireBodies } from './expire-bodies.ts'
import { type JobHandler, quickKinds, slowKinds } from './job-kinds.ts'
import { keepJoined } from './join-sessions.ts'
import { applyDueChanges } from './policies/apply-due.ts'
import { openPolicyWatch } from './policies/refresh.ts'
import type { OnProgress } from './reports.ts'
import { openScheduler } from './schedules.ts'
import { stepKinds } from './step.ts'
import { openThinkingPool } from './thinking-pool.ts'

/** Jobs of other processes, and those that become due, are found this late at most. */
const pollMs = 250
/** After a failure that no job is to blame for, such as a database that is away. */
const pauseMs = 1_000
/** A checkpoint is made this often where the audit log grew. */
const sealMs = 60_000
/** Outcomes wake their experiments; deadlines pass without a word, and are met this late at most. */
const commitMs = 60_000
/** Bodies that expire go this late at most. */
const expireMs = 3_600_000
/** Cron times are minutes: a second late is early enough. */
const tickMs = 1_000

/**
 * Works until the context's signal aborts, then stops at the next safe point: slow jobs one at a time on
 * threads, quick ones beside them, the clock of the schedules, and checkpoints of the audit log.
 */
export async function runWorker(context: Context): Promise<void> {
  const thinking = openThinkingPool()
  const aside: Context = { ...context, thinking }
  const fireSchedules = openScheduler(aside)
  const watchPolicies = openPolicyWatch(aside)
  try {
    await Promise.all([
      workLane(aside, slowKinds),
      workLane(aside, quickKinds),
      repeat(aside, async () => {
        await fireSchedules()
        await sleep(tickMs, undefined, { signal: aside.signal })
      }),
      repeat(aside, () => keepJoined(aside)),
      repeat(aside, async () => {
        await sealLog(aside.database, aside.notary)
        await sleep(sealMs, undefined, { signal: aside.signal })
      }),
      repeat(aside, async () => {
        await commitExperiments(aside)
        await sleep(commitMs, undefined, { signal: aside.signal })
      }),
      repeat(aside, async () => {
        await expireBodies(aside)
        await sleep(expireMs, undefined, { signal: aside.signal })
      }),
      repeat(aside, async () => {
        await watchPolicies()
        await applyDueChanges(aside)
        await sleep(tickMs, undefined, { signal: aside.signal })
      }),
    ])
  } finally {
    await thinking.close()
  }
}

async function workLane(
  context: Context,
  kinds: Readonly<Record<string, JobHandler>>,
): Promise<void> {
  const { jobs, owner, leaseMs, signal } = context
  const names = Object.keys(kinds)
  if (names.length === 0) return
  /** What a handler left behind when it threw. */
  let left: Failed | null = null
  await repeat(context, async () => {
    if (left) await giveBack(context, left)
    left = null
    const job = await jobs.claim({ owner, leaseMs, kinds: names })
    const handle = job && kinds[job.kind]
    if (!job || !handle) return jobs.waitForWork(pollMs, signal)
    try {
      await handle(context, job)
    } catch (error) {
      left = { job, error }
      throw error
    }
  })
  // Others need not wait for the lease; where the database is away, they do.
  if (left) await giveBack(context, left).catch(() => {})
}

interface Failed {
  readonly job: Job
  readonly error: unknown
}

/** At once after an outage, which the pause has waited out already; later and later after anything else. */
async function giveBack({ jobs, clock, signal }: Context, { job, error }: Failed): Promise<void> {
  const { id, attempt } = job
  const waitMs = signal.aborted || isOutage(error) ? 0 : Math.min(60_000, 1_000 * 2 ** attempt)
  const reason = error instanceof Error ? error.message : String(error)
  try {
    await jobs.retry({ id, attempt, availableAt: clock() + waitMs, error: reason })
  } catch (failure) {
    // It was given back before, or somebody else has it.
    if (!(failure instanceof DomainError && failure.code === 'lease_lost')) throw failure
  }
}

/** Nothing that a round throws ends the worker: the database may come back. */
async function repeat({ signal, log }: Context, round: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      await round()
    } catch (error) {
      if (signal.aborted) return
      log.error({ err: error }, 'the worker pauses')
      await sleep(pauseMs, undefined, { signal }).catch(() => {})
    }
  }
}

/**
 * Works on dreams until `dreamId` has ended, its own steps or those that a killed process left behind. Where
 * another live process works on the dream, waits for it.
 */
export async function workUntilEnded(
  context: Context,
  dreamId: DreamId,
  onProgress: OnProgress,
): Promise<Dream> {
  const { jobs, owner, leaseMs, signal } = context
  for (;;) {
    const dream = await context.database.read((reader) => getDream(reader, dreamId))
    if (!isLive(dream.status)) return dream
    if (signal.aborted) throw new DomainError('interrupted', 'The dream was stopped.')
    const job = await jobs.claim({ owner, leaseMs, kinds: stepKinds })
    if (job) await runDreamStep(context, job, onProgress)
    else await jobs.waitForWork(pollMs, signal)
  }
}
