import type { z } from 'zod'
import {
  deletedDreamSchedule,
  dreamSchedule,
  dreamSchedulePage,
  dreamSchedulePatch,
  dreamSchedulePath,
  type dreamScheduleRun,
  dreamScheduleRunPage,
  newDreamSchedule,
  pageQuery,
} from '../../contract/lucid/dream-schedules.ts'
import { DomainError } from '../../core/errors.ts'
import type { DreamScheduleId, MemoryStoreId } from '../../core/ids.ts'
import { listUpcoming, nextTimes } from '../../core/schedule/times.ts'
import type { Reader, Writer } from '../../storage/database.ts'
import {
  type DreamSchedule,
  type DreamScheduleRun,
  type DreamScheduleSettings,
  deleteDreamSchedule,
  getDreamSchedule,
  insertDreamSchedule,
  listDreamSchedules,
  listScheduleRuns,
  updateDreamSchedule,
} from '../../storage/dream-schedules.ts'
import { getOpenMemoryStore } from '../../storage/memory-stores.ts'
import type { ApiContext } from '../context.ts'
import { refuseOtherStore } from '../dream-rights.ts'
import { type Call, defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'

const family = 'lucid'
const scopes = ['admin'] as const
const path = '/lucid/v1/dream_schedules'
const upcomingShown = 5

export const dreamScheduleEndpoints = [
  defineEndpoint({
    method: 'POST',
    path,
    family,
    scopes,
    summary: 'Starts dreams by a clock, by so many new sessions, or by either.',
    body: newDreamSchedule,
    response: dreamSchedule,
    async handle({ context, actor, body }) {
      refuseOtherStore(body.output_behavior, body.memory_store_id)
      const storeId = body.memory_store_id as MemoryStoreId
      const settings = withTimes(context, {
        name: body.name,
        status: 'active',
        pausedReason: null,
        cron: body.cron ?? null,
        timezone: body.timezone,
        newSessions: body.new_sessions ?? null,
        minIntervalSeconds: body.min_interval_seconds,
        storeId,
        selector: body.selector,
        model: body.model,
        instructions: body.instructions ?? null,
        outputBehavior: body.output_behavior.type,
      })
      return context.database.write(actor, async (writer) => {
        await getOpenMemoryStore(writer, storeId)
        const made = await insertDreamSchedule(writer, context.newId('dsch'), settings)
        await note(writer, 'created', made.id)
        return present(writer, context, made)
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path,
    family,
    scopes,
    summary: 'Schedules of dreams, newest first.',
    query: pageQuery,
    response: dreamSchedulePage,
    async handle({ context, query: { limit, page } }) {
      const list = 'dream_schedules'
      const after = page === undefined ? null : readCursor(context.keyring, list, page)
      return context.database.read(async (reader) => {
        const found = await listDreamSchedules(reader, {
          ...(after ? { after: readPosition(after as [string, string]) } : {}),
          limit: limit + 1,
        })
        const shown = found.slice(0, limit)
        const last = found.length > limit ? shown.at(-1) : undefined
        const data: Shown[] = []
        for (const one of shown) data.push(await present(reader, context, one))
        return {
          data,
          next_page: last ? writeCursor(context.keyring, list, [last.createdAt, last.id]) : null,
        }
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: `${path}/{schedule_id}`,
    family,
    scopes,
    summary: 'One schedule with its last run and its next times.',
    params: dreamSchedulePath,
    response: dreamSchedule,
    async handle({ context, params }) {
      return context.database.read(async (reader) =>
        present(reader, context, await getDreamSchedule(reader, idOf(params))),
      )
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${path}/{schedule_id}`,
    family,
    scopes,
    summary: 'Changes what is named; times that passed are not made up for.',
    params: dreamSchedulePath,
    body: dreamSchedulePatch,
    response: dreamSchedule,
    handle: ({ context, actor, params, body }) =>
      change({ context, actor, params }, 'updated', (before) => applyPatch(before, body)),
  }),
  defineEndpoint({
    method: 'POST',
    path: `${path}/{schedule_id}/pause`,
    family,
    scopes,
    summary: 'Starts no more dreams until it is unpaused; running ones go on.',
    params: dreamSchedulePath,
    response: dreamSchedule,
    handle: ({ context, actor, params }) =>
      change({ context, actor, params }, 'paused', (before) => ({ ...before, status: 'paused' })),
  }),
  defineEndpoint({
    method: 'POST',
    path: `${path}/{schedule_id}/unpause`,
    family,
    scopes,
    summary: 'Goes on from now; times that passed while it was paused are not made up for.',
    params: dreamSchedulePath,
    response: dreamSchedule,
    handle: ({ context, actor, params }) =>
      change({ context, actor, params }, 'unpaused', (before) => ({
        ...before,
        status: 'active',
        pausedReason: null,
      })),
  }),
  defineEndpoint({
    method: 'DELETE',
    path: `${path}/{schedule_id}`,
    family,
    scopes,
    summary: 'Deletes a schedule; its dreams stay.',
    params: dreamSchedulePath,
    response: deletedDreamSchedule,
    async handle({ context, actor, params }) {
      const id = idOf(params)
      await context.database.write(actor, async (writer) => {
        await deleteDreamSchedule(writer, id)
        await note(writer, 'deleted', id)
      })
      return { id, type: 'dream_schedule_deleted' as const }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: `${path}/{schedule_id}/runs`,
    family,
    scopes,
    summary: 'When it fired and what came of it, newest first.',
    params: dreamSchedulePath,
    query: pageQuery,
    response: dreamScheduleRunPage,
    async handle({ context, params, query: { limit, page } }) {
      const id = idOf(params)
      const list = `dream_schedule_runs ${id}`
      const before = page === undefined ? undefined : readCursor(context.keyring, list, page)
      return context.database.read(async (reader) => {
        await getDreamSchedule(reader, id)
        const found = await listScheduleRuns(reader, {
          id,
          beforeFireAt: before as string | undefined,
          limit: limit + 1,
        })
        const shown = found.slice(0, limit)
        const last = found.length > limit ? shown.at(-1) : undefined
        return {
          data: shown.map(presentRun),
          next_page: last ? writeCursor(context.keyring, list, last.fireAt) : null,
        }
      })
    },
  }),
]

type Shown = z.input<typeof dreamSchedule>
type Path = z.output<typeof dreamSchedulePath>
type Patch = z.output<typeof dreamSchedulePatch>
type Untimed = Omit<DreamScheduleSettings, 'nextFireAt' | 'nextLookAt'>

const idOf = ({ schedule_id }: Path) => schedule_id as DreamScheduleId
const readPosition = ([createdAt, id]: [string, string]) => ({
  createdAt,
  id: id as DreamScheduleId,
})

function change(
  {
    context,
    actor,
    params,
  }: Pick<Call<Path, undefined, undefined>, 'context' | 'actor' | 'params'>,
  verb: 'updated' | 'paused' | 'unpaused',
  make: (before: DreamSchedule) => Untimed,
): Promise<Shown> {
  const id = idOf(params)
  return context.database.write(actor, async (writer) => {
    const before = await getDreamSchedule(writer, id)
    const after = await updateDreamSchedule(writer, id, withTimes(context, make(before)))
    await note(writer, verb, id)
    return present(writer, context, after)
  })
}

function applyPatch(before: DreamSchedule, patch: Patch): Untimed {
  if (patch.output_behavior) refuseOtherStore(patch.output_behavior, before.storeId)
  return {
    ...before,
    name: patch.name ?? before.name,
    cron: patch.cron === undefined ? before.cron : patch.cron,
    timezone: patch.timezone ?? before.timezone,
    newSessions: patch.new_sessions === undefined ? before.newSessions : patch.new_sessions,
    minIntervalSeconds: patch.min_interval_seconds ?? before.minIntervalSeconds,
    selector: patch.selector ?? before.selector,
    model: patch.model ?? before.model,
    instructions: patch.instructions === undefined ? before.instructions : patch.instructions,
    outputBehavior: patch.output_behavior?.type ?? before.outputBehavior,
  }
}

/** Seen from now. Refuses what never fires. */
function withTimes({ clock }: ApiContext, settings: Untimed): DreamScheduleSettings {
  const times = nextTimes(settings, clock())
  if (settings.cron !== null && times.nextFireAt === null) {
    throw new DomainError('invalid_argument', `cron: "${settings.cron}" names no day that comes.`)
  }
  if (settings.cron === null && settings.newSessions === null) {
    throw new DomainError(
      'invalid_argument',
      'cron and new_sessions are both null: something has to start the dreams; pause or delete the schedule instead.',
    )
  }
  return { ...settings, ...times }
}

async function note(writer: Writer, verb: string, id: DreamScheduleId): Promise<void> {
  await writer.audit({
    action: `dream_schedule.${verb}`,
    objectType: 'dream_schedule',
    objectId: id,
  })
}

async function present(reader: Reader, { clock }: ApiContext, one: DreamSchedule): Promise<Shown> {
  const [last] = await listScheduleRuns(reader, { id: one.id, limit: 1 })
  return {
    id: one.id,
    type: 'dream_schedule',
    name: one.name,
    status: one.status,
    paused_reason: one.pausedReason,
    memory_store_id: one.storeId,
    cron: one.cron,
    timezone: one.timezone,
    new_sessions: one.newSessions,
    min_interval_seconds: one.minIntervalSeconds,
    selector: one.selector,
    model: { id: one.model, speed: 'standard' },
    instructions: one.instructions,
    output_behavior:
      one.outputBehavior === 'create_new'
        ? { type: 'create_new' }
        : { type: 'update_existing', memory_store_id: one.storeId },
    upcoming_runs_at: listUpcoming(one, clock(), upcomingShown),
    last_run: last ? presentRun(last) : null,
    created_at: one.createdAt,
    updated_at: one.updatedAt,
  }
}

const presentRun = (run: DreamScheduleRun): z.input<typeof dreamScheduleRun> => ({
  type: 'dream_schedule_run',
  fire_at: run.fireAt,
  reason: run.reason,
  outcome: run.outcome,
  missed: run.missed,
  dream_id: run.dreamId,
  error: run.error,
  created_at: run.createdAt,
})
