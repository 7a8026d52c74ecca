import { z } from 'zod'
import { cursor, flag, givenId, limit, line, pageOf, prose, timestamp } from './wire.ts'

const dreamStatus = z.enum(['pending', 'running', 'completed', 'failed', 'canceled'])

const storeInput = z.object({ type: z.literal('memory_store'), memory_store_id: givenId })

const sessionsInput = z.object({
  type: z.literal('sessions'),
  session_ids: z
    .array(givenId)
    .min(1, 'at least 1 session id')
    .max(100, 'at most 100 session ids; POST /lucid/v1/dreams takes a selector without that limit')
    .refine((ids) => new Set(ids).size === ids.length, 'an id stands there twice; give each once'),
})

const input = z.discriminatedUnion('type', [storeInput, sessionsInput])

export const newOutputBehavior = z.discriminatedUnion('type', [
  z.object({ type: z.literal('create_new') }),
  z.object({ type: z.literal('update_existing'), memory_store_id: givenId }),
])

/** Both forms; what comes out is the id. */
export const newModel = z.union(
  [
    line(1, 256),
    z
      .object({
        id: line(1, 256),
        speed: z.literal('standard', 'only "standard"').nullable().optional(),
      })
      .transform(({ id }) => id),
  ],
  'an id of 1 to 256 characters, or {id, speed: "standard"}',
)

export const newInstructions = prose(1, 4_096).nullable().optional()

export const newDream = z
  .object({
    inputs: z.array(input).max(2, 'exactly one memory_store and one sessions entry'),
    model: newModel,
    instructions: newInstructions,
    output_behavior: newOutputBehavior.default({ type: 'create_new' }),
  })
  .superRefine(({ inputs, output_behavior }, refinement) => {
    const store = inputs.find((one) => one.type === 'memory_store')
    const refuse = (path: string[], message: string) =>
      refinement.addIssue({ code: 'custom', path, message })
    if (!store || inputs.length !== 2 || !inputs.some((one) => one.type === 'sessions')) {
      refuse(['inputs'], 'exactly one memory_store and one sessions entry')
    } else if (
      output_behavior.type === 'update_existing' &&
      output_behavior.memory_store_id !== store.memory_store_id
    ) {
      refuse(['output_behavior', 'memory_store_id'], 'must be the memory store in inputs')
    }
  })

const shownStore = z.object({ type: z.literal('memory_store'), memory_store_id: z.string() })

export const dream = z.object({
  id: z.string(),
  type: z.literal('dream'),
  status: dreamStatus,
  inputs: z.array(
    z.discriminatedUnion('type', [
      shownStore,
      z.object({
        type: z.literal('sessions'),
        session_ids: z
          .array(z.string())
          .describe('sorted; the first 100 of a dream over more, see GET /lucid/v1/dreams/{id}'),
      }),
    ]),
  ),
  outputs: z.array(shownStore),
  model: z.object({ id: z.string(), speed: z.literal('standard') }),
  instructions: z.string().nullable(),
  output_behavior: z.discriminatedUnion('type', [
    z.object({ type: z.literal('create_new') }),
    z.object({ type: z.literal('update_existing'), memory_store_id: z.string() }),
  ]),
  session_id: z.string().nullable(),
  created_at: z.string(),
  ended_at: z.string().nullable(),
  archived_at: z.string().nullable(),
  error: z.object({ type: z.string(), message: z.string() }).nullable(),
  usage: z.object({
    input_tokens: z.number(),
    output_tokens: z.number(),
    cache_creation_input_tokens: z.number(),
    cache_read_input_tokens: z.number(),
  }),
})

export const dreamPath = z.object({ dream_id: givenId })
export const dreamPage = pageOf(dream)

export const dreamQuery = z.object({
  statuses: z.array(dreamStatus).max(20).optional(),
  created_at: z.object({ gt: timestamp.optional(), lt: timestamp.optional() }).optional(),
  include_archived: flag.optional(),
  limit: limit(100, 20),
  page: cursor,
})
