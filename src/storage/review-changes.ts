import { DomainError } from '../core/errors.ts'
import type { ChangeId, DreamId } from '../core/ids.ts'
import { findApproverFault, longestApproval, wantsReason } from '../core/policy/approver.ts'
import type { Approval } from '../core/policy/decision.ts'
import { nameVersions } from '../core/policy/evaluate.ts'
import type { ReviewVerb } from '../core/policy/policy.ts'
import {
  countSupport,
  hashApproval,
  hashChange,
  hashEvidence,
  longestApprovalMs,
} from '../core/review/approval.ts'
import { editChange } from '../core/review/edit-change.ts'
import { type JudgedProposal, toJudged } from '../core/review/judge.ts'
import { getPerson, hashesOf, refuseNoPolicy, sortApprovals, toApproval } from './approvals.ts'
import {
  getChange,
  listChanges,
  type StoredChange,
  updateChangeStatus,
  updateChangeText,
} from './changes.ts'
import type { Writer } from './database.ts'
import { recordDecision } from './decisions.ts'
import { getDream } from './dreams.ts'
import { insertJudgements } from './judgements.ts'
import { openPanelOf, type Panel } from './judging.ts'
import { type DreamOffice, tellAbout } from './new-dream.ts'
import { insertReview, listReviews, voidApprovals } from './reviews.ts'

export interface Acceptance {
  /** Why it is right; a policy may want it always, and it is needed to overrule a critic or to break the glass. */
  readonly reason: string | null
  /** The reviewer knows that a critic rejects the change. */
  readonly overrules: boolean
  /** Past what the policy says, by somebody whom the policy lets break the glass. */
  readonly bypasses: boolean
  /** What the reviewer read; another change there is refused. Null: whatever is there. */
  readonly changeHash: string | null
  /** RFC 3339 UTC with milliseconds; null: as long as an approval may hold. */
  readonly expiresAt: string | null
}

/**
 * One person's approval of a change, bound to the change, its evidence, the policies and its end. With what the
 * policies want it is accepted. A change that was rolled back may be approved again, to be restored.
 */
export async function acceptChange(
  writer: Writer,
  office: DreamOffice,
  { id, ...given }: Acceptance & { readonly id: ChangeId },
): Promise<StoredChange> {
  const person = await getPerson(writer, writer)
  const found = await getChange(writer, id)
  const panel = await openPanelOf(writer, found.dreamId, 'propose')
  refuseNoPolicy(panel)
  const reviews = await listReviews(writer, id)
  const { standing } = await sortApprovals(writer, found, { reviews, panel })
  const before = standing.map((one) => one.approval)
  const stored = await reopen(writer, found, { panel, approvals: before })
  const hashes = hashesOf(stored, writer)
  refuseOther(stored, hashes.changeHash, given.changeHash)
  refuseReasonless(panel, given.bypasses ? 'bypass' : 'accept', given.reason)
  const approval = toApproval(person, { createdAt: writer.at, ...given })
  const approvals = [...before, approval]
  const judged = await judgeWith(panel, stored, { approvals, approval })
  refuseCritics(stored, judged.proposal, given)
  if (judged.fault !== null) throw notAllowed(stored, judged.fault)
  if (before.some(({ by }) => by[0] === person[0])) throw approvedAlready(stored, person[0])
  refuseDenied(stored, judged.proposal)
  const expiresAt = chooseEnd(writer, given, panel)
  const policyVersion = nameVersions(panel.facts.policies)
  const approved = { changeId: id, ...hashes, policyVersion, expiresAt }
  const approvalHash = hashApproval(approved, writer.hash)
  await insertReview(writer, {
    ...approved,
    dreamId: stored.dreamId,
    verdict: 'accept',
    reason: given.reason,
    overrules: given.overrules,
    bypasses: given.bypasses,
    support: countSupport(stored.change.evidence),
    approvalHash,
  })
  await recordDecision(writer, { changeId: id, moment: 'propose', ...judged.proposal })
  await writer.audit({
    action: given.bypasses ? 'change.bypassed' : 'change.accepted',
    objectType: 'change',
    objectId: id,
    afterHash: approvalHash,
    ...(given.bypasses ? { reason: given.reason } : {}),
  })
  if (stored.status === 'proposed' && judged.proposal.decision.verdict === 'allow') {
    await updateChangeStatus(writer, id, { from: 'proposed', to: 'accepted' })
    await tellAbout(writer, office, { type: 'change.accepted', id })
  }
  return getChange(writer, id)
}

async function judgeWith(
  panel: Panel,
  stored: StoredChange,
  { approvals, approval }: { readonly approvals: readonly Approval[]; readonly approval: Approval },
) {
  const candidate = await panel.prepare(stored, { approvals })
  const proposal = panel.judge(candidate)
  const judged = toJudged(panel.facts, candidate, proposal.critiques)
  const { decision } = proposal
  const fault = findApproverFault(panel.facts.policies, { judged, approval, decision })
  return { proposal, fault }
}

/** An accepted change whose approvals do not hold any more is a proposal again. */
async function reopen(
  writer: Writer,
  stored: StoredChange,
  { panel, approvals }: { readonly panel: Panel; readonly approvals: readonly Approval[] },
): Promise<StoredChange> {
  if (stored.status !== 'accepted') {
    refuseStatus(stored, ['proposed', 'rolled_back'], 'accepted')
    return stored
  }
  const { decision } = panel.judge(await panel.prepare(stored, { approvals }))
  if (decision.verdict === 'allow') refuseStatus(stored, ['proposed'], 'accepted')
  await returnChange(writer, stored.id, 'its approvals did not hold any more')
  return getChange(writer, stored.id)
}

/** From accepted back to proposed, with the reason; its approvals are void. */
export async function returnChange(writer: Writer, id: ChangeId, reason: string): Promise<void> {
  await voidApprovals(writer, id, reason)
  await updateChangeStatus(writer, id, { from: 'accepted', to: 'proposed', reason })
  await writer.audit({ action: 'change.returned', objectType: 'change', objectId: id, reason })
}

/** For good, with its reason; the same proposal does not come back on the same evidence. */
export async function rejectChange(
  writer: Writer,
  office: DreamOffice,
  { id, reason }: { readonly id: ChangeId; readonly reason: string },
): Promise<StoredChange> {
  const stored = await getChange(writer, id)
  refuseStatus(stored, ['proposed', 'accepted'], 'rejected')
  await voidApprovals(writer, id, 'the change was rejected')
  await insertReview(writer, {
    changeId: id,
    dreamId: stored.dreamId,
    verdict: 'reject',
    reason,
    overrules: false,
    bypasses: false,
    ...hashesOf(stored, writer),
    support: countSupport(stored.change.evidence),
    policyVersion: null,
    approvalHash: null,
    expiresAt: null,
  })
  await updateChangeStatus(writer, id, { from: stored.status, to: 'rejected' })
  await writer.audit({
    action: 'change.rejected',
    objectType: 'change',
    objectId: id,
    beforeHash: hashChange(stored.change, writer.hash),
  })
  await tellAbout(writer, office, { type: 'change.rejected', id })
  return getChange(writer, id)
}

/** Another text in the same place: judged anew, a proposal again, and every approval of the old text is void. */
export async function editStoredChange(
  writer: Writer,
  id: ChangeId,
  { after, reason }: { readonly after: string; readonly reason: string | null },
): Promise<StoredChange> {
  const stored = await getChange(writer, id)
  refuseStatus(stored, ['proposed', 'accepted'], 'edited')
  const change = editChange(stored.change, after)
  const beforeHash = hashChange(stored.change, writer.hash)
  const changeHash = hashChange(change, writer.hash)
  if (changeHash === beforeHash) {
    throw new DomainError('invalid_argument', `after: is what change ${id} inserts already.`)
  }
  await voidApprovals(writer, id, 'the change was edited')
  await updateChangeText(writer, stored, change)
  const panel = await openPanelOf(writer, stored.dreamId, 'propose')
  refuseReasonless(panel, 'edit', reason)
  await insertReview(writer, {
    changeId: id,
    dreamId: stored.dreamId,
    verdict: 'edit',
    reason,
    overrules: false,
    bypasses: false,
    editedFrom: stored.change,
    changeHash,
    evidenceHash: hashEvidence(change.evidence, writer.hash),
    support: countSupport(change.evidence),
    policyVersion: nameVersions(panel.facts.policies),
    approvalHash: null,
    expiresAt: null,
  })
  const judged = panel.judge(await panel.prepare({ ...stored, change }, { approvals: [] }))
  await insertJudgements(writer, [{ ...judged, changeId: id, round: stored.round + 1 }])
  await writer.audit({
    action: 'change.edited',
    objectType: 'change',
    objectId: id,
    beforeHash,
    afterHash: changeHash,
  })
  return getChange(writer, id)
}

/** Several at once, all or none; only changes of low risk that no critic minds. */
export async function acceptLowRisk(
  writer: Writer,
  office: DreamOffice,
  given: {
    readonly dreamId: DreamId
    readonly ids: readonly ChangeId[] | null
    readonly reason: string | null
  },
): Promise<StoredChange[]> {
  const { dreamId, ids, reason } = given
  await getDream(writer, dreamId)
  const all = await listChanges(writer, dreamId)
  const open = all.filter(({ status }) => status === 'proposed')
  const chosen = ids === null ? open : ids.map((id) => findIn(all, id, dreamId))
  const panel = await openPanelOf(writer, dreamId, 'propose')
  refuseNoPolicy(panel)
  const accepted: StoredChange[] = []
  for (const stored of chosen) {
    const proposal = panel.judge(await panel.prepare(stored, { approvals: [] }))
    const { decision } = proposal
    if (isPlain(stored, proposal) && (ids !== null || decision.verdict !== 'deny')) {
      const acceptance = { reason, overrules: false, bypasses: false, changeHash: null }
      accepted.push(
        await acceptChange(writer, office, { ...acceptance, expiresAt: null, id: stored.id }),
      )
    } else if (ids !== null) {
      throw new DomainError(
        'policy_denied',
        `Change ${stored.id} is of ${decision.risk} risk${decision.risk === 'low' ? ', but a critic minds it or it is in quarantine' : ''}; only changes of low risk that nobody minds are accepted in bulk. Accept it by itself.`,
      )
    }
  }
  if (accepted.length > 0) return accepted
  throw new DomainError(
    'conflict',
    `Dream ${dreamId} has no open change of low risk: nothing was accepted.`,
  )
}

/** Low risk, nothing in it to look at twice. */
const isPlain = ({ change }: StoredChange, { decision, critiques }: JudgedProposal): boolean =>
  decision.risk === 'low' &&
  change.trust.quarantine.length === 0 &&
  critiques.every(({ verdict }) => verdict === 'accept')

function findIn(all: readonly StoredChange[], id: ChangeId, dreamId: DreamId): StoredChange {
  const found = all.find((one) => one.id === id)
  if (found) return found
  throw new DomainError('not_found', `Dream ${dreamId} has no change ${id}.`)
}

function chooseEnd(
  { at }: Writer,
  { expiresAt: wanted, bypasses }: Pick<Acceptance, 'expiresAt' | 'bypasses'>,
  { facts }: Panel,
): string {
  const longest = longestApproval(facts.policies, bypasses ? 'bypass' : 'approval')
  const ms = Math.min(longestApprovalMs, longest)
  const latest = new Date(Date.parse(at) + ms).toISOString()
  if (wanted === null) return latest
  if (wanted > at && wanted <= latest) return wanted
  throw new DomainError(
    'invalid_argument',
    `expires_at: give a time between now and ${latest}; an approval holds for at most ${ms / 3_600_000} hours.`,
  )
}

function refuseStatus(
  { id, status }: StoredChange,
  right: readonly StoredChange['status'][],
  verb: string,
): void {
  if (right.includes(status)) return
  throw new DomainError(
    'conflict',
    `Change ${id} is ${status.replace('_', ' ')} and cannot be ${verb}.`,
  )
}

function refuseOther({ id }: StoredChange, found: string, wanted: string | null): void {
  if (wanted === null || wanted === found) return
  throw new DomainError(
    'conflict',
    `Change ${id} is not the one that was reviewed: its hash is ${found} now. Read it again.`,
    { details: { error_code: 'stale_review' } },
  )
}

function refuseReasonless({ facts }: Panel, verb: ReviewVerb, reason: string | null): void {
  if (reason !== null) return
  if (verb !== 'bypass' && !wantsReason(facts.policies, verb)) return
  throw new DomainError('invalid_argument', `reason: is needed to ${verb} a change; say why.`)
}

const notAllowed = ({ id }: StoredChange, fault: string) =>
  new DomainError('policy_denied', `Change ${id} cannot be approved so: ${fault}.`, {
    details: { error_code: 'not_an_approver' },
  })

const approvedAlready = ({ id }: StoredChange, person: string) =>
  new DomainError('conflict', `${person} approved change ${id} already; another person has to.`)

function refuseDenied({ id }: StoredChange, { decision }: JudgedProposal): void {
  if (decision.verdict !== 'deny') return
  throw new DomainError('policy_denied', `The policy denies change ${id}: ${explain(decision)}.`)
}

/** The limits that a change met, for people. */
export function explain({ reasons, verdict }: JudgedProposal['decision']): string {
  const found = reasons.filter((one) => one.mode === 'enforce' && one.verdict === verdict)
  return found
    .slice(0, 5)
    .map(({ rule, value, limit }) => `${rule}: ${value} (${limit})`)
    .join('; ')
}

function refuseCritics(
  { id }: StoredChange,
  { critiques }: JudgedProposal,
  given: Acceptance,
): void {
  const against = critiques.filter(({ verdict }) => verdict === 'reject')
  if (against.length === 0) return
  if ((given.overrules || given.bypasses) && given.reason !== null) return
  const said = against.map(({ critic, explanation }) => `${critic}: ${explanation}`).join(' ')
  throw new DomainError(
    'conflict',
    `The panel rejects change ${id}. ${said} To accept it all the same, say override: true and give a reason.`,
    { details: { error_code: 'critics_reject' } },
  )
}
