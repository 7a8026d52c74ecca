import { z } from 'zod'
import { cursor, givenId, limit, line, pageOf, prose } from '../v1/wire.ts'

/** A name of a guardrail, a type of task or a kind of signal; never one that objects have anyway. */
const word = line(1, 200).refine((name) => name !== '__proto__', 'not a name')
const share = z.number().min(0).max(1)
const units = z.number().int().min(1).max(1_000_000)
const seconds = z
  .number()
  .int()
  .min(60)
  .max(90 * 86_400)

const guardrail = z
  .strictObject({
    name: word,
    signal_kind: word.optional().describe('the first signal of this kind is the score'),
    measure: z
      .enum(['tokens', 'seconds'])
      .optional()
      .describe('what the sessions of a unit used, against `reference`'),
    reference: z.number().positive().max(1e12).optional().describe('where the score is one half'),
    required: z
      .boolean()
      .default(false)
      .describe('promotion waits until it is shown not to be worse'),
    margin: share.default(0.05),
    harm_watched: z.boolean().default(true).describe('shown harm rolls back'),
    graded: z.boolean().default(true),
    prior_rate: share.optional(),
  })
  .refine((one) => (one.signal_kind === undefined) !== (one.measure === undefined), {
    message: 'give signal_kind or measure, one of them',
  })
  .refine((one) => (one.measure === undefined) === (one.reference === undefined), {
    message: 'a measure needs its reference',
  })
  .refine((one) => one.name !== 'missing outcomes', {
    message: 'name: this guardrail is always there',
  })

const settings = z
  .strictObject({
    minimum_effect: share.describe('below this a true effect is not worth having; .02'),
    smallest_effect: z.number().min(0.005).max(1).describe('the least to be found; .1'),
    max_units: units.describe('twice a fixed sample where left out'),
    least_units_per_arm: z.number().int().min(1).max(100_000),
    least_strata: z.number().int().min(1).max(100),
    least_principals: z.number().int().min(0).max(100),
    prior_rate: share.describe('of success before; what the past says where left out'),
    prior_rates: z
      .record(word, share)
      .refine((all) => Object.keys(all).length <= 200, 'at most 200'),
    graded: z.boolean().describe('the goal is a score between 0 and 1'),
  })
  .partial()

export const newExperiment = z.strictObject({
  name: line(1, 200),
  change_ids: z
    .array(givenId)
    .min(1)
    .max(4)
    .refine((ids) => new Set(ids).size === ids.length, 'each once'),
  goal: word.describe('name of the outcome definition that decides'),
  unit: z.enum(['session', 'actor', 'workspace', 'block']).default('session'),
  settings: settings.optional(),
  guardrails: z
    .array(guardrail)
    .max(10)
    .default([])
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'each name once'),
  hard_stops: z
    .array(word)
    .max(20)
    .default(['safety_incident', 'secret_leak', 'policy_violation'])
    .describe('kinds of signals of which one ends it at once'),
  deadline_seconds: seconds.optional().describe('how long an outcome is waited for'),
  deadlines_by_task_type: z
    .record(word, seconds)
    .refine((all) => Object.keys(all).length <= 200, 'at most 200')
    .optional(),
  environment: z
    .record(word, line(0, 500))
    .refine((all) => Object.keys(all).length <= 20, 'at most 20')
    .default({})
    .describe('what must stay as it is outside of the change, for the record'),
  follows: givenId
    .optional()
    .describe('a void experiment of the same changes whose evidence is kept'),
})

export const experimentPath = z.object({ experiment_id: givenId })
export const experimentQuery = z.object({
  memory_store_id: givenId.optional(),
  state: z
    .enum(['draft', 'running', 'paused', 'promoted', 'rolled_back', 'inconclusive', 'void'])
    .optional(),
  limit: limit(100, 20),
  page: cursor,
})

const reason = prose(1, 2_000).describe('why')
export const startBody = z.strictObject({
  anyway: z.boolean().default(false).describe('start though it is forecast to take too long'),
  reason: reason.nullish(),
})
export const reasonBody = z.strictObject({ reason })
export const optionalReasonBody = z.strictObject({ reason: reason.nullish() })
export const stopBody = z.strictObject({
  reason,
  environment_changed: z
    .boolean()
    .default(false)
    .describe('void, because something outside of the change is another thing now'),
})

const actor = z.object({ type: z.string(), id: z.string() })
const interval = z.object({ low: z.number(), high: z.number() })
const state = z.enum([
  'draft',
  'running',
  'paused',
  'promoted',
  'rolled_back',
  'inconclusive',
  'void',
])

const forecast = z.object({
  units: z.number(),
  days: z.number().nullable().describe('null where no units come'),
  units_per_day: z.number(),
  most_units: z.number(),
  hopeless: z.boolean(),
  advice: z.array(z.string()),
})

const armTotals = z.object({
  assigned: z.number(),
  committed: z.number(),
  missing: z.number().describe('no outcome at the deadline: counted as failures'),
  late: z.number().describe('of these, with an outcome since: shown, never used'),
  coverage: z.number().nullable().describe('share of committed units with an outcome'),
  mean: z.number().nullable().describe('of what was committed'),
  delivered: z.number().describe('units with a reading that was delivered'),
  confirmed: z.number().describe('units whose harness confirmed that it stood in context'),
  tokens: z.number().nullable().describe('mean of the units whose sessions counted them'),
  seconds: z.number().nullable(),
})

const point = z.object({
  unit: z.number(),
  better: z.number().describe('E that the candidate is better'),
  worse: z.number(),
  low: z.number().describe('of the confidence sequence'),
  high: z.number(),
  ratio: z.number().describe('evidence that the coins were not honoured'),
})

const segment = z.object({
  units: z.number(),
  mean: z.number().nullable(),
})

const test = z.object({
  change_id: z.string(),
  phase: z.enum(['test', 'holdback']),
  verdict: z.enum(['promote', 'rollback', 'inconclusive', 'void']).nullable(),
  ready: z.boolean().describe('a person may promote it'),
  reasons: z.array(z.string()).describe('why, or what is still missing'),
  units: z.number(),
  evidence: z.object({
    better: z.number(),
    worse: z.number(),
    p: z.number().describe('always valid'),
    needed: z.number(),
  }),
  interval: interval.nullable().describe('95 %, at all moments at once'),
  estimate: z.number().describe('biased where a test stopped because of it: never show it alone'),
  leave_one_out: z
    .object({
      ready: z.boolean().describe('enough for a person, whoever is left out'),
      proven: z.boolean().describe('enough for nobody, whoever is left out'),
      rests_on: z
        .object({
          principal: z.string(),
          better: z.number().describe('the most that E ever was without what this one said'),
          waits: z.boolean().describe('for others to speak of the same units, or their deadline'),
        })
        .nullable(),
      voices: z.number().describe('left out one after the other, until it rested on one'),
      units: z.number(),
    })
    .nullable()
    .describe('whether it rests on one principal; null: not asked, or nobody is capped'),
  arms: z.object({ candidate: armTotals, incumbent: armTotals }),
  guardrails: z.array(
    z.object({
      name: z.string(),
      not_worse: z.number(),
      worse: z.number(),
      passed: z.boolean().nullable().describe('null: not required'),
      margin: z.number().describe('how much worse it may be where it is required'),
      not_worse_needed: z.number(),
      harm_at: z.number().nullable().describe('evidence that rolls back; null: not watched'),
      candidate: z.number().nullable().describe('mean score, 1 the best'),
      incumbent: z.number().nullable(),
    }),
  ),
  segments: z
    .array(z.object({ task_type: z.string(), candidate: segment, incumbent: segment }))
    .describe('by type of task: for reading, no test of its own'),
  sample_ratio: z.object({
    evidence: z.number().describe('that the coins were not honoured; 1000 voids'),
    candidate: z.number(),
    incumbent: z.number(),
    expected_share: z.number().nullable(),
  }),
  series: z.array(point).describe('thinned so that no peak is lost'),
})

const decision = z.object({
  kind: z.string(),
  frontier: z.number().describe('units committed at the time'),
  detail: z.record(z.string(), z.unknown()),
  actor,
  created_at: z.string(),
})

const overlay = z
  .object({
    files: z.number().describe('that agents wrote, over all rounds'),
    waiting: z.number().describe('of these, with no proposal yet'),
    proposals: z.number(),
    known: z.number().describe('what the memory store said already'),
    conflicts: z.number().describe('another arm or the memory store has another text there'),
    deletions: z.number().describe('never proposed'),
    held_back: z.number(),
    left_out: z
      .number()
      .describe('too many or too large for the newest round; they wait for the next one'),
    rounds: z.array(
      z.object({
        dream_id: z.string().describe('whose changes the proposals are'),
        status: z.enum(['pending', 'running', 'completed', 'failed', 'canceled']),
        error: z.object({ type: z.string(), message: z.string() }).nullable(),
        files: z.number().nullable(),
        proposals: z.number().nullable(),
        arms: z.array(
          z.object({
            arm: z.string(),
            memory_store_id: z.string(),
            sessions: z.number(),
            files: z.number(),
          }),
        ),
        notes: z.array(
          z.object({
            kind: z.enum(['conflict', 'deletion', 'held_back']),
            arm: z.string(),
            path: z.string(),
            reason: z.string(),
          }),
        ),
        created_at: z.string(),
        ended_at: z.string().nullable(),
      }),
    ),
  })
  .describe('what agents wrote into the stores of their arms')

const summary = z.object({
  type: z.literal('experiment'),
  id: z.string(),
  name: z.string(),
  memory_store_id: z.string(),
  state,
  change_ids: z.array(z.string()),
  goal: z.string(),
  unit: z.string(),
  stage: z.number(),
  verdict: z.string().describe('in one sentence, with the interval'),
  ready: z.boolean(),
  units_assigned: z.number(),
  units_committed: z.number(),
  decision_expected_at: z.string().nullable(),
  created_by: actor,
  created_at: z.string(),
  started_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  holdback: z
    .object({
      from_unit: z.number(),
      until: z.string(),
      ended_at: z.string().nullable(),
    })
    .nullable(),
})

export const experimentPage = pageOf(summary)
export const experiment = summary.extend({
  plan: z.record(z.string(), z.unknown()),
  incumbent_snapshot_id: z.string().nullable(),
  arms: z.array(
    z.object({
      arm: z.string().describe('one digit a change, 1 with it'),
      content_hash: z.string(),
      overlay_store_id: z.string().nullable(),
      assigned: z.number(),
    }),
  ),
  share: z.number().describe('chance of the candidate for the next unit'),
  ramp: z.array(
    z.object({
      share: z.number(),
      until_candidates: z.number().nullable().describe('candidate units; null: until the decision'),
      least_seconds: z.number(),
      state: z.enum(['left', 'current', 'ahead']),
      entered_at: z.string().nullable(),
      entered_at_unit: z.number().nullable(),
    }),
  ),
  waits_until: z.string().nullable().describe('deadline of the unit that the others wait for'),
  tests: z.array(test),
  overlay: overlay.nullable().describe('null where no session mounted the store'),
  decisions: z.array(decision),
  forecast: forecast.nullable().describe('at the volume of today'),
})

export const verifiedExperiment = z.object({
  type: z.literal('experiment_verification'),
  experiment_id: z.string(),
  equal: z.boolean(),
  units: z.number(),
  tests: z.array(
    z.object({
      test: z.string(),
      equal: z.boolean(),
      difference: z.string().nullable().describe('where they differ first'),
    }),
  ),
})

export const seasonQuery = z.object({
  since: line(10, 40).optional().describe('a time; the last 90 days where left out'),
  rate: z.coerce.number().min(0.001).max(0.5).default(0.1),
})
export const season = z.object({
  type: z.literal('experiment_season'),
  since: z.string(),
  rate: z.number().describe('most that may be false among the proven'),
  tests: z.array(
    z.object({
      experiment_id: z.string(),
      change_id: z.string(),
      evidence: z.number(),
      promoted: z.boolean(),
      standing: z.enum(['proven', 'provisional', 'open']),
    }),
  ),
})
