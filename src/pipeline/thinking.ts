import { applyChanges } from '../core/change/apply.ts'
import type { ProposedChange } from '../core/change/change.ts'
import { DomainError } from '../core/errors.ts'
import type { Hash } from '../core/ids.ts'
import { parseItems } from '../core/items/items.ts'
import { type Reconciliation, reconcile } from '../core/items/reconcile.ts'
import { findStale, type Stale } from '../core/items/staleness.ts'
import type { Memory, MemoryDocument } from '../core/memory.ts'
import type { LaidOutCase } from '../core/mining/case.ts'
import type { CitedFinding, Finding, MiningReport } from '../core/mining/finding.ts'
import { minePatterns } from '../core/mining/mine.ts'
import { type OutcomeSignal, sessionOutcome } from '../core/outcome/signal.ts'
import type { ReconciliationReport } from '../core/present/dream-report.ts'
import {
  type OverlayInput,
  type OverlayProposals,
  proposeOverlays,
} from '../core/propose/overlays.ts'
import { propose } from '../core/propose/propose.ts'
import { type DreamJudging, type JudgedDream, judgeDream } from '../core/review/judge-dream.ts'
import { type RejectedBefore, recallRejections } from '../core/review/rejections.ts'
import { Lexicon } from '../core/transcript/lexicon.ts'
import type { LineTaintTable } from '../core/trust/line-taints.ts'
import { placeholderSign } from '../core/trust/personal-data.ts'
import { type Watch, watchChanges } from '../core/trust/watch.ts'
import { type StoredTraces, unpackStoredTraces } from '../storage/digests.ts'
import { describeReconciliation } from './describe-reconciliation.ts'
import type { Mined, Reconciled } from './reports.ts'

/**
 * The heavy part of a dream: what costs minutes and needs no database. Here for one command that has its
 * process to itself, on a thread where the same process answers requests. Both give the same.
 */
export interface Thinking {
  /** Where digests are made too: `aside` keeps every one of them off this thread. */
  readonly place: 'here' | 'aside'
  mine(task: MiningTask, signal: AbortSignal): Promise<MinedPatterns>
  reconcile(task: ReconcilingTask, signal: AbortSignal): Promise<ReconciledItems>
  propose(task: ProposingTask, signal: AbortSignal): Promise<Proposed>
  collect(task: CollectingTask, signal: AbortSignal): Promise<Collected>
  judge(task: DreamJudging, signal: AbortSignal): Promise<JudgedDream>
  close(): Promise<void>
}

export interface MiningTask {
  /** As they are stored. */
  readonly traces: readonly StoredTraces[]
  readonly signals: readonly OutcomeSignal[]
  /** The memory that is dreamt over: tools may state otherwise than it does. */
  readonly documents: readonly MemoryDocument[]
}

export interface MinedPatterns {
  readonly report: MiningReport<CitedFinding>
  readonly read: Mined['read']
}

export interface ReconcilingTask {
  readonly memories: readonly Memory[]
  /** RFC 3339: what is stale is judged as of then. */
  readonly at: string
}

export interface ReconciledItems {
  readonly reconciliation: Reconciliation
  readonly stale: readonly Stale[]
}

export interface ProposingTask {
  readonly findings: readonly Finding[]
  readonly memories: readonly Memory[]
  readonly reconciled: Pick<Reconciled, 'reconciliation' | 'stale'>
  /** Of the lines of `memories`. */
  readonly taints: LineTaintTable
  /** For the placeholders of personal data. */
  readonly personalKey: string
  /** Of earlier dreams over the same store. */
  readonly rejections: readonly RejectedBefore[]
  readonly watch: Watch
}

export interface CollectingTask
  extends Pick<ProposingTask, 'memories' | 'taints' | 'personalKey' | 'rejections' | 'watch'>,
    Pick<OverlayInput, 'experimentId' | 'arms'> {}

export interface Collected extends OverlayProposals {
  readonly heldBack: readonly string[]
}

export interface Proposed {
  readonly changes: readonly ProposedChange[]
  readonly heldBack: readonly string[]
  readonly items: number
  readonly reconciliation: ReconciliationReport
}

/** Thinks on the thread that calls. */
export const thinkHere = (hash: Hash): Thinking => ({
  place: 'here',
  mine: (task) => mineTraces(task, hash),
  reconcile: async (task) => reconcileItems(task, hash),
  propose: async (task) => proposeOver(task, hash),
  collect: async (task) => collectOver(task, hash),
  judge: (task) => judgeDream(task, hash),
  close: async () => {},
})

export async function mineTraces(task: MiningTask, hash: Hash): Promise<MinedPatterns> {
  const { traces, signals, documents } = task
  const bySession = Map.groupBy(signals, (one) => one.sessionId)
  const lexicon = new Lexicon()
  const cases: LaidOutCase[] = []
  for (const packed of traces) {
    for (const { trace, steps } of unpackStoredTraces(packed, lexicon)) {
      cases.push({ trace, steps, ...sessionOutcome(bySession.get(trace.sessionId) ?? []) })
    }
  }
  return { report: minePatterns(cases, { documents, hash }), read: countCases(cases) }
}

export function reconcileItems({ memories, at }: ReconcilingTask, hash: Hash): ReconciledItems {
  const items = memories.flatMap((memory) => parseItems(memory, hash))
  return { reconciliation: reconcile(memories, hash), stale: findStale(items, at) }
}

export function proposeOver(task: ProposingTask, hash: Hash): Proposed {
  const { findings, memories, reconciled, taints, personalKey } = task
  const proposals = propose({
    findings,
    documents: memories,
    reconciliation: reconciled.reconciliation,
    hash,
    trust: { taints, sign: placeholderSign(personalKey, hash) },
  })
  const recalled = recallRejections(proposals.changes, task.rejections, hash)
  const items = memories.flatMap((memory) => parseItems(memory, hash))
  const lines = items.filter(({ kind }) => kind !== 'heading').map(({ text }) => text)
  const changes = watchChanges(recalled.changes, lines, task.watch)
  const released = changes.filter(({ trust }) => trust.quarantine.length === 0)
  const { refused } = applyChanges(memories, released, hash)
  const [first] = refused
  if (first) {
    throw new DomainError('conflict', `Change ${first.change.key} does not apply: ${first.reason}`)
  }
  return {
    changes,
    heldBack: [...proposals.nothing, ...recalled.heldBack],
    items: items.length,
    reconciliation: describeReconciliation(memories, reconciled),
  }
}

/** What agents wrote, as changes; what was rejected before and what is out of the ordinary is met as in any dream. */
export function collectOver(task: CollectingTask, hash: Hash): Collected {
  const { memories, personalKey } = task
  const sign = placeholderSign(personalKey, hash)
  const proposals = proposeOverlays({ ...task, documents: memories, sign, hash })
  const recalled = recallRejections(proposals.changes, task.rejections, hash)
  const lines = memories
    .flatMap((memory) => parseItems(memory, hash))
    .filter(({ kind }) => kind !== 'heading')
    .map(({ text }) => text)
  return {
    changes: watchChanges(recalled.changes, lines, task.watch),
    heldBack: recalled.heldBack,
    notes: proposals.notes,
    known: proposals.known,
  }
}

function countCases(cases: readonly LaidOutCase[]): Mined['read'] {
  const distinct = (values: (string | null)[]) =>
    [...new Set(values.filter((value) => value !== null))].toSorted()
  return {
    sessions: cases.length,
    steps: cases.reduce((sum, { steps }) => sum + steps.to - steps.from, 0),
    succeeded: cases.filter((one) => one.success === true).length,
    failed: cases.filter((one) => one.success === false).length,
    undecided: cases.filter((one) => one.success === null).length,
    agents: distinct(cases.map(({ trace }) => trace.agent.model ?? trace.agent.name)).length,
    tasks: distinct(cases.map(({ trace }) => trace.task.id)).length,
    taskTypes: distinct(cases.map(({ trace }) => trace.task.type)),
  }
}
