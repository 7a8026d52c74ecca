import { z } from 'zod'
import { cursor, givenId, limit, pageOf } from './wire.ts'

/** Whether `content` comes along. */
export const memoryView = z.enum(['basic', 'full'], 'basic or full')

const path = z
  .string()
  .max(1_024, 'at most 1024 bytes')
  .describe(
    '1 to 20 segments behind one "/" each, none of them empty, "." or ".."; NFC; at most 1024 bytes; no control or format characters, no U+2028, no U+2029',
  )

const content = z
  .string()
  .max(102_400, 'at most 102400 bytes')
  .describe('UTF-8 text of at most 102400 bytes, without U+0000')

const contentSha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits, the SHA-256 of the UTF-8 content')

export const memory = z.object({
  id: z.string().describe('stays the same when the path changes'),
  type: z.literal('memory'),
  memory_store_id: z.string(),
  memory_version_id: z.string().describe('the version that the memory is now'),
  path: z.string(),
  content: z.string().nullable().describe('null in the basic view'),
  content_sha256: z.string(),
  content_size_bytes: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
})

/** Stands for all memories whose paths begin with its path; it has no id. */
const memoryPrefix = z.object({ type: z.literal('memory_prefix'), path: z.string() })

export const deletedMemory = z.object({ id: z.string(), type: z.literal('memory_deleted') })

export const newMemory = z.object({
  path,
  content: content.nullable().describe('null is the empty text'),
})

export const memoryPatch = z.object({
  path: path.nullish(),
  content: content.nullish(),
  precondition: z
    .object({ type: z.literal('content_sha256'), content_sha256: contentSha256 })
    .nullish()
    .describe('of the content that the memory has now, also where only its path changes'),
})

export const memoryQuery = z.object({
  path_prefix: z.string().max(1_024, 'at most 1024 bytes').optional(),
  depth: z
    .enum(['0', '1'], '0 (everything below the prefix) or 1 (its direct children)')
    .default('0'),
  view: memoryView.default('basic'),
  limit: limit(100, 20).describe('with the full view a page holds at most 20 all the same'),
  page: cursor,
})

export const writtenView = z.object({ view: memoryView.default('basic') })
export const readView = z.object({ view: memoryView.default('full') })
export const memoryDeletion = z.object({ expected_content_sha256: contentSha256.optional() })
export const memoryAddress = z.object({ memory_store_id: givenId, memory_id: givenId })
export const memoryPage = pageOf(z.union([memory, memoryPrefix]))
