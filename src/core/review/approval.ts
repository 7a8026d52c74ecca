import type { ProposedChange } from '../change/change.ts'
import type { Evidence } from '../evidence.ts'
import type { Hash } from '../ids.ts'

/** Longest time for which an approval holds: 14 days. */
export const longestApprovalMs = 14 * 24 * 3_600_000

/** What an approval is bound to: when any byte of it differs, the approval is void. */
export interface Approved {
  readonly changeId: string
  readonly changeHash: string
  readonly evidenceHash: string
  readonly policyVersion: string | null
  /** RFC 3339 UTC. */
  readonly expiresAt: string
}

export const hashApproval = (
  { changeId, changeHash, evidenceHash, policyVersion, expiresAt }: Approved,
  hash: Hash,
): string =>
  hash(JSON.stringify(['approval', changeId, changeHash, evidenceHash, policyVersion, expiresAt]))

/** Of everything that decides what the change writes and why, its base included. */
export const hashChange = (change: ProposedChange, hash: Hash): string =>
  hash(
    JSON.stringify([
      'change',
      change.key,
      change.operation,
      change.path,
      change.baseSha256,
      change.edits.map(({ start, before, after }) => [start, before, after]),
      change.leaves,
      change.before,
      change.after,
      change.rationale,
      change.grade,
      change.findingKeys,
      change.trust.taint,
      change.trust.quarantine.map(({ rule }) => rule),
    ]),
  )

export const hashEvidence = (evidence: readonly Evidence[], hash: Hash): string =>
  hash(
    JSON.stringify([
      'evidence',
      ...evidence.map((one) => [
        one.sessionId,
        one.eventId,
        one.start,
        one.end,
        one.text,
        one.polarity,
      ]),
    ]),
  )

/** Sessions that speak for it, by their quotes. */
export const countSupport = (evidence: readonly Evidence[]): number =>
  new Set(
    evidence.filter(({ polarity }) => polarity === 'supports').map(({ sessionId }) => sessionId),
  ).size

/** Why an approval does not hold for what is there now; null while it holds. */
export function findVoid(
  given: Approved & { readonly approvalHash: string },
  now: Omit<Approved, 'expiresAt' | 'changeId'> & { readonly at: string; readonly hash: Hash },
): string | null {
  if (given.approvalHash !== hashApproval(given, now.hash)) {
    return 'the record of the approval is not the one that was signed'
  }
  if (given.expiresAt <= now.at) return `the approval expired at ${given.expiresAt}`
  if (given.changeHash !== now.changeHash) return 'the change is not the one that was approved'
  if (given.evidenceHash !== now.evidenceHash) return 'its evidence is not what was approved'
  return given.policyVersion === now.policyVersion
    ? null
    : 'the policy is not the one under which it was approved'
}
