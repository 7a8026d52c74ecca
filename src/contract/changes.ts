import { z } from 'zod'
import { evidence, grade, taint } from './evidence.ts'

export const change = z.object({
  id: z.string(),
  dream_id: z.string(),
  operation: z.enum(['add', 'edit', 'merge', 'supersede', 'retire', 'move']),
  status: z.enum(['proposed', 'accepted', 'rejected', 'applied', 'rolled_back']),
  path: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  rationale: z.string(),
  grade,
  finding_ids: z.array(z.string()),
  taint: taint.describe('the lowest of its evidence and of the text that it copies'),
  quarantine: z
    .array(
      z.object({
        rule: z.enum([
          'foreign_wording',
          'uncorroborated',
          'unverified_source',
          'named_target',
          'over_influence',
          'broad_retrieval',
          'burst',
          'other_arm',
        ]),
        explanation: z.string(),
      }),
    )
    .describe(
      'why it waits for a person whatever a policy says, and is written nowhere; mostly empty',
    ),
  evidence: z.array(evidence),
  /** The memory version that the change is based on; null for a memory that does not exist yet. */
  base_version: z.string().nullable(),
  base_sha256: z.string().nullable(),
})

/** `lucidream changes --json` */
export const changesDocument = z.object({
  version: z.literal(1),
  kind: z.literal('changes'),
  dream_id: z.string(),
  data: z.array(change),
  /** What was held back, and why. */
  held_back: z.array(z.string()),
})
export type ChangesDocument = z.infer<typeof changesDocument>
