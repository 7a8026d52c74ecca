import { z } from 'zod'
import { cursor, givenId, limit, line, pageOf } from '../v1/wire.ts'

export const checkoutQuery = z.object({
  store: givenId.describe('the memory store'),
  unit: line(1, 256).describe('who reads: your own stable name of the session, person or agent'),
  task_type: line(1, 256)
    .optional()
    .describe('what the work is, as far as it is known before; else it counts as unknown'),
  principal: line(1, 256).optional().describe('who the agent works for'),
  session_id: givenId.optional().describe('a session here that reads it'),
  via: z.enum(['checkout', 'file_sync', 'hook']).default('checkout'),
  format: z
    .enum(['json', 'tar'])
    .optional()
    .describe('left out: as the Accept header says, else json'),
})

export const checkoutAnswer = z.object({
  type: z.literal('checkout'),
  exposure_id: z.string().describe('to be confirmed, or named in the session’s metadata'),
  memory_store_id: z.string(),
  content_hash: z.string().describe('of what is delivered, also as ETag'),
  data: z.array(z.object({ path: z.string(), content_sha256: z.string(), content: z.string() })),
})
export type CheckoutAnswer = z.output<typeof checkoutAnswer>

export const exposurePath = z.object({ exposure_id: givenId })

export const exposureConfirmation = z.object({
  session_id: givenId.nullish().describe('the session in whose context it stood'),
})

/** Blind: whoever reads a version is not told its arm. */
export const confirmedExposure = z.object({
  type: z.literal('exposure'),
  id: z.string(),
  memory_store_id: z.string(),
  session_id: z.string().nullable(),
  content_hash: z.string(),
  assigned_at: z.string(),
  delivered_at: z.string().nullable(),
  confirmed_at: z.string().nullable(),
})

const via = z.enum(['session', 'checkout', 'mcp', 'file_sync', 'hook'])

export const exposureQuery = z.object({
  store: givenId.optional(),
  experiment_id: givenId.optional(),
  session_id: givenId.optional(),
  unit: line(1, 256).optional(),
  via: via.optional(),
  limit: limit(100, 20),
  page: cursor,
})

const exposure = confirmedExposure.extend({
  experiment_id: z.string().nullable(),
  unit: z.string(),
  unit_ordinal: z
    .int()
    .nullable()
    .describe('in the order of assignment; null: nobody was assigned'),
  arm: z.string().nullable().describe('one digit a change of the experiment: 1 with it, 0 without'),
  task_type: z.string().nullable().describe('as it was said before the coin'),
  via,
  withheld: z
    .object({ share: z.number(), items: z.array(z.string()) })
    .nullable()
    .describe('items that were left out by chance, each with this chance'),
  washout: z.boolean().describe('in the first minutes of a block: it does not count'),
})
export const exposurePage = pageOf(exposure)

export const coverageQuery = z.object({ experiment_id: givenId })

export const coverage = z.object({
  type: z.literal('exposure_coverage'),
  experiment_id: z.string(),
  arms: z.array(
    z.object({
      arm: z.string(),
      assigned: z.int().describe('units, as all numbers here'),
      delivered: z.int(),
      confirmed: z.int(),
      with_session: z.int().describe('whose session is known'),
    }),
  ),
})
