import { z } from 'zod'

const place = z.object({ path: z.string(), line: z.int(), text: z.string() })

/** `lucidream dream --json` */
export const dreamDocument = z.object({
  version: z.literal(1),
  kind: z.literal('dream'),
  dream_id: z.string(),
  input_store_id: z.string(),
  output_store_id: z.string(),
  read: z.object({
    sessions: z.int(),
    steps: z.int(),
    succeeded: z.int(),
    failed: z.int(),
    undecided: z.int(),
    agents: z.int(),
    tasks: z.int(),
    task_types: z.array(z.string()),
    memories: z.int(),
    items: z.int(),
  }),
  families: z.array(
    z.object({
      kind: z.string(),
      considered: z.int(),
      testable: z.int(),
      found: z.int(),
      unadjusted_significant: z.int(),
    }),
  ),
  silences: z.array(z.string()),
  duplicates: z.int(),
  conflicts: z.array(z.object({ reason: z.string(), first: place, second: place })),
  not_analysable: z.array(z.string()),
  held_back: z.array(z.string()),
  findings: z.int(),
  changes: z.int(),
  /** Files of the memory folder that were not read. */
  left_out: z.array(z.object({ path: z.string(), reason: z.string() })),
  /** Where the proposal was written; null when there was nothing to propose. */
  written_to: z.string().nullable(),
})
export type DreamDocument = z.infer<typeof dreamDocument>
