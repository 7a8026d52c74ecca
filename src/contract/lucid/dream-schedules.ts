import { z } from 'zod'
import { newInstructions, newModel, newOutputBehavior } from '../v1/dreams.ts'
import { cursor, givenId, limit, line, pageOf } from '../v1/wire.ts'
import { sessionSelector, shownSelector } from './dreams.ts'

const cron = z.string().min(1).max(100).describe('five POSIX fields on the wall clocks of timezone')
const timezone = z.string().min(1).max(64).describe('IANA name')
const newSessions = z.number().int().min(1, 'at least 1').max(1_000_000, 'at most 1000000')
const minInterval = z.number().int().min(0).max(31_536_000, 'at most a year')

export const newDreamSchedule = z
  .object({
    name: line(1, 255),
    memory_store_id: givenId,
    cron: cron.nullable().optional(),
    timezone: timezone.default('UTC'),
    new_sessions: newSessions.nullable().optional(),
    min_interval_seconds: minInterval.default(0),
    selector: sessionSelector.default({ new_since_last_dream: true }),
    model: newModel.default('lucidream-builtin'),
    instructions: newInstructions,
    output_behavior: newOutputBehavior.default({ type: 'create_new' }),
  })
  .refine(
    ({ cron: expression, new_sessions }) => expression != null || new_sessions != null,
    'give cron, new_sessions or both: something has to start the dreams',
  )

/** What is left out stays; null takes a trigger away. */
export const dreamSchedulePatch = z.object({
  name: line(1, 255).optional(),
  cron: cron.nullable().optional(),
  timezone: timezone.optional(),
  new_sessions: newSessions.nullable().optional(),
  min_interval_seconds: minInterval.optional(),
  selector: sessionSelector.optional(),
  model: newModel.optional(),
  instructions: newInstructions,
  output_behavior: newOutputBehavior.optional(),
})

const error = z.object({ type: z.string(), message: z.string() })

export const dreamScheduleRun = z.object({
  type: z.literal('dream_schedule_run'),
  fire_at: z.string(),
  reason: z.enum(['cron', 'new_sessions']),
  outcome: z.enum(['dreamt', 'skipped', 'failed']),
  missed: z.number().describe('earlier times that passed while no worker ran; one dream for all'),
  dream_id: z.string().nullable(),
  error: error.nullable(),
  created_at: z.string(),
})

export const dreamSchedule = z.object({
  id: z.string(),
  type: z.literal('dream_schedule'),
  name: z.string(),
  status: z.enum(['active', 'paused']),
  paused_reason: error.nullable().describe('null: a person paused it'),
  memory_store_id: z.string(),
  cron: z.string().nullable(),
  timezone: z.string(),
  new_sessions: z.number().nullable(),
  min_interval_seconds: z.number(),
  selector: shownSelector,
  model: z.object({ id: z.string(), speed: z.literal('standard') }),
  instructions: z.string().nullable(),
  output_behavior: z.discriminatedUnion('type', [
    z.object({ type: z.literal('create_new') }),
    z.object({ type: z.literal('update_existing'), memory_store_id: z.string() }),
  ]),
  upcoming_runs_at: z.array(z.string()).describe('the next five by cron, also while paused'),
  last_run: dreamScheduleRun.nullable(),
  created_at: z.string(),
  updated_at: z.string(),
})

export const dreamSchedulePath = z.object({ schedule_id: givenId })
export const dreamSchedulePage = pageOf(dreamSchedule)
export const dreamScheduleRunPage = pageOf(dreamScheduleRun)
export const pageQuery = z.object({ limit: limit(100, 20), page: cursor })
export const deletedDreamSchedule = z.object({
  id: z.string(),
  type: z.literal('dream_schedule_deleted'),
})
