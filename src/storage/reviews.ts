import type { Selectable } from 'kysely'
import type { Actor } from '../core/audit/record.ts'
import type { ProposedChange } from '../core/change/change.ts'
import {
  type ChangeId,
  type DreamId,
  type MemoryStoreId,
  makeId,
  type ReviewId,
} from '../core/ids.ts'
import type { RejectedBefore } from '../core/review/rejections.ts'
import type { Reader, Writer } from './database.ts'
import type { ReviewsTable } from './tables/changes.ts'

/** What one person said of one change, for good: a later word does not take the place of an earlier one. */
export interface Review {
  readonly id: ReviewId
  readonly changeId: ChangeId
  readonly dreamId: DreamId
  /** From 0 within its change. */
  readonly ordinal: number
  readonly verdict: ReviewsTable['verdict']
  readonly actor: Actor
  readonly reason: string | null
  /** Given in the knowledge that a critic rejects the change. */
  readonly overrules: boolean
  /** Given to break the glass, past what the policy says. */
  readonly bypasses: boolean
  readonly changeHash: string
  readonly evidenceHash: string
  readonly support: number
  readonly policyVersion: string | null
  /** Null unless it approves. */
  readonly approvalHash: string | null
  readonly expiresAt: string | null
  readonly voidedAt: string | null
  readonly voidReason: string | null
  readonly createdAt: string
}

export type NewReview = Omit<
  Review,
  'id' | 'ordinal' | 'actor' | 'voidedAt' | 'voidReason' | 'createdAt'
> & {
  readonly editedFrom?: ProposedChange
}

export async function insertReview(writer: Writer, given: NewReview): Promise<Review> {
  const { changeId, actor } = { ...given, actor: writer.actor }
  const last = await writer.read
    .selectFrom('reviews')
    .select((select) => select.fn.max<number | null>('ordinal').as('ordinal'))
    .where('change_id', '=', changeId)
    .executeTakeFirst()
  const ordinal = (last?.ordinal ?? -1) + 1
  const row = await writer.write
    .insertInto('reviews')
    .values({
      id: makeId('rvw', writer.hash, [changeId, String(ordinal)]),
      change_id: changeId,
      dream_id: given.dreamId,
      ordinal,
      verdict: given.verdict,
      actor_type: actor.type,
      actor_id: actor.id,
      reason: given.reason,
      overrules: given.overrules ? 1 : 0,
      bypasses: given.bypasses ? 1 : 0,
      edited_from: given.editedFrom ? JSON.stringify(given.editedFrom) : null,
      change_hash: given.changeHash,
      evidence_hash: given.evidenceHash,
      support: given.support,
      policy_version: given.policyVersion,
      approval_hash: given.approvalHash,
      expires_at: given.expiresAt,
      created_at: writer.at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toReview(row)
}

/** In the order in which they were given. */
export async function listReviews(reader: Reader, changeId: ChangeId): Promise<Review[]> {
  const rows = await reader.read
    .selectFrom('reviews')
    .selectAll()
    .where('change_id', '=', changeId)
    .orderBy('ordinal')
    .execute()
  return rows.map(toReview)
}

/** Every approval of the change that still stood says from now on why it does not. */
export async function voidApprovals(
  writer: Writer,
  changeId: ChangeId,
  reason: string,
): Promise<void> {
  await writer.write
    .updateTable('reviews')
    .set({ voided_at: writer.at, void_reason: reason })
    .where('change_id', '=', changeId)
    .where('verdict', '=', 'accept')
    .where('voided_at', 'is', null)
    .execute()
}

/** Of every dream over the store, oldest first. */
export async function listRejections(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<RejectedBefore[]> {
  const rows = await reader.read
    .selectFrom('reviews')
    .innerJoin('changes', 'changes.id', 'reviews.change_id')
    .innerJoin('dreams', 'dreams.id', 'reviews.dream_id')
    .select([
      'changes.key',
      'reviews.evidence_hash as evidenceHash',
      'reviews.support',
      'reviews.reason',
      'reviews.created_at as at',
    ])
    .where('dreams.input_store_id', '=', storeId)
    .where('reviews.verdict', '=', 'reject')
    .orderBy('reviews.created_at')
    .orderBy('reviews.id')
    .execute()
  return rows.map((row) => ({ ...row, reason: row.reason ?? '' }))
}

const toReview = (row: Selectable<ReviewsTable>): Review => ({
  id: row.id,
  changeId: row.change_id,
  dreamId: row.dream_id,
  ordinal: row.ordinal,
  verdict: row.verdict,
  actor: { type: row.actor_type, id: row.actor_id },
  reason: row.reason,
  overrules: row.overrules === 1,
  bypasses: row.bypasses === 1,
  changeHash: row.change_hash,
  evidenceHash: row.evidence_hash,
  support: row.support,
  policyVersion: row.policy_version,
  approvalHash: row.approval_hash,
  expiresAt: row.expires_at,
  voidedAt: row.voided_at,
  voidReason: row.void_reason,
  createdAt: row.created_at,
})
