import type { ProposedChange } from '../change/change.ts'
import type { Critique, CritiqueSubject, StoreDrift } from '../critique/critique.ts'
import { criticize } from '../critique/panel.ts'
import type { StoreView } from '../critique/store-view.ts'
import type { MemoryDocument } from '../memory.ts'
import { longestDelay } from '../policy/approver.ts'
import type { Approval, Decision, JudgedChange } from '../policy/decision.ts'
import { decide } from '../policy/evaluate.ts'
import { addedText } from '../policy/facts.ts'
import type { Policy } from '../policy/policy.ts'
import type { Taint } from '../trust/taint.ts'
import { utf8Length } from '../utf8-length.ts'
import { scanText } from './scan.ts'

/** What the panel and the policy say of a change; the same when it is proposed, edited and applied. */
export interface JudgedProposal {
  readonly critiques: readonly Critique[]
  readonly decision: Decision
  readonly taint: Taint
  /** When it goes by itself; null: never without a person. RFC 3339 UTC. */
  readonly dueAt: string | null
}

/** What is the same for every change of a dream at one moment. Plain data, so that it can go to a thread. */
export interface JudgingFacts {
  readonly policies: readonly Policy[]
  readonly moment: JudgedChange['moment']
  /** RFC 3339 UTC. */
  readonly now: string
  readonly proposedBy: readonly string[]
  readonly policyLoads: JudgedChange['policyLoads']
  readonly dream: Pick<JudgedChange['dream'], 'modelTokens' | 'costUsd' | 'wallClockMs'>
  /** The changes of the dream that nobody rejected. */
  readonly siblings: readonly ProposedChange[]
  readonly store: Pick<JudgedChange['store'], 'id' | 'name' | 'sizes'>
  readonly history: JudgedChange['history']
  readonly rejections: readonly { readonly key: string }[]
  readonly drift: StoreDrift
}

/** What was found out about one change. */
export interface ChangeFacts {
  readonly evidence: JudgedChange['evidence']
  readonly proposedAt: string
  readonly editedBy: string | null
  readonly lot: number
  /** Proposals for the store that have waited longer. */
  readonly openBefore: number
  readonly experiment: JudgedChange['experiment']
}

/** Where the change would go. */
export interface Target {
  readonly before: MemoryDocument | null
  readonly after: MemoryDocument | null
  /** The store without the change. */
  readonly view: StoreView
  readonly size: StoreSize
  /** Changes of the same write that went before it. */
  readonly written: number
}

export interface StoreSize {
  readonly files: number
  readonly bytes: number
}

export interface Candidate {
  readonly change: ProposedChange
  readonly facts: ChangeFacts
  readonly approvals: readonly Approval[]
  readonly target: Target
}

export function judgeChange(facts: JudgingFacts, candidate: Candidate): JudgedProposal {
  const critiques = criticize(toSubject(facts, candidate))
  const judged = toJudged(facts, candidate, critiques)
  const decision = decide(facts.policies, judged)
  const goes = decision.approvals.count === 0 && decision.verdict !== 'deny'
  return {
    critiques,
    taint: judged.taint,
    decision,
    dueAt: goes
      ? new Date(Date.parse(judged.proposedAt) + longestDelay(facts.policies, judged)).toISOString()
      : null,
  }
}

/** All that policies look at. */
export function toJudged(
  facts: JudgingFacts,
  { change, facts: own, approvals, target }: Candidate,
  critiques: readonly Critique[],
): JudgedChange {
  const { moment, now, proposedBy, policyLoads, history } = facts
  const document = {
    before: target.before?.content ?? null,
    after: target.after?.content ?? null,
  }
  const { taint } = change.trust
  return {
    moment,
    now,
    change,
    proposedAt: own.proposedAt,
    proposedBy,
    editedBy: own.editedBy,
    policyLoads,
    lot: own.lot,
    document,
    store: { ...facts.store, ...grow(target), openProposals: own.openBefore + 1 },
    evidence: own.evidence,
    dream: { ...facts.dream, ...sumUp(facts.siblings) },
    history: { ...history, applied: [...history.applied, ...Array(target.written).fill(now)] },
    scans: scanText(addedText({ document }), taint),
    critiques,
    taint,
    approvals,
    experiment: own.experiment,
  }
}

function toSubject(
  { rejections, drift }: JudgingFacts,
  { change, facts, target }: Candidate,
): CritiqueSubject {
  const { unresolved, altered } = facts.evidence
  const bad = unresolved + altered
  return {
    change,
    before: target.before,
    after: target.after,
    store: target.view,
    quotes: { resolved: change.evidence.length - bad, unresolved: bad },
    taint: change.trust.taint,
    earlierRejections: rejections.filter(({ key }) => key === change.key).length,
    drift,
  }
}

/** The size of the store with the change. */
export function grow({
  before,
  after,
  size,
}: Pick<Target, 'before' | 'after' | 'size'>): StoreSize {
  const [old, now] = [before, after].map((one) => (one === null ? 0 : utf8Length(one.content)))
  return {
    files: size.files + (before === null ? 1 : 0) - (after === null ? 1 : 0),
    bytes: size.bytes + (now ?? 0) - (old ?? 0),
  }
}

function sumUp(changes: readonly ProposedChange[]) {
  const edits = changes.flatMap((change) => change.edits)
  return {
    changes: changes.length,
    files: new Set(changes.map(({ path }) => path)).size,
    addedBytes: edits.reduce((sum, { after }) => sum + utf8Length(after), 0),
    removedBytes: edits.reduce((sum, { before }) => sum + utf8Length(before), 0),
  }
}

export const measureDocuments = (documents: readonly MemoryDocument[]): StoreSize => ({
  files: documents.length,
  bytes: documents.reduce((sum, { content }) => sum + utf8Length(content), 0),
})
