import { z } from 'zod'
import { cursor, givenId, limit, line } from '../v1/wire.ts'

export const searchQuery = z.object({
  q: z
    .string()
    .min(1, 'at least 1 character')
    .max(512, 'at most 512 characters')
    .describe(
      'words, "phrases" and begin*; all of them must be found; accents and case do not count',
    ),
  in: z.enum(['memories', 'events']).optional().describe('both when left out'),
  memory_store_id: givenId.optional(),
  session_id: givenId.optional(),
  agent: line(1, 255).optional().describe('the name of the agent; finds events alone'),
  limit: limit(50, 20),
  page: cursor,
})

const span = z.object({ start: z.int(), end: z.int() })

const found = {
  score: z.number(),
  excerpt: z.string(),
  excerpt_start: z.int().describe('offset of the excerpt in the text, in UTF-16 units'),
  text_length: z.int(),
  spans: z.array(span).describe('what was found, as offsets in the text'),
}

const foundMemory = z.object({
  type: z.literal('memory'),
  memory_store_id: z.string(),
  memory_id: z.string(),
  memory_version_id: z.string(),
  path: z.string(),
  path_spans: z.array(span),
  updated_at: z.string(),
  ...found,
})

const foundEvent = z.object({
  type: z.literal('event'),
  session_id: z.string(),
  session_title: z.string().nullable(),
  agent: z.string(),
  event_id: z.string(),
  event_type: z.string(),
  seq: z.int(),
  processed_at: z.string().nullable(),
  ...found,
})

export const searchPage = z.object({
  data: z
    .array(z.union([foundMemory, foundEvent]))
    .describe('the best of the newest 100 that match, then the best of the next 100'),
  next_page: z.string().nullable(),
  index: z.object({
    indexed_through: z
      .string()
      .nullable()
      .describe(
        'everything stored before is found; null: everything there is. Memories always are.',
      ),
    pending: z.int().describe('sessions with events that are not found yet, at most 10000'),
  }),
})
