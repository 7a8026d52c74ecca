import type { Approval, Decision, JudgedChange } from './decision.ts'
import { listSpeaking } from './evaluate.ts'
import type { Policy, ReviewVerb } from './policy.ts'
import { findApprovalFault } from './rules/approvals.ts'
import { assessRisk } from './rules/risk.ts'

/** Why an approval would change nothing, for whoever gives it; null: it counts under every policy. */
export function findApproverFault(
  policies: readonly Policy[],
  {
    judged,
    approval,
    decision,
  }: {
    readonly judged: JudgedChange
    readonly approval: Approval
    readonly decision: Decision
  },
): string | null {
  const { approvals } = decision
  for (const { spec, version } of listSpeaking(policies)) {
    const fault = findApprovalFault(approval, { spec, version, judged }, approvals)
    if (fault !== null) return fault
  }
  const wanted = [...approvals.from, ...approvals.reviewers.flat()]
  if (approval.bypasses || approval.by.some((name) => wanted.includes(name))) return null
  return `approvals are wanted from ${[...new Set(wanted)].join(', ') || 'nobody: the policy names no owners'}, and ${approval.by[0]} is ${approval.by.slice(1).join(', ') || 'none of them'}`
}

/** Whether somebody who does this has to say why. */
export const wantsReason = (policies: readonly Policy[], verb: ReviewVerb): boolean =>
  listSpeaking(policies).some(({ spec }) => spec.approvals.rules.requireReason.includes(verb))

/** For how long an approval holds at most. */
export function longestApproval(policies: readonly Policy[], kind: 'approval' | 'bypass'): number {
  const speaking = listSpeaking(policies)
  return Math.min(
    ...speaking.map(({ spec }) => spec.approvals.rules.expireAfter),
    ...(kind === 'bypass' ? speaking.map(({ spec }) => spec.approvals.bypass.maxDuration) : []),
    Number.POSITIVE_INFINITY,
  )
}

/** How long a change that goes by itself waits before it does. */
export const longestDelay = (policies: readonly Policy[], judged: JudgedChange): number =>
  Math.max(
    0,
    ...listSpeaking(policies).map(
      ({ spec }) => spec.approvals[assessRisk(spec, judged).risk].delay,
    ),
  )
