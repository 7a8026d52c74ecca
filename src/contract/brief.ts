import { z } from 'zod'
import { grade } from './evidence.ts'

export const brief = z.object({
  /** Null: what holds for every type of task. */
  task_type: z.string().nullable(),
  /** Estimated at four characters each. */
  tokens: z.int(),
  budget: z.int(),
  left_out: z.int(),
  lines: z.array(
    z.object({
      section: z.string(),
      text: z.string(),
      grade,
      standing: z.enum(['compared', 'seen']),
      finding_id: z.string(),
    }),
  ),
  markdown: z.string(),
})

/** `lucidream brief --json` */
export const briefDocument = z.object({
  version: z.literal(1),
  kind: z.literal('brief'),
  dream_id: z.string(),
  data: z.array(brief),
})
export type BriefDocument = z.infer<typeof briefDocument>
