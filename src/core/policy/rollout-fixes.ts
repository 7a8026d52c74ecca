/** What to say otherwise, by the rule that was not met. */
export const sayFix = (rule: string): string =>
  fixes[rule.replace(/^rollout\./, '')] ??
  (rule.startsWith('approvals.') || rule.startsWith('scope.allow.reviewers')
    ? 'Accept the change anew, then start it.'
    : 'Edit the change, or ask whoever owns the policy.')

const draft = 'in another draft (POST /lucid/v1/experiments)'
const fixes: Readonly<Record<string, string>> = {
  unit: `Say another unit ${draft}; on the command line --unit.`,
  'metrics.goal.name': `Name that goal ${draft}; on the command line --goal.`,
  'metrics.goal.minEffect': `Say settings.minimum_effect ${draft}.`,
  'metrics.guardrails': `Say it among the guardrails ${draft}, required, with that margin or a smaller one.`,
  'analysis.attribution': `Say deadline_seconds and deadlines_by_task_type ${draft}, or let the outcome definition say them.`,
  'analysis.minUnitsPerArm': `Say settings.least_units_per_arm ${draft}.`,
  'analysis.minTaskTypes': `Say settings.least_strata ${draft}.`,
  'analysis.minPrincipals': `Say settings.least_principals ${draft}.`,
  'analysis.maxUnits': `Say settings.max_units ${draft}, or leave it out.`,
  'promote.from': 'One of them has to promote it.',
}
