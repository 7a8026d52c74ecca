import type { ProposedChange } from '../change/change.ts'
import {
  type ChangeId,
  type DreamId,
  type FindingId,
  type Hash,
  type MemoryVersionId,
  makeId,
} from '../ids.ts'
import { presentEvidence } from './evidence.ts'

interface Named<Status extends string> {
  readonly id: ChangeId
  readonly dreamId: DreamId
  readonly status: Status
  readonly baseVersionId: MemoryVersionId | null
  readonly change: ProposedChange
}

/** A change in the shape of the contract, its quotes included. */
export function presentChange<Status extends string>(stored: Named<Status>, hash: Hash) {
  const { change } = stored
  return {
    id: stored.id,
    dream_id: stored.dreamId,
    operation: change.operation,
    status: stored.status,
    path: change.path,
    before: change.before,
    after: change.after,
    rationale: change.rationale,
    grade: change.grade,
    finding_ids: change.findingKeys.map((key) => nameFinding(stored.dreamId, key, hash)),
    taint: change.trust.taint,
    quarantine: change.trust.quarantine.map(({ rule, explanation }) => ({ rule, explanation })),
    evidence: change.evidence.map(presentEvidence),
    base_version: stored.baseVersionId,
    base_sha256: change.baseSha256,
  }
}

/** Findings are named by their dream and their key, so a change's findings need no look-up. */
export const nameFinding = (dreamId: DreamId, key: string, hash: Hash): FindingId =>
  makeId('fnd', hash, [dreamId, key])
