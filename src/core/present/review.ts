import type { Critique } from '../critique/critique.ts'
import type { Decision, Moment } from '../policy/decision.ts'
import type { Taint } from '../trust/taint.ts'

interface ShownReview {
  readonly id: string
  readonly changeId: string
  readonly verdict: 'accept' | 'reject' | 'edit'
  readonly actor: { readonly type: string; readonly id: string }
  readonly reason: string | null
  readonly overrules: boolean
  readonly bypasses: boolean
  readonly changeHash: string
  readonly evidenceHash: string
  readonly policyVersion: string | null
  readonly expiresAt: string | null
  readonly voidedAt: string | null
  readonly voidReason: string | null
  readonly createdAt: string
}

interface Judged {
  readonly round: number
  readonly statusReason: string | null
  readonly changeHash: string
  readonly evidenceHash: string
  readonly critiques: readonly Critique[]
  readonly decision: Decision
  readonly decisions: readonly {
    readonly moment: Moment
    readonly createdAt: string
    readonly decision: Decision
  }[]
  readonly taint: Taint
  readonly reviews: readonly ShownReview[]
}

/** What a reviewer sees beside the change itself, in the shape of the contract. */
export function presentJudged(given: Judged) {
  const { decision, critiques } = given
  return {
    round: given.round,
    status_reason: given.statusReason,
    change_hash: given.changeHash,
    evidence_hash: given.evidenceHash,
    critiques: critiques.map((one) => ({ ...one })),
    dissent: new Set(critiques.map(({ verdict }) => verdict)).size > 1,
    decision: presentDecision(decision),
    decisions: given.decisions.map((one) => ({
      moment: one.moment,
      created_at: one.createdAt,
      ...presentDecision(one.decision),
    })),
    taint: given.taint,
    reviews: given.reviews.map(presentReview),
  }
}

/** A decision in the shape of the contract. */
export const presentDecision = (decision: Decision) => ({
  verdict: decision.verdict,
  risk: decision.risk,
  reasons: decision.reasons.map((one) => ({ ...one })),
  approvals: {
    count: decision.approvals.count,
    from: [...decision.approvals.from],
    reviewers: decision.approvals.reviewers.map((list) => [...list]),
  },
  policy_version: decision.policyVersion,
})

const presentReview = (one: ShownReview) => ({
  type: 'review' as const,
  id: one.id,
  change_id: one.changeId,
  verdict: one.verdict,
  actor: { ...one.actor },
  reason: one.reason,
  override: one.overrules,
  bypass: one.bypasses,
  change_hash: one.changeHash,
  evidence_hash: one.evidenceHash,
  policy_version: one.policyVersion,
  expires_at: one.expiresAt,
  voided_at: one.voidedAt,
  void_reason: one.voidReason,
  created_at: one.createdAt,
})
