import { z } from 'zod'
import { givenId, limit } from './wire.ts'

const lifecycle = z.enum(['active', 'deprecated', 'retired'])

export const model = z.object({
  id: z.string(),
  type: z.literal('model'),
  display_name: z.string(),
  created_at: z.string(),
  lifecycle,
  deprecated_at: z.string().nullable(),
  retires_at: z.string().nullable(),
  line: z.string().nullable(),
  max_input_tokens: z.number().nullable(),
  max_tokens: z.number().nullable(),
  allowed_fallback_models: z.array(z.string()).nullable(),
  capabilities: z.null().describe('the builtin engine is no chat model: it has none of them'),
})

/** The older form of a page, which this list still has. */
export const modelPage = z.object({
  data: z.array(model),
  has_more: z.boolean(),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
})

export const modelPath = z.object({ model_id: givenId })

export const modelQuery = z.object({
  after_id: givenId.optional(),
  before_id: givenId.optional(),
  lifecycle: z.array(lifecycle).max(3, 'at most 3').optional(),
  limit: limit(1_000, 20),
})
