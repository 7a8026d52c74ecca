import { DomainError, isOutage } from '../core/errors.ts'
import type { DreamId } from '../core/ids.ts'
import {
  type Dream,
  type DreamError,
  getDream,
  isLive,
  releaseStore,
  updateDream,
} from '../storage/dreams.ts'
import type { Job } from '../storage/jobs.ts'
import { tellAbout } from '../storage/new-dream.ts'
import { collectKind } from '../storage/overlay-dreams.ts'
import type { Context } from './context.ts'
import { closeDreamSession } from './dream-session.ts'
import type { OnProgress } from './reports.ts'
import { actorOf, type Step, type StepKind } from './step.ts'
import { beginDream } from './steps/begin.ts'
import { collectOverlays } from './steps/collect.ts'
import { digestSessions } from './steps/digest.ts'
import { mineFindings } from './steps/mine.ts'
import { proposeChanges } from './steps/propose.ts'
import { reconcileMemories } from './steps/reconcile.ts'

const steps: Readonly<Record<StepKind | typeof collectKind, Step>> = {
  begin: beginDream,
  digest: digestSessions,
  mine: mineFindings,
  reconcile: reconcileMemories,
  propose: proposeChanges,
  [collectKind]: collectOverlays,
}

/** Tries of one job, the first included. */
const maxAttempts = 3

/**
 * Runs one step of a dream. One that throws is tried three times, then the dream fails with the reason; what
 * cannot get better fails it at once; an interrupt leaves the job to be claimed again.
 */
export async function runDreamStep(
  context: Context,
  job: Job,
  onProgress: OnProgress = () => {},
): Promise<void> {
  const dreamId = job.payload.dream_id as DreamId
  const dream = await context.database.read((reader) => getDream(reader, dreamId))
  if (!isLive(dream.status)) return stop(context, job, dream)
  try {
    await steps[job.kind as keyof typeof steps]({ context, dream, job, onProgress })
  } catch (error) {
    await handleFailure(context, job, error)
  }
}

async function handleFailure(context: Context, job: Job, error: unknown): Promise<void> {
  const code = error instanceof DomainError ? error.code : null
  if (code === 'lease_lost') {
    context.log.warn({ job: job.id }, (error as DomainError).message)
    return
  }
  const dreamId = job.payload.dream_id as DreamId
  const dream = await context.database.read((reader) => getDream(reader, dreamId))
  if (!isLive(dream.status)) return stop(context, job, dream)
  if (code === 'interrupted') {
    await giveBack(context, job, { error, waitMs: 0 })
    throw error
  }
  const type = error instanceof DomainError ? error.details.dream_error : undefined
  if (typeof type === 'string')
    return fail(context, job, { dream, error: { type, message: textOf(error) } })
  context.log.error({ job: job.id, kind: job.kind, err: error }, 'a step of a dream failed')
  // The database's troubles are not the dream's: it waits for their end, however long.
  if (isOutage(error)) return giveBack(context, job, { error, waitMs: 1_000 })
  if (job.attempt < maxAttempts) {
    return giveBack(context, job, { error, waitMs: 1_000 * 2 ** job.attempt })
  }
  const message = `${job.kind}: ${textOf(error)}`
  await fail(context, job, { dream, error: { type: 'internal_error', message } })
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

function giveBack(
  { jobs, clock }: Context,
  { id, attempt }: Job,
  { error, waitMs }: { readonly error: unknown; readonly waitMs: number },
): Promise<void> {
  return jobs.retry({ id, attempt, availableAt: clock() + waitMs, error: textOf(error) })
}

/** What was written stays. */
async function fail(
  context: Context,
  { id, attempt }: Job,
  { dream, error }: { readonly dream: Dream; readonly error: DreamError },
): Promise<void> {
  await context.database.write(actorOf(dream), async (writer) => {
    await context.jobs.settle(writer, { id, attempt, state: 'failed', error: error.message })
    await updateDream(writer, dream.id, { status: 'failed', error })
    await releaseStore(writer, dream.id)
    await closeDreamSession(writer, dream, `Failed (${error.type}): ${error.message}`)
    await writer.audit({
      action: 'dream.failed',
      objectType: 'dream',
      objectId: dream.id,
      reason: error.message,
    })
    await tellAbout(writer, context, { type: 'dream.failed', id: dream.id })
  })
  if (dream.sessionId !== null) context.wakes.ring(dream.sessionId)
}

/** The dream ended while its job was waiting or worked on: from here on it writes nothing, so others may. */
async function stop(context: Context, { id, attempt }: Job, dream: Dream): Promise<void> {
  await context.database.write(actorOf(dream), async (writer) => {
    await context.jobs.settle(writer, { id, attempt, state: 'done' })
    await releaseStore(writer, dream.id)
    await closeDreamSession(writer, dream, `Stopped: the dream was ${dream.status}.`)
    await writer.audit({ action: 'dream.stopped', objectType: 'dream', objectId: dream.id })
  })
  if (dream.sessionId !== null) context.wakes.ring(dream.sessionId)
}
