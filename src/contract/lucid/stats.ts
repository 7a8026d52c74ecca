import { z } from 'zod'

const count = z.object({
  value: z.int(),
  at_least: z.boolean().describe('true: there are more; counting stops at 100000'),
})
const byName = z.record(z.string(), count)

export const stats = z.object({
  type: z.literal('stats'),
  sessions: count,
  events: count.describe('of the sessions that were counted'),
  agents: count,
  outcomes: byName.describe('by kind'),
  memory_stores: count,
  memories: count,
  dreams: byName.describe('by status'),
  changes: byName.describe('by status'),
  imports: byName.describe('by state'),
  jobs: z.record(
    z.string(),
    z.object({
      value: z.int(),
      at_least: z.boolean(),
      oldest_age_seconds: z.number().nullable(),
    }),
  ),
  search_index: z.object({
    indexed_through: z.string().nullable(),
    pending: z.int(),
    lag_seconds: z.number(),
  }),
  database_bytes: z.int(),
})
