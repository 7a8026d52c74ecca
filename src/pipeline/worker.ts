import { DomainError } from '../core/errors.ts'
import type { DreamId } from '../core/ids.ts'
import { type Dream, getDream, updateDream } from '../storage/dreams.ts'
import type { Job } from '../storage/jobs.ts'
import type { Context } from './context.ts'
import type { OnProgress } from './reports.ts'
import { leaseMs, type Step, type StepKind, stepKinds } from './step.ts'
import { digestSessions } from './steps/digest.ts'
import { mineFindings } from './steps/mine.ts'
import { proposeChanges } from './steps/propose.ts'
import { reconcileMemories } from './steps/reconcile.ts'

const steps: Readonly<Record<StepKind, Step>> = {
  digest: digestSessions,
  mine: mineFindings,
  reconcile: reconcileMemories,
  propose: proposeChanges,
}

const maxAttempts = 3
const pollMs = 250

/**
 * Works on jobs until `dreamId` has ended, its own or those that a killed process left behind. Where another
 * live process works on the dream, waits for it. A step that throws is tried three times, then the dream
 * fails with the reason; an interrupt leaves the job to be claimed again.
 */
export async function workUntilEnded(
  context: Context,
  dreamId: DreamId,
  onProgress: OnProgress,
): Promise<Dream> {
  for (;;) {
    const dream = await context.database.read((reader) => getDream(reader, dreamId))
    if (dream.status !== 'pending' && dream.status !== 'running') return dream
    if (context.signal.aborted) throw new DomainError('interrupted', 'The dream was stopped.')
    const job = await claim(context)
    if (job) await runJob(context, job, onProgress)
    else await context.jobs.waitForWork(pollMs, context.signal)
  }
}

function claim({ jobs, owner }: Context): Promise<Job | null> {
  return jobs.claim({ owner, leaseMs, kinds: stepKinds })
}

async function runJob(context: Context, job: Job, onProgress: OnProgress): Promise<void> {
  const dreamId = job.payload.dream_id as DreamId
  const dream = await context.database.read((reader) => getDream(reader, dreamId))
  try {
    await steps[job.kind as StepKind]({ context, dream, job, onProgress })
  } catch (error) {
    if (error instanceof DomainError && error.code === 'lease_lost') {
      context.log.warn({ job: job.id }, error.message)
      return
    }
    await giveBack(context, job, error)
    if (error instanceof DomainError && error.code === 'interrupted') throw error
  }
}

/** Interrupted work is due again at once; failed work after a while, and after the last try never. */
async function giveBack(context: Context, job: Job, error: unknown): Promise<void> {
  const { database, jobs, clock, log } = context
  const interrupted = error instanceof DomainError && error.code === 'interrupted'
  const message = error instanceof Error ? error.message : String(error)
  if (!interrupted)
    log.error({ job: job.id, kind: job.kind, err: error }, 'a step of a dream failed')
  if (interrupted || job.attempt < maxAttempts) {
    const availableAt = clock() + (interrupted ? 0 : 1000 * 2 ** job.attempt)
    await jobs.retry({ id: job.id, attempt: job.attempt, availableAt, error: message })
    return
  }
  const dreamId = job.payload.dream_id as DreamId
  await database.write({ type: 'dream', id: dreamId }, async (writer) => {
    await jobs.settle(writer, { id: job.id, attempt: job.attempt, state: 'failed', error: message })
    await updateDream(writer, dreamId, {
      status: 'failed',
      error: { type: 'internal_error', message: `${job.kind}: ${message}` },
    })
    await writer.audit({
      action: 'dream.failed',
      objectType: 'dream',
      objectId: dreamId,
      reason: message,
    })
  })
}
