import { z } from 'zod'
import { cursor, givenId, limit, pageOf } from './wire.ts'

export const file = z.object({
  id: z.string(),
  type: z.literal('file'),
  filename: z.string(),
  mime_type: z.string(),
  size_bytes: z.number(),
  created_at: z.string(),
  downloadable: z.boolean(),
  expires_at: z.string().nullable(),
  scope: z.object({ type: z.literal('session'), id: z.string() }).nullable(),
})

export const filePath = z.object({ file_id: givenId })
export const fileListQuery = z.object({
  page: cursor,
  limit: limit(1_000, 20),
  scope_id: givenId.optional(),
  ids: z
    .array(givenId)
    .refine((ids) => new Set(ids).size <= 100, 'at most 100 ids')
    .optional()
    .describe('excludes page and limit; ids of no file are left out'),
})
export const filePage = pageOf(file)
export const deletedFile = z.object({ id: z.string(), type: z.literal('file_deleted') })
export const fileContent = z.string().describe('the bytes as they were uploaded')

/** From one hour to ninety days. */
export const expiresInSeconds = z.coerce
  .number('a whole number')
  .int('a whole number')
  .min(3_600, 'at least 3600 (one hour)')
  .max(7_776_000, 'at most 7776000 (ninety days)')
