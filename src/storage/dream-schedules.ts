import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { DreamId, DreamScheduleId, MemoryStoreId } from '../core/ids.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { SessionChoice } from './dream-sessions.ts'
import type { DreamError } from './dreams.ts'
import type {
  DreamScheduleRunsTable,
  DreamSchedulesTable,
  OutputBehavior,
} from './tables/dreams.ts'

/** What starts dreams by itself: a clock, so many new sessions, or either. */
export interface DreamSchedule {
  readonly id: DreamScheduleId
  readonly name: string
  readonly status: DreamSchedulesTable['status']
  /** Why it was paused by itself; null when a person did it, and while it is active. */
  readonly pausedReason: DreamError | null
  readonly cron: string | null
  readonly timezone: string
  readonly newSessions: number | null
  readonly minIntervalSeconds: number
  readonly storeId: MemoryStoreId
  readonly selector: SessionChoice
  readonly model: string
  readonly instructions: string | null
  readonly outputBehavior: OutputBehavior
  /** RFC 3339 UTC. */
  readonly nextFireAt: string | null
  readonly nextLookAt: string | null
  readonly createdAt: string
  readonly updatedAt: string
}

export type DreamScheduleSettings = Omit<DreamSchedule, 'id' | 'createdAt' | 'updatedAt'>

/** One time at which a schedule fired: dreamt, skipped with a reason, or failed. */
export interface DreamScheduleRun {
  readonly scheduleId: DreamScheduleId
  readonly fireAt: string
  readonly reason: DreamScheduleRunsTable['reason']
  readonly outcome: DreamScheduleRunsTable['outcome']
  /** Earlier times that passed while no worker ran; they are not made up for. */
  readonly missed: number
  readonly dreamId: DreamId | null
  readonly error: DreamError | null
  readonly createdAt: string
}

export async function getDreamSchedule(
  reader: Reader,
  id: DreamScheduleId,
): Promise<DreamSchedule> {
  const row = await reader.read
    .selectFrom('dream_schedules')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (row) return toSchedule(row)
  throw new DomainError('not_found', `There is no dream schedule ${id}.`)
}

/** Newest first; `after` is the last one of the page before. */
export async function listDreamSchedules(
  reader: Reader,
  { after, limit }: { after?: Pick<DreamSchedule, 'createdAt' | 'id'> | undefined; limit: number },
): Promise<DreamSchedule[]> {
  let query = reader.read
    .selectFrom('dream_schedules')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .where('deleted_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
    )
  }
  return (await query.execute()).map(toSchedule)
}

/** Active ones that a worker has to look at now, the longest waiting first. */
export async function listDueSchedules(
  reader: Reader,
  { now, limit }: { readonly now: string; readonly limit: number },
): Promise<DreamSchedule[]> {
  const rows = await reader.read
    .selectFrom('dream_schedules')
    .selectAll()
    .where('status', '=', 'active')
    .where('deleted_at', 'is', null)
    .where('next_look_at', '<=', now)
    .orderBy('next_look_at')
    .limit(limit)
    .execute()
  return rows.map(toSchedule)
}

/**
 * The schedule if it is still due, its row held until the write ends: a second worker that wanted it too then
 * finds it looked at already.
 */
export async function holdDueSchedule(
  writer: Writer,
  { id, now }: { readonly id: DreamScheduleId; readonly now: string },
): Promise<DreamSchedule | null> {
  const row = await writer.write
    .updateTable('dream_schedules')
    .set((column) => ({ status: column.ref('status') }))
    .where('id', '=', id)
    .where('status', '=', 'active')
    .where('deleted_at', 'is', null)
    .where('next_look_at', '<=', now)
    .returningAll()
    .executeTakeFirst()
  return row ? toSchedule(row) : null
}

export async function insertDreamSchedule(
  writer: Writer,
  id: DreamScheduleId,
  settings: DreamScheduleSettings,
): Promise<DreamSchedule> {
  const row = await writer.write
    .insertInto('dream_schedules')
    .values({
      id,
      ...toColumns(settings),
      created_at: writer.at,
      updated_at: writer.at,
      deleted_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toSchedule(row)
}

export async function updateDreamSchedule(
  writer: Writer,
  id: DreamScheduleId,
  settings: DreamScheduleSettings,
): Promise<DreamSchedule> {
  await writer.write
    .updateTable('dream_schedules')
    .set({ ...toColumns(settings), updated_at: writer.at })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .execute()
  return getDreamSchedule(writer, id)
}

/** When a worker looks again; no change that a person made, so `updatedAt` stays. */
export async function setNextTimes(
  writer: Writer,
  id: DreamScheduleId,
  times: Pick<DreamSchedule, 'nextFireAt' | 'nextLookAt'>,
): Promise<void> {
  await writer.write
    .updateTable('dream_schedules')
    .set({ next_fire_at: times.nextFireAt, next_look_at: times.nextLookAt })
    .where('id', '=', id)
    .execute()
}

/** Its runs stay. */
export async function deleteDreamSchedule(writer: Writer, id: DreamScheduleId): Promise<void> {
  await getDreamSchedule(writer, id)
  await writer.write
    .updateTable('dream_schedules')
    .set({ deleted_at: writer.at, next_look_at: null })
    .where('id', '=', id)
    .execute()
}

export async function insertScheduleRun(
  writer: Writer,
  run: Omit<DreamScheduleRun, 'createdAt'>,
): Promise<void> {
  await writer.write
    .insertInto('dream_schedule_runs')
    .values({
      schedule_id: run.scheduleId,
      fire_at: run.fireAt,
      reason: run.reason,
      outcome: run.outcome,
      missed: run.missed,
      dream_id: run.dreamId,
      error: run.error && JSON.stringify(run.error),
      created_at: writer.at,
    })
    .execute()
}

/** Newest first, those before `beforeFireAt`; `outcome` asks for these alone. */
export async function listScheduleRuns(
  reader: Reader,
  page: {
    readonly id: DreamScheduleId
    readonly beforeFireAt?: string | undefined
    readonly outcome?: DreamScheduleRun['outcome']
    readonly limit: number
  },
): Promise<DreamScheduleRun[]> {
  let query = reader.read
    .selectFrom('dream_schedule_runs')
    .selectAll()
    .where('schedule_id', '=', page.id)
    .orderBy('fire_at', 'desc')
    .limit(page.limit)
  if (page.beforeFireAt !== undefined) query = query.where('fire_at', '<', page.beforeFireAt)
  if (page.outcome !== undefined) query = query.where('outcome', '=', page.outcome)
  return (await query.execute()).map(toRun)
}

const toColumns = (settings: DreamScheduleSettings) => ({
  name: settings.name,
  status: settings.status,
  paused_reason: settings.pausedReason && JSON.stringify(settings.pausedReason),
  cron: settings.cron,
  timezone: settings.timezone,
  new_sessions: settings.newSessions,
  min_interval_seconds: settings.minIntervalSeconds,
  memory_store_id: settings.storeId,
  selector: JSON.stringify(settings.selector),
  model: settings.model,
  instructions: settings.instructions,
  output_behavior: settings.outputBehavior,
  next_fire_at: settings.nextFireAt,
  next_look_at: settings.nextLookAt,
})

const parse = (text: string | null) => (text === null ? null : JSON.parse(text))

const toSchedule = (row: Selectable<DreamSchedulesTable>): DreamSchedule => ({
  id: row.id,
  name: row.name,
  status: row.status,
  pausedReason: parse(row.paused_reason),
  cron: row.cron,
  timezone: row.timezone,
  newSessions: row.new_sessions,
  minIntervalSeconds: row.min_interval_seconds,
  storeId: row.memory_store_id,
  selector: JSON.parse(row.selector),
  model: row.model,
  instructions: row.instructions,
  outputBehavior: row.output_behavior,
  nextFireAt: row.next_fire_at,
  nextLookAt: row.next_look_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

const toRun = (row: DreamScheduleRunsTable): DreamScheduleRun => ({
  scheduleId: row.schedule_id,
  fireAt: row.fire_at,
  reason: row.reason,
  outcome: row.outcome,
  missed: row.missed,
  dreamId: row.dream_id,
  error: parse(row.error),
  createdAt: row.created_at,
})
