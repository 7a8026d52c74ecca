import { setTimeout as sleep } from 'node:timers/promises'
import { DomainError } from '../core/errors.ts'
import type { DreamId } from '../core/ids.ts'
import { sealLog } from '../storage/audit-checkpoints.ts'
import { type Dream, getDream, isLive } from '../storage/dreams.ts'
import type { Context } from './context.ts'
import { runDreamStep } from './dream-step.ts'
import { type JobHandler, quickKinds, slowKinds } from './job-kinds.ts'
import type { OnProgress } from './reports.ts'
import { openScheduler } from './schedules.ts'
import { leaseMs, stepKinds } from './step.ts'
import { openThinkingPool } from './thinking-pool.ts'

/** Jobs of other processes, and those that become due, are found this late at most. */
const pollMs = 250
/** After a failure that no job is to blame for, such as a database that is away. */
const pauseMs = 1_000
/** A checkpoint is made this often where the audit log grew. */
const sealMs = 60_000
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
  try {
    await Promise.all([
      workLane(aside, slowKinds),
      workLane(aside, quickKinds),
      repeat(aside, async () => {
        await fireSchedules()
        await sleep(tickMs, undefined, { signal: aside.signal })
      }),
      repeat(aside, async () => {
        await sealLog(aside.database, aside.notary)
        await sleep(sealMs, undefined, { signal: aside.signal })
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
  const { jobs, owner, signal } = context
  const names = Object.keys(kinds)
  if (names.length === 0) return
  await repeat(context, async () => {
    const job = await jobs.claim({ owner, leaseMs, kinds: names })
    const handle = job && kinds[job.kind]
    if (job && handle) await handle(context, job)
    else await jobs.waitForWork(pollMs, signal)
  })
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
  const { jobs, owner, signal } = context
  for (;;) {
    const dream = await context.database.read((reader) => getDream(reader, dreamId))
    if (!isLive(dream.status)) return dream
    if (signal.aborted) throw new DomainError('interrupted', 'The dream was stopped.')
    const job = await jobs.claim({ owner, leaseMs, kinds: stepKinds })
    if (job) await runDreamStep(context, job, onProgress)
    else await jobs.waitForWork(pollMs, signal)
  }
}
