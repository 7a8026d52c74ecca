import { z } from 'zod'
import { cursor, flag, givenId, limit, line, pageOf, timestamp } from '../v1/wire.ts'
import { textDiff } from './text-diff.ts'

export const storePath = z.object({ memory_store_id: givenId })
export const snapshotPath = storePath.extend({ snapshot_id: givenId })
export const pageQuery = z.object({ limit: limit(100, 20), page: cursor })

export const newSnapshot = z.object({
  name: line(1, 255),
  at: timestamp.optional().describe('the moment it shows; now when left out'),
})

export const snapshot = z.object({
  id: z.string(),
  type: z.literal('memory_snapshot'),
  memory_store_id: z.string(),
  name: z.string(),
  at: z.string().describe('the moment it shows'),
  memories: z.int(),
  content_size_bytes: z.int(),
  created_at: z.string(),
})
export const snapshotPage = pageOf(snapshot)

const pinned = z.object({
  memory_id: z.string(),
  memory_version_id: z.string(),
  path: z.string().nullable().describe('null: this version was redacted since'),
  content_sha256: z.string().nullable(),
  content_size_bytes: z.int().nullable(),
})
export const snapshotWithMemories = snapshot.extend({ data: z.array(pinned) })

/** A moment of this store or the present of another one. */
const moment = z
  .string()
  .min(1)
  .max(128)
  .describe('a time (RFC 3339), a snapshot (msnap_…), a memory store (memstore_…) or now')

export const storeDiffQuery = z.object({
  from: moment,
  to: moment.default('now'),
  limit: limit(50, 10),
  page: cursor,
})

const side = z
  .object({
    memory_id: z.string(),
    memory_version_id: z.string(),
    content_sha256: z.string(),
    content_size_bytes: z.int(),
  })
  .nullable()

const pathChange = z.enum(['created', 'modified', 'deleted'])

export const storeDiffPage = pageOf(
  z.object({
    path: z.string(),
    change: pathChange,
    before: side,
    after: side,
    diff: textDiff.nullable().describe('null: one of the versions was redacted meanwhile'),
  }),
).extend({
  paths: z.int().describe('how many differ in all'),
  redacted: z.array(z.string()).describe('versions on either side whose text is gone for good'),
})

export const storeRestore = z
  .object({
    snapshot_id: givenId.optional(),
    at: timestamp.optional(),
    dry_run: z.boolean().default(false).describe('only tells what would change'),
  })
  .refine(
    (body) => (body.snapshot_id === undefined) !== (body.at === undefined),
    'give one of snapshot_id and at',
  )

const written = {
  memory_store_id: z.string(),
  dry_run: z.boolean(),
  created: z.int(),
  modified: z.int(),
  deleted: z.int(),
  unchanged: z.int(),
  changes: z.array(z.object({ path: z.string(), change: pathChange })),
}

export const restoredStore = z.object({
  type: z.literal('memory_store_restore'),
  at: z.string().describe('the moment that was restored'),
  ...written,
  left_out: z
    .array(z.object({ memory_id: z.string(), reason: z.literal('redacted') }))
    .describe('memories that stay as they are, because what they held then was redacted'),
})

export const exportQuery = z.object({
  snapshot_id: givenId.optional(),
  at: timestamp.optional().describe('the moment to export; now when left out'),
  raw: flag
    .optional()
    .describe('byte for byte as it is stored, for a backup; needs the scope admin'),
})

export const importQuery = z.object({
  mode: z.enum(['merge', 'replace'], 'merge (others stay) or replace (others go)').default('merge'),
  dry_run: flag.optional().describe('only tells what would change'),
})

export const importedStore = z.object({
  type: z.literal('memory_store_import'),
  mode: z.enum(['merge', 'replace']),
  ...written,
})
