import { z } from 'zod'
import { messageContent, resultContent } from './event-content.ts'
import { cursor, givenId, limit, line, pageOf, prose, timeRange } from './wire.ts'

const userMessage = z.object({ type: z.literal('user.message'), content: messageContent })

const rubric = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), content: prose(1, 262_144) }),
  z.object({ type: z.literal('file'), file_id: givenId }),
])
const defineOutcome = z.object({
  type: z.literal('user.define_outcome'),
  description: prose(1, 262_144),
  rubric,
  max_iterations: z.number().int().min(1).max(20, 'at most 20').nullish(),
})

const interrupt = z.object({
  type: z.literal('user.interrupt'),
  session_thread_id: givenId.nullish(),
})
const confirmation = z
  .object({
    type: z.literal('user.tool_confirmation'),
    tool_use_id: givenId,
    result: z.enum(['allow', 'deny']),
    deny_message: prose(0, 10_000).nullish(),
  })
  .refine(
    ({ result, deny_message: message }) => result === 'deny' || !message,
    'deny_message goes with result "deny" only',
  )
const result = { content: resultContent.optional(), is_error: z.boolean().nullish() }
const customToolResult = z.object({
  type: z.literal('user.custom_tool_result'),
  custom_tool_use_id: givenId,
  ...result,
})
const toolResult = z.object({
  type: z.literal('user.tool_result'),
  tool_use_id: givenId,
  ...result,
})
const systemMessage = z.object({
  type: z.literal('system.message'),
  content: z
    .array(z.object({ type: z.literal('text'), text: prose(1, 1_000_000) }))
    .min(1, 'at least one block')
    .max(1_000, 'at most 1000 blocks'),
})

const sentEvent = z.discriminatedUnion('type', [
  userMessage,
  defineOutcome,
  interrupt,
  confirmation,
  customToolResult,
  toolResult,
  systemMessage,
])
export type SentEvent = z.output<typeof sentEvent>

export const sentEvents = z.object({
  events: z.array(sentEvent).min(1, 'at least one event').max(1_000, 'at most 1000 events'),
})

export const initialEvents = z
  .array(z.discriminatedUnion('type', [userMessage, defineOutcome]))
  .max(50, 'at most 50 events')
  .refine(
    (events) => events.filter(({ type }) => type === 'user.define_outcome').length <= 1,
    'at most one user.define_outcome',
  )

/** Fields differ from type to type; clients are told to expect types that they do not know. */
export const sessionEvent = z.looseObject({ id: z.string(), type: z.string() })
export const sentPage = z.object({ data: z.array(sessionEvent) })
export const eventPage = pageOf(sessionEvent)

export const eventListQuery = z.object({
  page: cursor,
  limit: limit(1_000, 1_000),
  order: z.enum(['asc', 'desc']).default('asc'),
  types: z.array(line(1, 128)).max(100, 'at most 100 types').optional(),
  created_at: timeRange.optional().describe('of processed_at'),
})

export const eventStreamQuery = z.object({
  event_deltas: z
    .array(z.enum(['agent.message', 'agent.thinking'], 'agent.message or agent.thinking'))
    .max(100, 'at most 100 values')
    .optional(),
})
