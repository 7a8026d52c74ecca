import type { Decision } from '../../core/policy/decision.ts'
import { plural, showForeign } from '../text.ts'

type Decided = Omit<Decision, 'policyVersion'>

/** What is decided and why, for people. */
export function showDecision(decision: Decided): string[] {
  const { verdict, risk, approvals } = decision
  const needs =
    approvals.count === 0
      ? 'no approval needed'
      : `${plural(approvals.count, 'approval')} from ${approvals.from.map(showForeign).join(', ') || 'nobody that is named'}`
  return [`${verdict}, risk ${risk}, ${needs}`, ...showReasons(decision)]
}

export const showReasons = ({ reasons }: Pick<Decided, 'reasons'>): string[] =>
  reasons.map(
    ({ rule, value, limit, verdict, mode }) =>
      `  ${mode === 'audit' ? 'audit ' : ''}${verdict}  ${rule}: ${showForeign(value)} (${showForeign(limit)})`,
  )
