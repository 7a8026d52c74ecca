import type { TaskPath } from '../mining/task-path.ts'
import type { DreamReport } from './dream-report.ts'

/** What a dream read, compared and held back, in the shape of the contract. */
export function presentDream(report: DreamReport) {
  const { read, reconciliation } = report
  return {
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
    paths: report.paths.map(presentPath),
    silences: [...report.silences],
    duplicates: reconciliation.duplicates,
    supersessions: reconciliation.supersessions,
    conflicts: reconciliation.conflicts.map((conflict) => ({ ...conflict })),
    stale: reconciliation.stale.map((one) => ({ ...one })),
    not_analysable: [...reconciliation.notAnalysable],
    held_back: [...report.heldBack],
    findings: report.findings,
    changes: report.changes,
  }
}

function presentPath(path: TaskPath) {
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
