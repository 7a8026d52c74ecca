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

/** A policy as far as approvals of a change under it go. */
export interface Approving {
  readonly spec: PolicySpec
  readonly version: string
  readonly judged: JudgedChange
  readonly risk: Risk
}

/** Whoever brought a policy in approves nothing under it for so long (D.4). */
const loaderWaitMs = 24 * 3_600_000

/** Whose approvals a change of this risk needs; `forced`: even where the policy would take it by itself. */
export function wantApprovals(
  { spec, judged, risk }: Approving,
  forced: 'forced' | 'free',
): WantedApprovals {
  const demand = spec.approvals[risk]
  const isFree = demand.mode === 'auto' && forced === 'free'
  return {
    count: isFree ? 0 : Math.max(1, demand.count),
    from: demand.from,
    reviewers: isFree ? [] : findScope(spec, judged).reviewers,
  }
}

/** What of the wanted approvals is missing, or null. */
export function findMissing(wanted: WantedApprovals, approving: Approving): Waiting | null {
  const { judged, risk } = approving
  const valid = judged.approvals.filter((one) => findApprovalFault(one, approving, wanted) === null)
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

/** Why an approval does not count under this policy, whoever it should come from; null: it counts. */
export function findApprovalFault(
  { by, at, isCurrent }: Approval,
  { spec, version, judged }: Omit<Approving, 'risk'>,
  { count }: Pick<WantedApprovals, 'count'>,
): string | null {
  const age = ageMs(judged, at)
  if (!(isCurrent && age >= 0 && age <= spec.approvals.rules.expireAfter)) {
    return 'the approval does not hold any more'
  }
  if (meets(by, judged.proposedBy)) return `${by[0]} proposed the change`
  const mayEdit = spec.approvals.rules.editorMayApprove && count < 2
  if (!mayEdit && by[0] === judged.editedBy) {
    return `${by[0]} worded the change; somebody else has to approve it`
  }
  const load = judged.policyLoads.find((one) => one.version === version && one.by === by[0])
  if (load && ageMs(judged, load.at) < loaderWaitMs) {
    return `${by[0]} brought this policy in at ${load.at} and may approve under it 24 hours later`
  }
  return null
}

/** Whether somebody whose approval counts took it on himself that a critic rejects the change. */
export const isOverruled = (approving: Approving): boolean => {
  const wanted = wantApprovals(approving, 'forced')
  return approving.judged.approvals.some(
    (one) =>
      one.overrules &&
      findApprovalFault(one, approving, wanted) === null &&
      meets(one.by, [...wanted.from, ...wanted.reviewers.flat()]),
  )
}

/** The person who broke the glass, while that holds; null: nobody. */
export function findBypass(approving: Approving): string | null {
  const { roles, maxDuration } = approving.spec.approvals.bypass
  const wanted = roles.map((role) => `role:${role}`)
  const found = approving.judged.approvals.find(
    (one) =>
      one.bypasses &&
      ageMs(approving.judged, one.at) <= maxDuration &&
      findApprovalFault(one, approving, { count: 1 }) === null &&
      meets(one.by, wanted),
  )
  return found?.by[0] ?? null
}

/** How long a change that needs nobody still has to wait, so that somebody may object; an approval ends it. */
export function findDelay(wanted: WantedApprovals, approving: Approving): Waiting | null {
  const { spec, judged, risk } = approving
  const { delay } = spec.approvals[risk]
  const age = ageMs(judged, judged.proposedAt)
  if (age >= delay) return null
  if (findMissing({ ...wanted, count: 1 }, approving) === null) return null
  const hours = (ms: number) => `${Math.round(ms / 360_000) / 10} hours`
  return { rule: `approvals.${risk}.delay`, value: `${hours(age)} old`, limit: hours(delay) }
}

/** Of what would go by itself some waits for a person, so that somebody sees what goes by itself. */
export function findSample({ spec, judged, risk }: Approving): Waiting | null {
  const { mode, auditSample } = spec.approvals[risk]
  if (mode !== 'auto' || judged.lot >= auditSample) return null
  return {
    rule: `approvals.${risk}.auditSample`,
    value: 'drawn for the sample',
    limit: `a person looks at ${auditSample} %`,
  }
}
