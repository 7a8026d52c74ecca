import { z } from 'zod'
import {
  cursor,
  flag,
  givenId,
  limit,
  line,
  metadata,
  metadataPatch,
  pageOf,
  prose,
  timestamp,
} from './wire.ts'

export const memoryStore = z.object({
  id: z.string(),
  type: z.literal('memory_store'),
  name: z.string(),
  description: z.string().describe('empty when unset'),
  metadata: z.record(z.string(), z.string()),
  created_at: z.string(),
  updated_at: z.string().describe('of the store itself: changes of its memories do not move it'),
  archived_at: z.string().nullable(),
})

export const deletedMemoryStore = z.object({
  id: z.string(),
  type: z.literal('memory_store_deleted'),
})

export const newMemoryStore = z.object({
  name: line(1, 255),
  description: prose(0, 1_024).nullish(),
  metadata: metadata.nullish(),
})

export const memoryStorePatch = z.object({
  name: line(1, 255).nullish(),
  description: prose(0, 1_024).nullish().describe('an empty string clears it'),
  metadata: metadataPatch.nullish().describe('keys are merged; null removes one'),
})

/** Both ends are part of the range. */
export const createdWithin = z
  .object({ gte: timestamp.optional(), lte: timestamp.optional() })
  .optional()

export const memoryStoreQuery = z.object({
  created_at: createdWithin,
  include_archived: flag.optional(),
  include_overlays: flag.optional().describe('ours: stores that arms of experiments write into'),
  limit: limit(100, 20),
  page: cursor,
})

export const memoryStorePath = z.object({ memory_store_id: givenId })
export const memoryStorePage = pageOf(memoryStore)
