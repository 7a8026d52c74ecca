import { z } from 'zod'
import { evidence, grade } from './evidence.ts'

export const finding = z.object({
  id: z.string(),
  kind: z.enum([
    'error_recovery',
    'wasted_steps',
    'user_correction',
    'step_outcome',
    'sequence',
    'behaviour',
    'source_reliability',
    'edge_case',
    'rejected_output',
    'observed_fact',
    'reference_path',
  ]),
  title: z.string(),
  task_type: z.string().nullable(),
  grade,
  sessions_with: z.int(),
  sessions_without: z.int(),
  /** Difference of success rates, with minus without, in [-1, 1]; null where nothing could be compared. */
  effect: z.number().nullable(),
  interval: z.object({ low: z.number(), high: z.number(), level: z.number() }).nullable(),
  /** The effect to expect next time: selected effects are smaller when looked at again. */
  shrunk: z.number().nullable(),
  adjusted_for: z.enum(['task', 'task_type', 'task_cluster', 'nothing']).nullable(),
  /** The same with additive task and agent effects, where several agents worked. */
  agent_adjusted: z
    .object({ effect: z.number(), low: z.number(), high: z.number(), p: z.number() })
    .nullable(),
  /** Whether it holds from task to task: how many agree, and p when the tasks are a sample of more. */
  across: z.object({ strata: z.int(), agree: z.int(), p: z.number() }).nullable(),
  /** The difference on the part held back: later sessions, or other tasks where there is no clock. */
  replication: z
    .object({ by: z.enum(['time', 'tasks']), sessions: z.int(), effect: z.number().nullable() })
    .nullable(),
  /** p adjusted for its whole family by reshuffling outcomes; null where that was not needed. */
  permutation_p: z.number().nullable(),
  /** Risk ratio an unseen factor would need with both pattern and outcome to explain the effect. */
  e_value: z.number().nullable(),
  p: z.number().nullable(),
  q: z.number().nullable(),
  unadjusted: z.object({ effect: z.number(), p: z.number() }).nullable(),
  support: z.object({
    sessions: z.int(),
    tasks: z.int(),
    principals: z.int(),
    largest_share: z.number(),
  }),
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
