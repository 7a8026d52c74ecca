import { z } from 'zod'

/** `manifest.json` of an exported memory store. */
export const storeManifest = z.object({
  format: z.literal('lucidream-memory-store/1'),
  at: z.string().max(64),
  memory_store: z.object({
    id: z.string().max(128),
    name: z.string().max(255),
    description: z.string().max(1_024),
    metadata: z.record(z.string().max(64), z.string().max(512)),
  }),
  memories: z
    .array(
      z.object({
        path: z.string().max(1_024),
        memory_id: z.string().max(128),
        memory_version_id: z.string().max(128),
        content_sha256: z.string().length(64),
        content_size_bytes: z.int(),
      }),
    )
    .max(2_000),
  /** Versions that stood there and whose texts are gone. */
  redacted: z.array(z.string().max(128)).max(2_000),
})
