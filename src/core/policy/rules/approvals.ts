import type { Approval, JudgedChange, Risk, WantedApprovals } from '../decision.ts'
import { ageMs } from '../facts.ts'
import type { PolicySpec } from '../policy.ts'
import { findScope } from './scope.ts'

/** Why a change waits for people. */
export interface Waiting {
  readonly rule: string
  readonly value: string
  readonly limit: string
}

/** Whose approvals a change of this risk needs; `forced`: even where the policy would take it by itself. */
export function wantApprovals(
  spec: PolicySpec,
  judged: JudgedChange,
  { risk, forced }: { readonly risk: Risk; readonly forced: boolean },
): WantedApprovals {
  const demand = spec.approvals[risk]
  if (demand.mode === 'auto' && !forced) return { count: 0, from: [], reviewers: [] }
  return {
    count: Math.max(1, demand.count),
    from: demand.from,
    reviewers: findScope(spec, judged).reviewers,
  }
}

/** What of the wanted approvals is missing, or null. */
export function findMissing(
  wanted: WantedApprovals,
  { spec, judged, risk }: { spec: PolicySpec; judged: JudgedChange; risk: Risk },
): Waiting | null {
  const valid = judged.approvals.filter((one) => isValid(one, spec, judged))
  const counted = new Set(valid.filter(({ by }) => meets(by, wanted.from)).map(({ by }) => by[0]))
  if (counted.size < wanted.count) {
    return {
      rule: `approvals.${risk}`,
      value: `${counted.size} of ${wanted.count} approvals`,
      limit: `${wanted.count} from ${wanted.from.join(', ') || 'nobody: name owners'}`,
    }
  }
  const open = wanted.reviewers.find((list) => !valid.some(({ by }) => meets(by, list)))
  return open === undefined
    ? null
    : { rule: 'scope.allow.reviewers', value: 'no approval of a reviewer', limit: open.join(', ') }
}

const meets = (names: readonly string[], wanted: readonly string[]) =>
  names.some((name) => wanted.includes(name))

/** Void once anything changed or time ran out, and never from whoever proposed it. */
function isValid({ by, at, isCurrent }: Approval, spec: PolicySpec, judged: JudgedChange): boolean {
  const age = ageMs(judged, at)
  return (
    isCurrent &&
    age >= 0 &&
    age <= spec.approvals.rules.expireAfter &&
    !meets(by, judged.proposedBy)
  )
}

/** How long a change that needs nobody still has to wait, so that somebody may object. */
export function findDelay(spec: PolicySpec, judged: JudgedChange, risk: Risk): Waiting | null {
  const { delay } = spec.approvals[risk]
  const age = ageMs(judged, judged.proposedAt)
  if (age >= delay) return null
  const hours = (ms: number) => `${Math.round(ms / 360_000) / 10} hours`
  return { rule: `approvals.${risk}.delay`, value: `${hours(age)} old`, limit: hours(delay) }
}
