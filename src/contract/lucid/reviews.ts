import { z } from 'zod'
import { change } from '../changes.ts'
import { decision } from '../policy.ts'
import { givenId, prose } from '../v1/wire.ts'

const actor = z.object({ type: z.string(), id: z.string() })
const hex = z.string().regex(/^[0-9a-f]{64}$/, 'give 64 lower-case hexadecimal digits')

const critique = z.object({
  critic: z.string(),
  verdict: z.enum(['accept', 'revise', 'reject']),
  explanation: z.string(),
})

const review = z.object({
  type: z.literal('review'),
  id: z.string(),
  change_id: z.string(),
  verdict: z.enum(['accept', 'reject', 'edit']),
  actor,
  reason: z.string().nullable(),
  override: z.boolean().describe('given in the knowledge that a critic rejects the change'),
  bypass: z.boolean().describe('given to break the glass, past what the policy says'),
  change_hash: z.string().describe('of what was reviewed'),
  evidence_hash: z.string(),
  policy_version: z.string().nullable(),
  expires_at: z.string().nullable().describe('of an approval; null otherwise'),
  voided_at: z.string().nullable(),
  void_reason: z.string().nullable(),
  created_at: z.string(),
})

/** What a reviewer sees beside the change itself. */
export const judged = z.object({
  round: z.number().describe('how often it was edited'),
  status_reason: z.string().nullable().describe('why it went back to proposed'),
  change_hash: z.string().describe('give it with accept, so that nothing else is accepted'),
  evidence_hash: z.string(),
  critiques: z.array(critique),
  dissent: z.boolean().describe('whether the critics disagree'),
  decision: decision.describe('as it is now; once a change is closed, the last one'),
  decisions: z
    .array(decision.extend({ moment: z.enum(['propose', 'try', 'apply']), created_at: z.string() }))
    .describe('every one that was made, newest first'),
  taint: z.string().describe('the lowest origin of any word in it'),
  reviews: z.array(review),
})

export const reviewedChange = change.extend({ type: z.literal('change') }).extend(judged.shape)

const reason = prose(1, 2_000).nullish().describe('why')

export const acceptBody = z.strictObject({
  reason,
  override: z
    .boolean()
    .default(false)
    .describe('accept though a critic rejects it; needs a reason'),
  bypass: z
    .boolean()
    .default(false)
    .describe('break the glass, where the policy lets the person; needs a reason'),
  change_hash: hex.nullish().describe('of the change that was read; another one is refused'),
  expires_at: z.iso.datetime().nullish().describe('at most 14 days from now, which is the default'),
})
export const rejectBody = z.strictObject({ reason: prose(1, 2_000) })
export const editBody = z.strictObject({
  after: prose(1, 20_000).describe('the text to insert in place of the proposed one'),
  reason,
})

export const bulkAcceptBody = z
  .strictObject({
    change_ids: z.array(givenId).min(1).max(1_000).optional(),
    risk: z.literal('low').optional(),
    reason,
  })
  .refine((body) => (body.change_ids === undefined) !== (body.risk === undefined), {
    message: 'give change_ids or risk: low, one of them',
  })
export const acceptedChanges = z.object({ data: z.array(reviewedChange) })

const dryRun = z.boolean().default(false).describe('say what would happen and change nothing')
export const applyBody = z.strictObject({ dry_run: dryRun })

const write = z.object({
  path: z.string(),
  how: z.enum(['created', 'modified', 'deleted']),
  version_before: z.string().nullable(),
  version_after: z.string().nullable().describe('null on a dry run, and where the memory goes'),
  change_ids: z.array(z.string()),
  content_sha256: z.string().nullable(),
})

export const appliedDream = z.object({
  type: z.literal('dream_apply'),
  dream_id: z.string(),
  memory_store_id: z.string(),
  dry_run: z.boolean(),
  writes: z.array(write),
  returned: z
    .array(z.object({ change_id: z.string(), reason: z.string() }))
    .describe('accepted changes that go back to review'),
  waiting: z
    .array(z.object({ change_id: z.string(), reason: z.string() }))
    .describe('accepted changes that may be written later'),
})

export const rollBackBody = z.strictObject({
  dry_run: dryRun,
  cascade: z.boolean().default(false).describe('take along what depends on it'),
  restore: z.boolean().default(false).describe('put back what was rolled back'),
})

export const rolledBack = z.object({
  type: z.literal('roll_back'),
  kind: z.enum(['roll_back', 'restore']),
  dry_run: z.boolean(),
  writes: z.array(write),
  also_changes: z.array(z.string()).describe('changes that were not asked for'),
  also_versions: z
    .array(z.object({ id: z.string(), path: z.string().nullable(), actor, created_at: z.string() }))
    .describe('what others wrote and what goes with it'),
})
