import type { FindingId } from '../ids.ts'
import type { Finding } from '../mining/finding.ts'
import { presentEvidence } from './evidence.ts'

interface Named {
  readonly id: FindingId
  readonly finding: Finding
}

/** A finding in the shape of the contract, its quotes included. */
export function presentFinding({ id, finding }: Named) {
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
    evidence: finding.evidence.map(presentEvidence),
  }
}
