import { z } from 'zod'
import { memoryView } from './memories.ts'
import { createdWithin } from './memory-stores.ts'
import { cursor, givenId, limit, pageOf } from './wire.ts'

/** Who did it, recorded when it was done and never rewritten: the id may be of something long gone. */
const actor = z.union([
  z.object({ type: z.literal('session_actor'), session_id: z.string() }),
  z.object({ type: z.literal('api_actor'), api_key_id: z.string() }),
  z.object({ type: z.literal('user_actor'), user_id: z.string() }),
  z.object({ type: z.literal('service_account_actor'), service_account_id: z.string() }),
])

const operation = z.enum(['created', 'modified', 'deleted'], 'created, modified or deleted')

export const memoryVersion = z.object({
  id: z.string(),
  type: z.literal('memory_version'),
  memory_id: z.string(),
  memory_store_id: z.string(),
  operation,
  path: z.string().nullable().describe('null when redacted, and only then'),
  content: z.string().nullable().describe('null in the basic view, in deletions, when redacted'),
  content_sha256: z.string().nullable(),
  content_size_bytes: z.int().nullable(),
  created_at: z.string(),
  created_by: actor,
  redacted_at: z.string().nullable(),
  redacted_by: actor.nullable(),
})

export const memoryVersionQuery = z.object({
  memory_id: givenId.optional(),
  operation: operation.optional(),
  session_id: givenId.optional(),
  api_key_id: givenId.optional(),
  service_account_id: givenId.optional(),
  created_at: createdWithin,
  view: memoryView.default('basic'),
  limit: limit(100, 20).describe('with the full view a page holds at most 20 all the same'),
  page: cursor,
})

export const memoryVersionAddress = z.object({
  memory_store_id: givenId,
  memory_version_id: givenId,
})
export const memoryVersionPage = pageOf(memoryVersion)
