import { z } from 'zod'

/** `lucidream pull --json`. */
const pullDocument = z.object({
  version: z.literal(1),
  kind: z.literal('pull'),
  memory_store_id: z.string().nullable(),
  content_hash: z.string().nullable().describe('null: taken away'),
  exposure_id: z.string().nullable(),
  written: z.array(z.string()),
  removed: z.array(z.string()),
  warnings: z.array(z.string()),
})
export type PullDocument = z.infer<typeof pullDocument>
