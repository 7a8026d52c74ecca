import { z } from 'zod'
import { line, timestamp } from '../v1/wire.ts'

const text = z.string().max(8_388_608, 'at most 8 388 608 characters')
/** Blocks of other types than text are kept as they come. */
const block = z.union([
  z.looseObject({ type: z.literal('text'), text }),
  z.looseObject({ type: z.string().regex(/^(?!text$)\w{1,64}$/, 'text blocks need a text') }),
])
const content = z.array(block).max(10_000)
const reference = z.string().min(1).max(600).nullish()
const input = z.record(z.string(), z.unknown())
const message = z.looseObject({ content })
const use = z.looseObject({ name: line(1, 256), input })
const result = { content: content.optional(), is_error: z.boolean().nullish() }
const tokens = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const retryStatus = z.looseObject({ type: z.string().max(64) })

/** What the types that are read for mining must hold; other types are stored as they come. */
const shapes: Readonly<Record<string, z.ZodType>> = {
  'user.message': message,
  'system.message': message,
  'agent.message': message,
  'agent.tool_use': use,
  'agent.custom_tool_use': use,
  'agent.mcp_tool_use': use.extend({ mcp_server_name: line(1, 255) }),
  'agent.tool_result': z.looseObject({ tool_use_id: reference, ...result }),
  'user.tool_result': z.looseObject({ tool_use_id: reference, ...result }),
  'agent.mcp_tool_result': z.looseObject({ mcp_tool_use_id: reference, ...result }),
  'user.custom_tool_result': z.looseObject({ custom_tool_use_id: reference, ...result }),
  'lucid.tool_canceled': z.looseObject({ tool_use_id: reference, content: content.optional() }),
  'lucid.user_tool_use': use,
  'lucid.user_tool_result': z.looseObject({ tool_use_id: reference, ...result }),
  'user.tool_confirmation': z.looseObject({
    tool_use_id: reference,
    result: z.enum(['allow', 'deny']),
    deny_message: text.nullish(),
  }),
  'session.status_idle': z.looseObject({
    stop_reason: z.looseObject({ type: z.string().max(64) }),
  }),
  'session.error': z.looseObject({
    error: z.looseObject({
      type: z.string().max(128),
      message: text,
      retry_status: retryStatus.optional(),
    }),
    retry_status: retryStatus.optional(),
  }),
  'span.model_request_end': z.looseObject({
    is_error: z.boolean().nullish(),
    model_usage: z.looseObject({
      input_tokens: tokens,
      output_tokens: tokens,
      cache_creation_input_tokens: tokens.default(0),
      cache_read_input_tokens: tokens.default(0),
    }),
  }),
}

/** Made by the server alone, or for open streams only. */
const refusedTypes = ['event_start', 'event_delta', 'session.deleted', 'session.updated']

const eventType = z
  .string()
  .max(128)
  .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/, 'who.what, in lower case')
  .refine((type) => !refusedTypes.includes(type), 'made by the server only')

const ingestedEvent = z
  .looseObject({
    type: eventType.describe('any type of the wire, or one of your own'),
    key: line(1, 512)
      .optional()
      .describe('your own name for it; "key:NAME" in a reference names the event of that key'),
    processed_at: timestamp.optional().describe('left out: now'),
    id: z.undefined('given by the server; send key instead').optional(),
  })
  .superRefine((event, refinement) => {
    const fault = (Object.hasOwn(shapes, event.type) ? shapes[event.type] : undefined)?.safeParse(
      event,
    ).error
    for (const issue of fault?.issues.slice(0, 3) ?? []) {
      refinement.addIssue({ code: 'custom', path: issue.path, message: issue.message })
    }
  })
export type IngestedEvent = z.output<typeof ingestedEvent>

export const ingestedEvents = z.object({
  events: z.array(ingestedEvent).min(1, 'at least one event').max(1_000, 'at most 1000 events'),
})

export const ingestReceipt = z.object({
  data: z.array(
    z.object({ id: z.string(), type: z.string(), processed_at: z.string().nullable() }),
  ),
  secrets_masked: z.number(),
})
