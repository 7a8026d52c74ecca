import { toTimestamp } from '../core/clock.ts'
import { DomainError } from '../core/errors.ts'
import type { DreamScheduleId } from '../core/ids.ts'
import { findLatestFire, nextTimes } from '../core/schedule/times.ts'
import type { Reader, Writer } from '../storage/database.ts'
import {
  type DreamSchedule,
  type DreamScheduleRun,
  holdDueSchedule,
  insertScheduleRun,
  listDueSchedules,
  listScheduleRuns,
  setNextTimes,
  updateDreamSchedule,
} from '../storage/dream-schedules.ts'
import { countSelected } from '../storage/dream-sessions.ts'
import { createDream } from '../storage/new-dream.ts'
import type { Context } from './context.ts'

const mostAtOnce = 100
/** New sessions are counted this often; all that is remembered of it is when. */
const countEveryMs = 30_000

/**
 * Fires what is due, each time it is called. All state is in rows: the times that come next, and one row for
 * each time that a schedule fired, so that two workers never fire the same. Times that passed while nobody
 * worked are made up for by one dream, whose run says how many there were.
 */
export function openScheduler(context: Context): () => Promise<void> {
  const counted = new Map<DreamScheduleId, number>()
  return async () => {
    const nowMs = context.clock()
    const due = await context.database.read((reader) =>
      listDueSchedules(reader, { now: toTimestamp(nowMs), limit: mostAtOnce }),
    )
    for (const schedule of due) {
      const byClock = schedule.nextFireAt !== null && Date.parse(schedule.nextFireAt) <= nowMs
      const since = nowMs - (counted.get(schedule.id) ?? Number.NEGATIVE_INFINITY)
      if (!byClock && since < countEveryMs) continue
      counted.set(schedule.id, nowMs)
      await look(context, schedule, nowMs)
    }
  }
}

const actorOf = (id: DreamScheduleId) => ({ type: 'service_account', id }) as const

/** Looks without writing first: most of the time there is nothing to do. */
async function look(context: Context, schedule: DreamSchedule, nowMs: number): Promise<void> {
  const { id } = schedule
  const isOccasion = await context.database.read(async (reader) => {
    const last = await findLastDreamt(reader, id)
    return (await findOccasion(reader, schedule, { nowMs, last })) !== null
  })
  if (!isOccasion) return
  await context.database
    .write(actorOf(id), async (writer) => {
      const held = await holdDueSchedule(writer, { id, now: toTimestamp(nowMs) })
      const last = await findLastDreamt(writer, id)
      const occasion = held && (await findOccasion(writer, held, { nowMs, last }))
      if (!held || !occasion) throw new DomainError('conflict', alreadyFired)
      await setNextTimes(writer, id, nextTimes(held, nowMs))
      const run = await fire(writer, context, { schedule: held, occasion, last, nowMs })
      await insertScheduleRun(writer, run)
      await writer.audit({
        action: `dream_schedule.${run.outcome}`,
        objectType: 'dream_schedule',
        objectId: id,
        reason: run.error?.message ?? null,
      })
      if (run.error?.type === 'memory_store_unavailable') await pause(writer, held, run.error)
    })
    .catch((error: unknown) => {
      if (!(error instanceof DomainError && error.message === alreadyFired)) throw error
    })
}

const alreadyFired = 'Another worker fired this schedule.'

async function findLastDreamt(reader: Reader, id: DreamScheduleId) {
  const [last] = await listScheduleRuns(reader, { id, outcome: 'dreamt', limit: 1 })
  return last
}

type Occasion = Pick<DreamScheduleRun, 'fireAt' | 'reason' | 'missed'>

interface Past {
  readonly nowMs: number
  /** The last run that dreamt. */
  readonly last: DreamScheduleRun | undefined
}

async function findOccasion(
  reader: Reader,
  schedule: DreamSchedule,
  past: Past,
): Promise<Occasion | null> {
  const { nowMs } = past
  const { cron, nextFireAt, timezone, newSessions } = schedule
  const firstMs = nextFireAt === null ? null : Date.parse(nextFireAt)
  if (cron !== null && firstMs !== null && firstMs <= nowMs) {
    const { fireMs, missed } = findLatestFire({ cron, timezone, newSessions }, { firstMs, nowMs })
    return { fireAt: toTimestamp(fireMs), reason: 'cron', missed }
  }
  if (newSessions === null || isTooSoon(schedule, past)) return null
  const changedSince = past.last?.createdAt ?? null
  const found = await countSelected(
    reader,
    {
      choice: { ...schedule.selector, new_since_last_dream: true },
      storeId: schedule.storeId,
      ...(changedSince === null ? {} : { changedSince }),
    },
    newSessions,
  )
  if (found < newSessions) return null
  return { fireAt: toTimestamp(nowMs), reason: 'new_sessions', missed: 0 }
}

async function fire(
  writer: Writer,
  context: Context,
  given: Past & { readonly schedule: DreamSchedule; readonly occasion: Occasion },
): Promise<Omit<DreamScheduleRun, 'createdAt'>> {
  const { schedule, occasion } = given
  const run = { scheduleId: schedule.id, ...occasion, dreamId: null, error: null }
  if (isTooSoon(schedule, given)) {
    const message = `The last dream began less than ${schedule.minIntervalSeconds} s before.`
    return { ...run, outcome: 'skipped', error: { type: 'min_interval', message } }
  }
  try {
    const { id } = await createDream(writer, context, {
      storeId: schedule.storeId,
      sessions: { choice: schedule.selector },
      model: schedule.model,
      instructions: schedule.instructions,
      outputBehavior: schedule.outputBehavior,
      origin: 'schedule',
      scheduleId: schedule.id,
    })
    return { ...run, outcome: 'dreamt', dreamId: id }
  } catch (error) {
    // Refused by reading, before anything was written.
    if (!(error instanceof DomainError)) throw error
    return { ...run, ...explain(error) }
  }
}

function explain(error: DomainError): Pick<DreamScheduleRun, 'outcome' | 'error'> {
  const { code, message, details } = error
  if (details.error_code === 'no_sessions_selected') {
    return {
      outcome: 'skipped',
      error: { type: 'no_sessions', message: 'No session matched the selector.' },
    }
  }
  if (code === 'conflict') return { outcome: 'failed', error: { type: 'store_held', message } }
  if (code === 'not_found' || code === 'invalid_argument') {
    return { outcome: 'failed', error: { type: 'memory_store_unavailable', message } }
  }
  throw error
}

function isTooSoon({ minIntervalSeconds }: DreamSchedule, { nowMs, last }: Past): boolean {
  return last !== undefined && nowMs - Date.parse(last.createdAt) < minIntervalSeconds * 1_000
}

/** Until a person has looked: it would fail every time. */
async function pause(
  writer: Writer,
  schedule: DreamSchedule,
  pausedReason: NonNullable<DreamSchedule['pausedReason']>,
): Promise<void> {
  const times = { nextFireAt: null, nextLookAt: null }
  await updateDreamSchedule(writer, schedule.id, {
    ...schedule,
    ...times,
    status: 'paused',
    pausedReason,
  })
  await writer.audit({
    action: 'dream_schedule.paused',
    objectType: 'dream_schedule',
    objectId: schedule.id,
    reason: pausedReason.message,
  })
}
