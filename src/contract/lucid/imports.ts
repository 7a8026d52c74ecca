import { z } from 'zod'
import { importDocument } from '../import.ts'
import { cursor, givenId, limit, line, pageOf, prose } from '../v1/wire.ts'

const importState = z.enum(['queued', 'running', 'completed', 'failed', 'canceled'])

export const importSchema = z.object({
  id: z.string(),
  type: z.literal('import'),
  state: importState,
  source: z.enum(['upload', 'path']),
  name: z.string().describe('of the upload, or the path on the server'),
  sha256: z.string().nullable().describe('of an upload'),
  bytes: z.int(),
  progress: z.object({
    bytes_done: z.int(),
    bytes_total: z.int().nullable(),
    sessions: z.int(),
    events: z.int(),
  }),
  result: z
    .object({ files: importDocument.shape.files, totals: importDocument.shape.totals })
    .nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  cancel_requested_at: z.string().nullable(),
  created_at: z.string(),
  ended_at: z.string().nullable(),
})

export const importAnswer = importSchema.extend({
  repeated: z.boolean().describe('the same bytes were uploaded before: this is that import'),
})

export const importCreation = z.object({
  name: line(1, 255).optional().describe('of a raw upload; tells nothing but what people see'),
})
/** Sent as application/json: a file or folder on the server itself. */
export const importFromPath = z.object({ path: prose(1, 4_096) })
export const importPath = z.object({ import_id: givenId })
export const importList = z.object({
  state: importState.optional(),
  limit: limit(100, 20),
  page: cursor,
})
export const importPage = pageOf(importSchema)
