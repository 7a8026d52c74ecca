import { z } from 'zod'
import { actor, count, duration, orNone, share, word } from './field-schemas.ts'

const demand = z.enum(['optional', 'required'])
const unitKind = z.enum(['session', 'actor', 'workspace', 'block'])
const atLeast = (least: number) =>
  count.refine((value) => value >= least, `at least ${least}: a policy may only ask for more`)

const step = z
  .strictObject({
    weight: z.number().min(1).max(50).describe('percent of the units that read the candidate'),
    minUnits: count.min(1).optional().describe('units that read the candidate in this step'),
    minDuration: duration.optional(),
  })
  .transform(({ weight, minUnits, minDuration }) => ({
    weight,
    minUnits: minUnits ?? null,
    minDuration: minDuration ?? 0,
  }))
const steps = z
  .array(step)
  .min(1)
  .max(10)
  .refine(
    (all) => all.every(({ minUnits }, at) => (minUnits === null) === (at === all.length - 1)),
    'every step but the last says minUnits; the last one lasts until the decision',
  )
  .refine(
    (all) => all.every(({ weight }, at) => weight >= (all[at - 1]?.weight ?? 0)),
    'no step has less weight than the one before it',
  )
  .refine((all) => all.at(-1)?.minDuration === 0, 'the last step lasts until the decision')
  .transform((all) => [all])

const guardrail = z
  .strictObject({
    name: word,
    maxDrop: share.optional().describe('in points of its score'),
    maxRise: z.number().positive().max(10).optional().describe('of the tokens or seconds used'),
  })
  .refine((one) => one.maxDrop === undefined || one.maxRise === undefined, {
    message: 'give maxDrop or maxRise, or neither: then it has only to be watched',
  })
  .transform(({ name, maxDrop, maxRise }) => ({
    name,
    maxDrop: maxDrop ?? null,
    maxRise: maxRise ?? null,
  }))

/** Every number is one that makes it stricter than the rule already is. */
export const rollout = z.strictObject({
  experiment: z
    .strictObject({ low: demand, medium: demand, high: demand, critical: demand })
    .partial()
    .describe('required: applied only after an experiment proved it'),
  unit: orNone(
    z.union([unitKind.transform((one) => [one]), z.array(unitKind).min(1).max(4)]),
  ).describe('what coins may be tossed for'),
  steps: steps.describe('the slowest of these and of 10, 25, 50 % holds'),
  metrics: z
    .strictObject({
      goal: z
        .strictObject({ name: word, minEffect: share.describe('below it nothing is worth having') })
        .partial(),
      guardrails: z.array(guardrail).max(10),
    })
    .partial(),
  analysis: z
    .strictObject({
      alpha: z
        .number()
        .min(0.0001)
        .max(0.05, 'at most 0.05: a policy may only ask for more evidence')
        .describe('1 / alpha is the evidence that promotes, at least 20, and 100 unattended'),
      attribution: duration.describe('how long outcomes are waited for at least'),
      minOutcomeCoverage: share.describe('of each arm, before anything is promoted'),
      minUnitsPerArm: atLeast(30),
      minTaskTypes: atLeast(2),
      minPrincipals: atLeast(2),
      maxUnits: orNone(count.min(1)),
      maxDuration: orNone(duration),
    })
    .partial(),
  promote: z
    .strictObject({
      mode: z.enum(['auto', 'manual']),
      from: orNone(z.array(actor).min(1).max(100)).describe('who may promote'),
    })
    .partial(),
  afterPromotion: z
    .strictObject({
      watch: duration.refine((ms) => ms >= 14 * 86_400_000, 'at least 14d'),
      holdback: z.number().min(10, 'at least 10').max(50).describe('percent'),
    })
    .partial(),
})
