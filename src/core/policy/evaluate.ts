import type { Decision, JudgedChange, Reason, Risk, Verdict } from './decision.ts'
import type { Policy } from './policy.ts'
import { findBypass, findDelay, findMissing, findSample, wantApprovals } from './rules/approvals.ts'
import { deny, type Gate, none } from './rules/gate.ts'
import { gates } from './rules/gates.ts'
import { assessRisk, highest } from './rules/risk.ts'
import { findUnproven } from './rules/rollout.ts'
import { paused } from './rules/schedule.ts'

/**
 * What one policy says about a change. Total: it answers for every policy and every change, and what nobody
 * knows about a change counts against it. Null is no policy: everything may be proposed, nothing applied.
 */
export function evaluate(
  policy: Policy | null,
  judged: JudgedChange,
  every: readonly Gate[] = gates,
): Decision {
  if (policy === null || policy.spec.mode === 'off') return decideWithout(judged)
  const { spec, version } = policy
  const { risk, hits } = assessRisk(spec, judged)
  const approving = { spec, version, judged, risk }
  const found = judgeAll(policy, judged, { every, risk })
  const followed = found.flatMap(({ mode, verdict }) => (mode === 'enforce' ? verdict : []))
  const sample = findSample(approving)
  // What is in quarantine waits for a person whatever a policy says.
  const quarantined = judged.change.trust.quarantine.length > 0
  const forced = spec.mode === 'audit' || followed.includes('review') || quarantined || sample
  const approvals = wantApprovals(approving, forced ? 'forced' : 'free')
  const waiting =
    approvals.count === 0 ? findDelay(approvals, approving) : findMissing(approvals, approving)
  const path = judged.change.path
  const by = found.some(({ rule }) => rule === paused.rule) ? null : findBypass(approving)
  const told = [
    ...(sample ? [{ ...sample, verdict: 'review' as const }] : []),
    ...(waiting ? [{ ...waiting, verdict: 'review' as const }] : []),
    ...(by === null ? [] : [{ ...bypassed(by), verdict: 'allow' as const }]),
  ]
  const stands = followed.includes('deny') ? 'deny' : waiting ? 'review' : 'allow'
  return {
    verdict: by === null ? stands : 'allow',
    risk,
    reasons: sort([
      ...found,
      ...hits.map(({ rule, value, level }) =>
        reasonOf({
          rule,
          path,
          value,
          limit: `risk ${level}`,
          verdict: 'allow',
          mode: modeOf(policy),
        }),
      ),
      ...told.map((one) => reasonOf({ ...one, path, mode: 'enforce' })),
    ]),
    approvals,
    policyVersion: version,
  }
}

const bypassed = (by: string) => ({
  rule: 'approvals.bypass',
  value: `${by} broke the glass`,
  limit: 'what the policy says',
})

/** What an approval is bound to: every policy that speaks; null where none does. */
export function nameVersions(policies: readonly Policy[]): string | null {
  const versions = listSpeaking(policies).map(({ version }) => version)
  return versions.length === 0 ? null : versions.join('+')
}

/** In one order, whatever order they were given in. */
export const listSpeaking = (policies: readonly Policy[]): Policy[] =>
  policies
    .filter(({ spec }) => spec.mode !== 'off')
    .toSorted((a, b) => (a.version < b.version ? -1 : 1))

const modeOf = ({ spec }: Policy) => (spec.mode === 'audit' ? 'audit' : 'enforce')

/** What every gate says. Risk that nobody may approve is one; the kill switch is never only audited. */
function judgeAll(
  policy: Policy,
  judged: JudgedChange,
  { every, risk }: { readonly every: readonly Gate[]; readonly risk: Risk },
): Reason[] {
  const { spec } = policy
  const blocked: Gate = {
    rule: `approvals.${risk}.mode`,
    judge: () =>
      spec.approvals[risk].mode === 'block' ? deny(`risk ${risk}`, 'a lower risk') : none,
  }
  const say = (gate: Gate, mode: Reason['mode']) =>
    gate
      .judge(spec, judged)
      .map((breach) => reasonOf({ ...breach, rule: gate.rule, path: judged.change.path, mode }))
  const unproven: Gate = {
    rule: `rollout.experiment.${risk}`,
    judge: () => findUnproven(spec, judged, risk),
  }
  return [
    ...[...every, blocked, unproven].flatMap((gate) => say(gate, modeOf(policy))),
    ...say(paused, 'enforce'),
  ]
}

/** Every policy that applies has a say; the strictest one is followed. None: as without a policy. */
export function decide(policies: readonly Policy[], judged: JudgedChange): Decision {
  const decisions = listSpeaking(policies).map((policy) => evaluate(policy, judged))
  const [first, ...others] = decisions
  if (!first) return decideWithout(judged)
  if (others.length === 0) return first
  const lists = decisions.map(({ approvals }) => approvals)
  const most = lists.reduce((a, b) => (b.count > a.count ? b : a))
  return {
    verdict: strictest(decisions.map(({ verdict }) => verdict)),
    risk: highest(decisions.map(({ risk }) => risk)),
    reasons: sort(decisions.flatMap(({ reasons }) => reasons)),
    approvals: {
      count: most.count,
      from: most.from,
      reviewers: lists.flatMap((one) => [
        ...one.reviewers,
        ...(one === most || one.count === 0 ? [] : [one.from]),
      ]),
    },
    policyVersion: nameVersions(policies),
  }
}

const strictest = (verdicts: readonly Verdict[]): Verdict =>
  (['deny', 'review', 'allow'] as const).find((verdict) => verdicts.includes(verdict)) ?? 'deny'

function decideWithout({ moment, change, store }: JudgedChange): Decision {
  const verdict = moment === 'propose' ? 'review' : 'deny'
  return {
    verdict,
    risk: 'high',
    reasons: [
      {
        rule: 'policy',
        path: change.path,
        value: `no policy applies to the store "${store.name}"`,
        limit: 'a policy that allows it',
        verdict,
        mode: 'enforce',
      },
    ],
    approvals: { count: 1, from: ['role:admin'], reviewers: [] },
    policyVersion: null,
  }
}

/** Always in one order of fields, so that equal reasons have equal bytes. */
const reasonOf = ({ rule, path, value, limit, verdict, mode }: Reason): Reason => ({
  rule,
  path,
  value,
  limit,
  verdict,
  mode,
})

function sort(reasons: readonly Reason[]): Reason[] {
  const keyed = reasons.map((reason) => ({ reason, key: JSON.stringify(reason) }))
  return keyed
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ reason }) => reason)
}
