import type { Actor } from '../core/audit/record.ts'
import { DomainError } from '../core/errors.ts'
import { makeId } from '../core/ids.ts'
import type { Writer } from '../storage/database.ts'
import { type Dream, holdLiveDream } from '../storage/dreams.ts'
import type { Job } from '../storage/jobs.ts'
import { firstStep } from '../storage/new-dream.ts'
import type { Context } from './context.ts'
import { checkDream } from './dream-check.ts'
import type { OnProgress } from './reports.ts'

/** The steps of a dream, in order. Each is one job; each job reads, thinks, and writes once. */
export const stepKinds = [firstStep, 'digest', 'mine', 'reconcile', 'propose'] as const
export type StepKind = (typeof stepKinds)[number]

/**
 * One claimed job. A step reads in short transactions, thinks with none open, and ends with one `finish`,
 * which writes its result, settles the job and enqueues the next, all or nothing. Running a step again after
 * a crash anywhere gives the same rows.
 */
export interface StepWork {
  readonly context: Context
  readonly dream: Dream
  readonly job: Job
  readonly onProgress: OnProgress
}

export type Step = (work: StepWork) => Promise<void>

/** Keeps the lease during long work and stops at a safe point: when asked to, or when there is no more point. */
export async function beat({ context, dream, job }: StepWork): Promise<void> {
  if (context.signal.aborted) throw new DomainError('interrupted', 'The dream was stopped.')
  const { leaseMs } = context
  const kept = await context.jobs.heartbeat({ id: job.id, attempt: job.attempt, leaseMs })
  if (!kept) throw new DomainError('lease_lost', `Job ${job.id} was taken over by another worker.`)
  await checkDream(context, dream)
}

/** Of a lease of a minute it is ten seconds: often enough that a canceled dream stops soon. */
const beatsPerLease = 6

/** Waits for thinking on another thread and keeps the lease meanwhile; what stops a step ends the thread. */
export async function think<T>(
  work: StepWork,
  start: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { context } = work
  const stop = new AbortController()
  const abort = () => stop.abort()
  context.signal.addEventListener('abort', abort, { once: true })
  let reason: unknown
  const timer = setInterval(() => {
    beat(work).catch((error: unknown) => {
      reason ??= error
      stop.abort()
    })
  }, context.leaseMs / beatsPerLease)
  try {
    return await start(stop.signal)
  } catch (error) {
    if (context.signal.aborted) throw new DomainError('interrupted', 'The dream was stopped.')
    throw reason ?? error
  } finally {
    clearInterval(timer)
    context.signal.removeEventListener('abort', abort)
  }
}

/** Who a dream writes as: the session that shows its work, where it has one. */
export const actorOf = ({ id, sessionId }: Pick<Dream, 'id' | 'sessionId'>): Actor =>
  sessionId === null ? { type: 'dream', id } : { type: 'session', id: sessionId }

/**
 * The write part. Settling comes first: a worker whose lease was taken fails there, before any row of its
 * own, and writes nothing; then the dream is held, so that nothing is written after it was canceled.
 */
export async function finish(
  { context, dream, job }: StepWork,
  write: (writer: Writer) => Promise<void>,
): Promise<void> {
  await context.database.write(actorOf(dream), async (writer) => {
    await context.jobs.settle(writer, { id: job.id, attempt: job.attempt, state: 'done' })
    await holdLiveDream(writer, dream.id)
    await write(writer)
    const at = stepKinds.indexOf(job.kind as StepKind)
    const next = at < 0 ? undefined : stepKinds[at + 1]
    if (next) await enqueueStep(writer, context, { dreamId: dream.id, kind: next })
  })
  if (dream.sessionId !== null) context.wakes.ring(dream.sessionId)
}

async function enqueueStep(
  writer: Writer,
  context: Context,
  { dreamId, kind }: { dreamId: Dream['id']; kind: StepKind },
): Promise<void> {
  const id = makeId('job', context.hash, [dreamId, kind])
  await context.jobs.enqueue(writer, {
    id,
    kind,
    payload: { dream_id: dreamId },
    availableAt: context.clock(),
  })
}
