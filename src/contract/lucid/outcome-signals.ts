import { z } from 'zod'
import {
  cursor,
  flag,
  givenId,
  limit,
  line,
  pageOf,
  prose,
  timeRange,
  timestamp,
} from '../v1/wire.ts'

const part = z.union([z.number(), z.boolean(), prose(0, 1_000), z.null()])

export const subject = z.object({
  type: z
    .string()
    .regex(/^[a-z][a-z0-9_.-]{0,63}$/, 'small letters, digits, _ . -; at most 64')
    .describe(
      'session_id, session_key, exposure_id, github.pr, git.sha, git.branch, metadata.NAME, …',
    ),
  value: line(1, 512),
})

/** What a name may be of those that keys, definitions and rules go by. */
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'small letters, digits, . _ -; 1 to 64')

export const signalKind = z
  .string()
  .regex(/^[a-z][a-z0-9_.]{0,63}$/, 'small letters, digits, _ and .; 1 to 64')

export const newOutcomeSignal = z
  .object({
    source: slug.describe('who sends; keys are unique within it'),
    idempotency_key: line(1, 256).describe('your name for the fact; sent again it is the same one'),
    kind: signalKind.describe(
      'ci, pr_merged, pr_review, ticket_resolved, csat, rubric, revert, incident, human_rating, custom, or your own',
    ),
    value: z.number().min(0, 'at least 0').max(1, 'at most 1').nullish(),
    success: z.boolean().nullish().describe('null: undecided, which is never a failure'),
    components: z
      .record(line(1, 128), part)
      .refine((parts) => Object.keys(parts).length <= 64, 'at most 64 parts')
      .optional()
      .describe('parts by name, such as the criteria of a rubric'),
    decided_at: timestamp.nullish(),
    principal: line(1, 256).nullish().describe('who said so; left out: a machine'),
    subjects: z.array(subject).max(20, 'at most 20').optional(),
    session_id: givenId.nullish().describe('where you know it for sure'),
    explanation: prose(0, 8_000).nullish(),
    final: z.boolean().nullish(),
  })
  .describe('one fact')
export type NewOutcomeSignal = z.output<typeof newOutcomeSignal>

export const outcomeSignalBatch = z.object({
  signals: z
    .array(z.union([newOutcomeSignal, z.unknown()]))
    .min(1, 'at least 1')
    .max(1_000, 'at most 1000'),
})

export const outcomeSignalReceipts = z.object({
  data: z
    .array(
      z.object({
        state: z.enum(['stored', 'known', 'conflict', 'refused']),
        id: z.string().nullable(),
        joins: z.int().describe('sessions and exposures that it was joined to at once'),
        field: z.string().nullable().describe('of a refused one: what is wrong'),
        reason: z.string().nullable(),
      }),
    )
    .describe('one for each signal, in order'),
})

export const outcomeSignal = z.object({
  id: z.string(),
  type: z.literal('outcome_signal'),
  source: z.string(),
  idempotency_key: z.string().nullable().describe('null: an import brought it'),
  kind: z.string(),
  value: z.number().nullable(),
  success: z.boolean().nullable(),
  polarity: z.enum(['good', 'bad', 'neutral']),
  components: z.record(z.string(), z.union([z.number(), z.boolean(), z.string(), z.null()])),
  decided_at: z.string().nullable(),
  received_at: z.string(),
  principal: z.string().nullable(),
  signed: z.boolean(),
  final: z.boolean().nullable(),
  subjects: z.array(z.object({ type: z.string(), value: z.string() })),
  explanation: z.string().nullable(),
  session_id: z.string().nullable().describe('the strongest join; weak ones do not count'),
  joins: z.array(
    z.object({
      session_id: z.string().nullable(),
      exposure_id: z.string().nullable(),
      via: z.string(),
      confidence: z.enum(['exact', 'strong', 'weak']),
    }),
  ),
  unmatched_reason: z.string().nullable(),
})
export type OutcomeSignalOnWire = z.input<typeof outcomeSignal>

export const outcomeSignalPage = pageOf(outcomeSignal)

export const outcomeSignalPath = z.object({ outcome_signal_id: givenId })

export const outcomeSignalQuery = z.object({
  source: line(1, 128).optional(),
  kind: line(1, 64).optional(),
  session_id: givenId.optional(),
  unmatched: flag.optional(),
  created_at: timeRange.optional(),
  limit: limit(100, 20),
  page: cursor,
})

export const unmatchedQuery = z.object({
  source: line(1, 128).optional(),
  limit: limit(100, 20),
  page: cursor,
})

export const matchRates = z.object({
  data: z.array(
    z.object({
      source: z.string(),
      signals: z.int(),
      exact: z.int(),
      strong: z.int(),
      weak: z.int(),
      unmatched: z.int(),
      match_rate: z.number().describe('share that is joined, weak joins left out'),
      unmatched_reasons: z.record(z.string(), z.int()),
    }),
  ),
  at_least: z.boolean().describe('true: only the newest 100000 signals were counted'),
})
