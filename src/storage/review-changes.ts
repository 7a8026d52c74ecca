import type { Actor } from '../core/audit/record.ts'
import type { ProposedChange } from '../core/change/change.ts'
import { viewStore } from '../core/critique/store-view.ts'
import { DomainError } from '../core/errors.ts'
import type { ChangeId, DreamId } from '../core/ids.ts'
import {
  countSupport,
  findVoid,
  hashApproval,
  hashChange,
  hashEvidence,
  longestApprovalMs,
} from '../core/review/approval.ts'
import { editChange } from '../core/review/edit-change.ts'
import { type JudgedProposal, judgeProposal } from '../core/review/judge.ts'
import {
  getChange,
  listChanges,
  type StoredChange,
  updateChangeStatus,
  updateChangeText,
} from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { listDreamMemories } from './dream-memories.ts'
import { getDream } from './dreams.ts'
import { measureDrift } from './drift.ts'
import { findJudgement, insertJudgements } from './judgements.ts'
import { countQuotes } from './quotes-in-context.ts'
import { insertReview, listRejections, listReviews, type Review, voidApprovals } from './reviews.ts'

export interface Acceptance {
  /** Why it is right though a critic rejects it; needed then, welcome otherwise. */
  readonly reason: string | null
  /** The reviewer knows that a critic rejects the change. */
  readonly overrules: boolean
  /** What the reviewer read; another change there is refused. Null: whatever is there. */
  readonly changeHash: string | null
  /** RFC 3339 UTC with milliseconds; null: as long as an approval may hold. */
  readonly expiresAt: string | null
}

/**
 * One approval of a change, bound to the change, its evidence, the policy and its end. With as many as the decision
 * wants the change is accepted. Whoever proposed it, or an edit of it where several must approve, may not.
 */
export async function acceptChange(
  writer: Writer,
  id: ChangeId,
  given: Acceptance,
): Promise<StoredChange> {
  const reviews = await listReviews(writer, id)
  const found = await getChange(writer, id)
  const judged = await judgeStored(writer, found)
  const { policyVersion } = judged.decision
  const { standing } = sortApprovals(found, { reviews, policyVersion }, writer)
  const stored = await reopen(writer, found, { standing, wanted: judged.decision.approvals.count })
  const hashes = hashesOf(stored, writer)
  await refuseProposer(writer, stored, { reviews, count: judged.decision.approvals.count })
  refuseOther(stored, hashes.changeHash, given.changeHash)
  refuseDenied(stored, judged)
  refuseCritics(stored, judged, given)
  if (standing.some(({ actor }) => isSame(actor, writer.actor))) {
    throw new DomainError(
      'conflict',
      `${writer.actor.id} approved change ${id} already; another person has to.`,
    )
  }
  const expiresAt = chooseEnd(writer, given.expiresAt)
  const approved = { changeId: id, ...hashes, policyVersion, expiresAt }
  await insertReview(writer, {
    ...approved,
    changeId: id,
    dreamId: stored.dreamId,
    verdict: 'accept',
    reason: given.reason,
    overrules: given.overrules,
    support: countSupport(stored.change.evidence),
    approvalHash: hashApproval(approved, writer.hash),
  })
  if (standing.length + 1 >= Math.max(1, judged.decision.approvals.count)) {
    await updateChangeStatus(writer, id, { from: 'proposed', to: 'accepted' })
  }
  await writer.audit({
    action: 'change.accepted',
    objectType: 'change',
    objectId: id,
    afterHash: hashApproval(approved, writer.hash),
  })
  return getChange(writer, id)
}

/** An accepted change whose approvals do not hold any more is a proposal again. */
async function reopen(
  writer: Writer,
  stored: StoredChange,
  { standing, wanted }: { readonly standing: readonly Review[]; readonly wanted: number },
): Promise<StoredChange> {
  if (stored.status !== 'accepted' || standing.length >= Math.max(1, wanted)) {
    refuseStatus(stored, ['proposed'], 'accepted')
    return stored
  }
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
  id: ChangeId,
  reason: string,
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
  const judged = await judgeNow(writer, { ...stored, change })
  await insertJudgements(writer, [{ ...judged, changeId: id, round: stored.round + 1 }])
  await insertReview(writer, {
    changeId: id,
    dreamId: stored.dreamId,
    verdict: 'edit',
    reason,
    overrules: false,
    editedFrom: stored.change,
    changeHash,
    evidenceHash: hashEvidence(change.evidence, writer.hash),
    support: countSupport(change.evidence),
    policyVersion: judged.decision.policyVersion,
    approvalHash: null,
    expiresAt: null,
  })
  await writer.audit({
    action: 'change.edited',
    objectType: 'change',
    objectId: id,
    beforeHash,
    afterHash: changeHash,
  })
  return getChange(writer, id)
}

/** Several at once, all or none; only changes of low risk that no critic rejects. */
export async function acceptLowRisk(
  writer: Writer,
  dreamId: DreamId,
  given: { readonly ids: readonly ChangeId[] | null; readonly reason: string | null },
): Promise<StoredChange[]> {
  await getDream(writer, dreamId)
  const all = await listChanges(writer, dreamId)
  const open = all.filter(({ status }) => status === 'proposed')
  const chosen = given.ids === null ? open : given.ids.map((id) => findIn(all, id, dreamId))
  const accepted: StoredChange[] = []
  for (const stored of chosen) {
    const { decision } = await judgeStored(writer, stored)
    if (decision.risk === 'low') {
      const acceptance = {
        reason: given.reason,
        overrules: false,
        changeHash: null,
        expiresAt: null,
      }
      accepted.push(await acceptChange(writer, stored.id, acceptance))
    } else if (given.ids !== null) {
      throw new DomainError(
        'forbidden',
        `Change ${stored.id} is of ${decision.risk} risk; only changes of low risk are accepted in bulk. Accept it by itself.`,
      )
    }
  }
  if (accepted.length > 0) return accepted
  throw new DomainError(
    'conflict',
    `Dream ${dreamId} has no open change of low risk: nothing was accepted.`,
  )
}

function findIn(all: readonly StoredChange[], id: ChangeId, dreamId: DreamId): StoredChange {
  const found = all.find((one) => one.id === id)
  if (found) return found
  throw new DomainError('not_found', `Dream ${dreamId} has no change ${id}.`)
}

/** As it was judged last; a change from before there was a panel is judged now. */
export async function judgeStored(reader: HashingReader, stored: StoredChange) {
  return (await findJudgement(reader, stored)) ?? (await judgeNow(reader, stored))
}

type HashingReader = Reader & Pick<Writer, 'hash'>

async function judgeNow(reader: HashingReader, stored: StoredChange): Promise<JudgedProposal> {
  const judge = await openPanel(reader, stored.dreamId)
  return judge(stored.change)
}

/** The panel over the memories that a dream read, for any number of its changes. */
export async function openPanel(reader: HashingReader, dreamId: DreamId) {
  const { inputStoreId } = await getDream(reader, dreamId)
  const rejections = await listRejections(reader, inputStoreId)
  const store = viewStore(await listDreamMemories(reader, dreamId))
  const drift = await measureDrift(reader, inputStoreId)
  return async (change: ProposedChange): Promise<JudgedProposal> => {
    const [quotes] = await countQuotes(reader, dreamId, [change])
    const subject = {
      change,
      store,
      quotes: quotes ?? { resolved: 0, unresolved: change.evidence.length },
      earlierRejections: rejections.filter(({ key }) => key === change.key).length,
      drift,
    }
    return judgeProposal(subject, reader.hash)
  }
}

/** The approvals that hold now; those that do not say why. */
export function sortApprovals(
  stored: StoredChange,
  given: { readonly reviews: readonly Review[]; readonly policyVersion: string | null },
  now: Pick<Writer, 'at' | 'hash'>,
) {
  const { policyVersion } = given
  const judged = { ...hashesOf(stored, now), policyVersion, at: now.at, hash: now.hash }
  const approvals = given.reviews.flatMap((one) =>
    one.verdict === 'accept' && one.voidedAt === null
      ? [{ one, why: findVoidOf(one, judged) }]
      : [],
  )
  return {
    standing: approvals.flatMap(({ one, why }) => (why === null ? [one] : [])),
    void: approvals.flatMap(({ why }) => (why === null ? [] : [why])),
  }
}

type Judged = Parameters<typeof findVoid>[1]

function findVoidOf(review: Review, now: Judged): string | null {
  const { approvalHash, expiresAt } = review
  if (approvalHash === null || expiresAt === null) return 'it was never signed'
  return findVoid({ ...review, approvalHash, expiresAt }, now)
}

export const hashesOf = ({ change }: StoredChange, { hash }: Pick<Writer, 'hash'>) => ({
  changeHash: hashChange(change, hash),
  evidenceHash: hashEvidence(change.evidence, hash),
})

function chooseEnd({ at }: Writer, wanted: string | null): string {
  const latest = new Date(Date.parse(at) + longestApprovalMs).toISOString()
  if (wanted === null) return latest
  if (wanted > at && wanted <= latest) return wanted
  throw new DomainError(
    'invalid_argument',
    `expires_at: give a time between now and ${latest}; an approval holds for at most 14 days.`,
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

/** A dream proposed it. An edit's proposer is its editor, which matters where several must approve. */
async function refuseProposer(
  writer: Writer,
  { id, dreamId }: StoredChange,
  { reviews, count }: { readonly reviews: readonly Review[]; readonly count: number },
): Promise<void> {
  const { actor } = writer
  if (actor.type === 'dream' || actor.type === 'session' || actor.id === dreamId) {
    throw new DomainError(
      'forbidden',
      `Change ${id} was proposed by a dream; a person has to approve it.`,
    )
  }
  const editor = reviews.findLast(({ verdict }) => verdict === 'edit')?.actor
  if (count < 2 || !editor || !isSame(editor, actor)) return
  throw new DomainError(
    'forbidden',
    `${actor.id} edited change ${id}; somebody else has to approve it.`,
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

function refuseDenied({ id }: StoredChange, { decision }: JudgedProposal): void {
  if (decision.verdict !== 'deny') return
  const rules = decision.reasons.filter(({ verdict }) => verdict === 'deny').map(({ rule }) => rule)
  throw new DomainError('forbidden', `The policy denies change ${id}: ${rules.join(', ')}.`)
}

function refuseCritics(
  { id }: StoredChange,
  { critiques }: JudgedProposal,
  given: Acceptance,
): void {
  const against = critiques.filter(({ verdict }) => verdict === 'reject')
  if (against.length === 0) return
  if (given.overrules && given.reason !== null) return
  const said = against.map(({ critic, explanation }) => `${critic}: ${explanation}`).join(' ')
  throw new DomainError(
    'conflict',
    `The panel rejects change ${id}. ${said} To accept it all the same, say override: true and give a reason.`,
    { details: { error_code: 'critics_reject' } },
  )
}

const isSame = (a: Actor, b: Actor) => a.type === b.type && a.id === b.id

export const overruled = (reviews: readonly Review[]): boolean =>
  reviews.some(
    ({ verdict, overrules, voidedAt }) => verdict === 'accept' && overrules && voidedAt === null,
  )
