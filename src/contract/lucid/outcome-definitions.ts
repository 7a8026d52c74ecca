import { z } from 'zod'
import { givenId, line } from '../v1/wire.ts'
import { signalKind, slug } from './outcome-signals.ts'

const yearSeconds = 366 * 86_400
const seconds = z.int('a whole number').min(1, 'at least 1').max(yearSeconds, 'at most a year')

export const outcomeDefinitionBody = z.object({
  signals: z
    .array(
      z.object({
        kind: signalKind,
        source: line(1, 128).nullish().describe('left out: from anywhere'),
        weight: z.number().gt(0, 'more than 0').max(1_000, 'at most 1000').default(1),
      }),
    )
    .min(1, 'at least 1')
    .max(32, 'at most 32')
    .describe('a signal counts by the first entry that fits it'),
  combine: z
    .enum(['last', 'any_failure', 'mean', 'weighted'])
    .default('last')
    .describe('how several signals of one session make one value'),
  revised_by: z
    .array(
      z.union([
        z.enum(['kind', 'source', 'principal', 'subjects']),
        z.string().regex(/^component\.[^\p{Cc}]{1,128}$/u, 'component.NAME'),
      ]),
    )
    .max(8, 'at most 8')
    .default(['kind', 'source', 'principal'])
    .describe('of signals that agree in all of these the last one counts; empty: every one counts'),
  when: line(1, 2_000).nullish().describe('CEL over `signal`; what is not true does not count'),
  min_confidence: z.enum(['exact', 'strong']).default('strong'),
  require_signed: z.boolean().default(false),
  pass_at: z.number().gt(0, 'more than 0').max(1, 'at most 1').nullish(),
  deadlines: z
    .object({
      standard_seconds: seconds.nullish().describe('left out: the 95th percentile of past delays'),
      by_task_type: z
        .record(line(1, 256), seconds)
        .refine((types) => Object.keys(types).length <= 256, 'at most 256 types')
        .optional(),
    })
    .optional(),
  cap: z
    .object({
      share: z.number().gt(0, 'more than 0').lt(1, 'less than 1').default(0.5),
      window_seconds: seconds.default(7 * 86_400),
      minimum: z.int('a whole number').min(0, 'at least 0').max(1_000_000).default(10),
    })
    .nullable()
    .default({ share: 0.5, window_seconds: 7 * 86_400, minimum: 10 })
    .describe('how much one principal may say; null: as much as it likes'),
})
export const outcomeDefinition = z.object({
  type: z.literal('outcome_definition'),
  name: z.string(),
  version: z.int(),
  signals: z.array(
    z.object({ kind: z.string(), source: z.string().nullable(), weight: z.number() }),
  ),
  combine: z.enum(['last', 'any_failure', 'mean', 'weighted']),
  revised_by: z.array(z.string()),
  when: z.string().nullable(),
  min_confidence: z.enum(['exact', 'strong']),
  require_signed: z.boolean(),
  pass_at: z.number().nullable(),
  deadlines: z.object({
    standard_seconds: z.number().nullable(),
    by_task_type: z.record(z.string(), z.number()),
  }),
  cap: z.object({ share: z.number(), window_seconds: z.number(), minimum: z.int() }).nullable(),
  created_at: z.string(),
  created_by: z.object({ type: z.string(), id: z.string() }),
})

export const outcomeDefinitionList = z.object({ data: z.array(outcomeDefinition) })

export const outcomeDefinitionWithDeadline = outcomeDefinition.extend({
  deadline: z.object({
    seconds: z.number(),
    from: z.enum(['task_type', 'definition', 'past_delays', 'standard']),
    past_delays: z.int().describe('how many were looked at, of the task type asked for'),
  }),
})

export const outcomeDefinitionPath = z.object({ name: slug })
export const outcomeDefinitionQuery = z.object({
  version: z.coerce.number('a whole number').int('a whole number').min(1).max(1_000_000).optional(),
  task_type: line(1, 256).optional(),
})

export const goalQuery = z.object({
  session_id: givenId,
  version: outcomeDefinitionQuery.shape.version,
})

export const goal = z.object({
  type: z.literal('goal'),
  definition: z.object({ name: z.string(), version: z.int() }),
  session_id: z.string(),
  value: z.number().nullable().describe('null: nothing decides yet'),
  decided_at: z.string().nullable(),
  signals: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      source: z.string(),
      value: z.number().nullable(),
      success: z.boolean().nullable(),
      decides: z.boolean(),
      reason: z.string().nullable().describe('why it does not count'),
    }),
  ),
})

/** `lucidream outcomes define --json` */
export interface OutcomeDefinitionDocument {
  readonly version: 1
  readonly kind: 'outcome_definition'
  readonly definition: z.infer<typeof outcomeDefinition>
}

/** `lucidream outcomes definitions --json` */
export interface OutcomeDefinitionsDocument {
  readonly version: 1
  readonly kind: 'outcome_definitions'
  readonly data: readonly z.infer<typeof outcomeDefinition>[]
}
