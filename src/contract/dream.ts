import { z } from 'zod'

const place = z.object({ path: z.string(), line: z.int(), text: z.string() })

/** What a dream read, compared and held back. */
export const dreamReport = {
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
      explained_away: z.int(),
      level: z.number(),
    }),
  ),
  /** What comparisons held fixed, and where the types of task came from. */
  compared_by: z.object({
    adjusted_for: z.enum(['task', 'task_type', 'task_cluster', 'nothing']),
    task_types_from: z.enum(['source', 'clusters', 'none']),
    agents: z.int(),
    agent_adjusted: z.boolean(),
  }),
  /** How each type of task goes when it goes well. */
  paths: z.array(
    z.object({
      task_type: z.string(),
      sessions: z.int(),
      successes: z.int(),
      reference: z.array(z.string()).nullable(),
      successful_variants: z.int(),
      shared_calls: z.array(
        z.object({
          tool: z.string(),
          in_successes: z.number(),
          in_failures: z.number().nullable(),
        }),
      ),
      edges: z.array(
        z.object({
          from: z.string(),
          to: z.string(),
          in_successes: z.int(),
          in_failures: z.int(),
          seconds: z.number().nullable(),
        }),
      ),
      edges_left_out: z.int(),
      failed_deviation: z.number().nullable(),
    }),
  ),
  silences: z.array(z.string()),
  duplicates: z.int(),
  /** Lines that newer lines of the memory take the place of. */
  supersessions: z.int(),
  conflicts: z.array(z.object({ reason: z.string(), first: place, second: place })),
  /** Lines that were said to hold so long ago that they should be looked at again; none goes for its age. */
  stale: z.array(place.extend({ since: z.string() })),
  not_analysable: z.array(z.string()),
  held_back: z.array(z.string()),
  findings: z.int(),
  changes: z.int(),
}

/** `lucidream dream --json` */
export const dreamDocument = z.object({
  version: z.literal(1),
  kind: z.literal('dream'),
  ...dreamReport,
  /** Files of the memory folder that were not read. */
  left_out: z.array(z.object({ path: z.string(), reason: z.string() })),
  /** Where the proposal was written; null when there was nothing to propose. */
  written_to: z.string().nullable(),
})
export type DreamDocument = z.infer<typeof dreamDocument>
