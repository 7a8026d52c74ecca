import { z } from 'zod'

const summary = z.object({
  path: z.string(),
  memory_id: z.string(),
  memory_version_id: z.string(),
  content_sha256: z.string(),
  content_size_bytes: z.int(),
})

/** `lucidream memory ls --json` */
export const memoriesDocument = z.object({
  version: z.literal(1),
  kind: z.literal('memories'),
  memory_store_id: z.string(),
  data: z.array(summary),
})
export type MemoriesDocument = z.infer<typeof memoriesDocument>

/** `lucidream memory cat PATH --json` */
export const memoryDocument = z.object({
  version: z.literal(1),
  kind: z.literal('memory'),
  memory_store_id: z.string(),
  memory: summary.extend({ content: z.string() }),
})
export type MemoryDocumentJson = z.infer<typeof memoryDocument>

/** `lucidream memory diff --json` */
export const memoryDiffDocument = z.object({
  version: z.literal(1),
  kind: z.literal('memory_diff'),
  dream_id: z.string(),
  /** A unified diff; empty when nothing differs. */
  diff: z.string(),
})
export type MemoryDiffDocument = z.infer<typeof memoryDiffDocument>
