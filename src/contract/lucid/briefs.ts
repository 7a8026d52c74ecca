import { z } from 'zod'
import { brief } from '../brief.ts'
import { givenId, line } from '../v1/wire.ts'

const budget = z.coerce
  .number('a whole number')
  .int('a whole number')
  .min(50, 'at least 50 tokens')
  .max(100_000, 'at most 100000 tokens')
  .optional()
  .describe('tokens, estimated at four characters each')

export const briefQuery = z.object({ task_type: line(1, 255).optional(), budget })
export const newestBriefQuery = briefQuery.extend({ memory_store_id: givenId.optional() })

export const briefAnswer = z.object({
  type: z.literal('brief'),
  dream_id: z.string(),
  data: z
    .array(brief)
    .describe('one for each type of task that the dream read, or the one asked for'),
})
