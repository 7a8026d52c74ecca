import { z } from 'zod'
import { evidence, grade } from './evidence.ts'

const finding = z.object({
  id: z.string(),
  kind: z.enum(['error_recovery', 'wasted_steps', 'user_correction', 'step_outcome']),
  title: z.string(),
  task_type: z.string().nullable(),
  grade,
  sessions_with: z.int(),
  sessions_without: z.int(),
  /** Difference of success rates, with minus without, in [-1, 1]; null where nothing could be compared. */
  effect: z.number().nullable(),
  interval: z.object({ low: z.number(), high: z.number(), level: z.number() }).nullable(),
  adjusted_for: z.enum(['task', 'task_type', 'nothing']).nullable(),
  p: z.number().nullable(),
  q: z.number().nullable(),
  unadjusted: z.object({ effect: z.number(), p: z.number() }).nullable(),
  support: z.object({ sessions: z.int(), tasks: z.int(), principals: z.int() }),
  detail: z.looseObject({ kind: z.string() }),
  evidence: z.array(evidence),
})

/** `lucidream findings --json` */
export const findingsDocument = z.object({
  version: z.literal(1),
  kind: z.literal('findings'),
  dream_id: z.string(),
  data: z.array(finding),
})
export type FindingsDocument = z.infer<typeof findingsDocument>
