import type { ProposedChange } from '../change/change.ts'
import type { Critique } from '../critique/critique.ts'
import type { Decision, Risk } from '../policy/decision.ts'

interface Judged {
  readonly change: ProposedChange
  readonly critiques: readonly Critique[]
}

/** Where no policy applies: anything may be proposed, one person approves, nothing is applied by itself. */
export const decideWithoutPolicy = ({ change, critiques }: Judged): Decision => ({
  verdict: 'review',
  risk: assessRisk({ change, critiques }),
  reasons: [
    {
      rule: 'policy',
      path: change.path,
      value: 'no policy applies',
      limit: 'one person approves',
      verdict: 'review',
      mode: 'enforce',
    },
    ...change.trust.quarantine.map(({ rule, explanation }) => ({
      rule: `quarantine.${rule}`,
      path: change.path,
      value: explanation,
      limit: 'a person releases it',
      verdict: 'review' as const,
      mode: 'enforce' as const,
    })),
  ],
  approvals: { count: 1, from: [], reviewers: [] },
  policyVersion: null,
})

/** Agents load these whole, whatever they work on. */
const alwaysLoaded = /(?:^|\/)(?:CLAUDE|AGENTS(?:\.override)?|MEMORY|SKILL)\.md$/

/** Low is what nobody on the panel minds, that only adds a line or merges two that say the same. */
function assessRisk({ change, critiques }: Judged): Risk {
  const verdicts = new Set(critiques.map(({ verdict }) => verdict))
  if (verdicts.has('reject') || change.trust.quarantine.length > 0) return 'high'
  if (verdicts.has('revise') || alwaysLoaded.test(change.path)) return 'medium'
  return change.operation === 'add' || change.operation === 'merge' ? 'low' : 'medium'
}
