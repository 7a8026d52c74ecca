import { z } from 'zod'
import { sessionAgent } from './agents.ts'
import { sessionStatus } from './sessions.ts'
import { cursor, givenId, limit, pageOf } from './wire.ts'

const seconds = z.object({
  active_seconds: z.number().optional(),
  duration_seconds: z.number().optional(),
  startup_seconds: z.number().optional(),
})

export const thread = z.object({
  id: z.string(),
  type: z.literal('session_thread'),
  session_id: z.string(),
  parent_thread_id: z.string().nullable(),
  agent: sessionAgent.omit({ multiagent: true }),
  status: sessionStatus,
  stats: seconds.nullable(),
  usage: z.record(z.string(), z.unknown()).nullable(),
  workflow_run_id: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  archived_at: z.string().nullable(),
})

export const threadPath = z.object({ session_id: givenId, thread_id: givenId })
export const threadListQuery = z.object({
  page: cursor,
  limit: limit(1_000, 1_000),
  statuses: z.array(sessionStatus).max(20).optional(),
})
export const threadEventsQuery = z.object({ page: cursor, limit: limit(1_000, 1_000) })
export const threadPage = pageOf(thread)
