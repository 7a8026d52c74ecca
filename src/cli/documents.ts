import type { ChangesDocument } from '../contract/changes.ts'
import type { DreamDocument } from '../contract/dream.ts'
import type { FindingsDocument } from '../contract/findings.ts'
import type { ImportDocument } from '../contract/import.ts'
import type { SessionsDocument } from '../contract/sessions.ts'
import type { Evidence } from '../core/evidence.ts'
import { type FindingId, type Hash, makeId } from '../core/ids.ts'
import type { TaskPath } from '../core/mining/task-path.ts'
import type { SessionOutcome } from '../core/outcome-signal.ts'
import type { DreamReport, FileReport, ImportReport } from '../pipeline/reports.ts'
import type { StoredChange } from '../storage/changes.ts'
import type { StoredFinding } from '../storage/findings.ts'
import type { StoredSession } from '../storage/sessions.ts'

/** Rows and reports in the shape of the contract, one function a noun. */
export function toImportDocument(report: ImportReport): ImportDocument {
  const { totals } = report
  return {
    version: 1,
    kind: 'import',
    files: report.files.map((file) => ({
      path: file.path,
      format: file.format,
      ...toCounts(file),
      skipped: file.skipped.map((one) => ({ ...one })),
      error: file.error,
    })),
    totals: {
      files: totals.files,
      failed_files: totals.failedFiles,
      skipped_records: totals.skippedRecords,
      ...toCounts(totals),
    },
  }
}

function toCounts(from: Omit<FileReport, 'path' | 'format' | 'skipped' | 'error'>) {
  return {
    sessions: from.sessions,
    events: from.events,
    outcome_signals: from.outcomeSignals,
    added: from.added,
    replaced: from.replaced,
    unchanged: from.unchanged,
    shorter: from.shorter,
    secrets_masked: from.secretsMasked,
  }
}

type SessionSummary = SessionsDocument['data'][number]

export function toSessionSummary(
  stored: StoredSession,
  { success }: SessionOutcome,
): SessionSummary {
  const { session, eventCount } = stored
  return {
    id: session.id,
    key: session.key,
    format: session.format,
    agent: session.agent,
    task_type: session.task.type,
    task_id: session.task.id,
    title: session.title,
    status: session.status,
    started_at: session.startedAt,
    ended_at: session.endedAt,
    events: eventCount,
    outcome: success === null ? 'undecided' : success ? 'success' : 'failure',
  }
}

type FindingItem = FindingsDocument['data'][number]

export function toFinding({ id, finding }: StoredFinding): FindingItem {
  const { effect } = finding
  return {
    id,
    kind: finding.kind,
    title: finding.title,
    task_type: finding.taskType,
    grade: finding.grade,
    sessions_with: finding.sessionsWith,
    sessions_without: finding.sessionsWithout,
    effect: effect?.riskDifference ?? null,
    interval: effect && { low: effect.low, high: effect.high, level: effect.level },
    adjusted_for: effect?.adjustedFor ?? null,
    p: effect?.p ?? null,
    q: effect?.q ?? null,
    permutation_p: effect?.permutationP ?? null,
    shrunk: effect?.shrunk ?? null,
    agent_adjusted: effect?.agentAdjusted
      ? {
          effect: effect.agentAdjusted.riskDifference,
          low: effect.agentAdjusted.low,
          high: effect.agentAdjusted.high,
          p: effect.agentAdjusted.p,
        }
      : null,
    across: effect?.across ?? null,
    replication: effect && {
      by: effect.replication.by,
      sessions: effect.replication.sessions,
      effect: effect.replication.riskDifference,
    },
    e_value: effect?.eValue ?? null,
    unadjusted: effect && { effect: effect.unadjusted.riskDifference, p: effect.unadjusted.p },
    support: {
      sessions: finding.support.sessions,
      tasks: finding.support.tasks,
      principals: finding.support.principals,
      largest_share: finding.support.largestShare,
    },
    detail: finding.detail,
    evidence: finding.evidence.map(toEvidence),
  }
}

type ChangeItem = ChangesDocument['data'][number]

export function toChange(stored: StoredChange, hash: Hash): ChangeItem {
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
    finding_ids: change.findingKeys.map((key) => findingId(stored, key, hash)),
    evidence: change.evidence.map(toEvidence),
    base_version: stored.baseVersionId,
    base_sha256: change.baseSha256,
  }
}

/** Findings are named by their dream and their key, so a change's findings need no look-up. */
const findingId = ({ dreamId }: StoredChange, key: string, hash: Hash): FindingId =>
  makeId('fnd', hash, [dreamId, key])

function toEvidence(piece: Evidence) {
  return {
    session_id: piece.sessionId,
    event_id: piece.eventId,
    quote: piece.text,
    start: piece.start,
    end: piece.end,
    polarity: piece.polarity,
  }
}

type PathItem = DreamDocument['paths'][number]

function toPath(path: TaskPath): PathItem {
  return {
    task_type: path.taskType,
    sessions: path.sessions,
    successes: path.successes,
    reference: path.reference && [...path.reference.calls],
    successful_variants: path.successfulVariants,
    shared_calls: path.sharedCalls.map(({ tool, inSuccesses, inFailures }) => ({
      tool,
      in_successes: inSuccesses,
      in_failures: inFailures,
    })),
    edges: path.edges.map(({ inSuccesses, inFailures, ...edge }) => ({
      ...edge,
      in_successes: inSuccesses,
      in_failures: inFailures,
    })),
    edges_left_out: path.edgesLeftOut,
    failed_deviation: path.failedDeviation,
  }
}

export interface DreamExtras {
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[]
  readonly writtenTo: string | null
}

export function toDreamDocument(report: DreamReport, extras: DreamExtras): DreamDocument {
  const { read, reconciliation } = report
  return {
    version: 1,
    kind: 'dream',
    dream_id: report.dreamId,
    input_store_id: report.inputStoreId,
    output_store_id: report.outputStoreId,
    read: {
      sessions: read.sessions,
      steps: read.steps,
      succeeded: read.succeeded,
      failed: read.failed,
      undecided: read.undecided,
      agents: read.agents,
      tasks: read.tasks,
      task_types: [...read.taskTypes],
      memories: read.memories,
      items: read.items,
    },
    families: report.families.map(({ unadjustedSignificant, explainedAway, ...family }) => ({
      ...family,
      unadjusted_significant: unadjustedSignificant,
      explained_away: explainedAway,
    })),
    compared_by: {
      adjusted_for: report.comparedBy.adjustedFor,
      task_types_from: report.comparedBy.taskTypesFrom,
      agents: report.comparedBy.agents,
      agent_adjusted: report.comparedBy.agentAdjusted,
    },
    paths: report.paths.map(toPath),
    silences: [...report.silences],
    duplicates: reconciliation.duplicates,
    supersessions: reconciliation.supersessions,
    conflicts: reconciliation.conflicts.map((conflict) => ({ ...conflict })),
    stale: reconciliation.stale.map((one) => ({ ...one })),
    not_analysable: [...reconciliation.notAnalysable],
    held_back: [...report.heldBack],
    findings: report.findings,
    changes: report.changes,
    left_out: extras.leftOut.map((one) => ({ ...one })),
    written_to: extras.writtenTo,
  }
}
