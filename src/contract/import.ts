import { z } from 'zod'

const counts = {
  sessions: z.int(),
  events: z.int(),
  outcome_signals: z.int(),
  /** Of the sessions: new, replaced by a longer transcript, known and equal, known in a longer form. */
  added: z.int(),
  replaced: z.int(),
  unchanged: z.int(),
  shorter: z.int(),
  secrets_masked: z.int(),
}

/** `lucidream import --json` */
export const importDocument = z.object({
  version: z.literal(1),
  kind: z.literal('import'),
  files: z.array(
    z.object({
      path: z.string(),
      format: z.string().nullable(),
      ...counts,
      skipped: z.array(z.object({ reason: z.string(), count: z.int(), kept: z.boolean() })),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
  totals: z.object({
    files: z.int(),
    failed_files: z.int(),
    skipped_records: z.int(),
    ...counts,
  }),
})
export type ImportDocument = z.infer<typeof importDocument>
