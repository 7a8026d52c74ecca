import { origins, risks } from './decision.ts'

/** What one policy states of a list that every policy of a chain may state: each of them has to hold. */
export type Layer<T> = readonly T[]

/** Which of two values is the tighter one. Null is no limit and so the loosest. */
export type Tightness =
  | { readonly kind: 'atMost' }
  | { readonly kind: 'atLeast' }
  /** From the loosest to the tightest. */
  | { readonly kind: 'ordered'; readonly values: readonly (string | boolean)[] }
  /** Every entry forbids or demands something: those of all policies hold together. */
  | { readonly kind: 'union' }
  /** Every entry allows something. */
  | { readonly kind: 'subset' }
  | { readonly kind: 'layers' }
  /** Neither is tighter: what a parent states stays. */
  | { readonly kind: 'same' }

const atMost = { kind: 'atMost' } as const
const atLeast = { kind: 'atLeast' } as const
const union = { kind: 'union' } as const
const subset = { kind: 'subset' } as const
const layers = { kind: 'layers' } as const
const same = { kind: 'same' } as const
const ordered = (...values: (string | boolean)[]) => ({ kind: 'ordered', values }) as const
const onMatch = ordered('quarantine', 'block')
const trust = ordered(...origins.toReversed())
const minimum = (operation: string) =>
  ['sessions', 'actors', 'days', 'outcomes', 'contradictingSessions'].map(
    (name) => [`evidence.minimums.${operation}.${name}`, atLeast] as const,
  )
const approval = (risk: string) =>
  [
    [`approvals.${risk}.mode`, ordered('auto', 'required', 'block')],
    [`approvals.${risk}.count`, atLeast],
    [`approvals.${risk}.from`, subset],
    [`approvals.${risk}.delay`, atLeast],
    [`approvals.${risk}.auditSample`, atLeast],
  ] as const

/** Every field of a policy that is not made of fields, and what tightening it means. */
export const fields: ReadonlyMap<string, Tightness> = new Map<string, Tightness>([
  ['mode', ordered('off', 'audit', 'enforce')],
  ['inputs.sessions.harnesses', subset],
  ['inputs.sessions.includeLabels', union],
  ['inputs.sessions.excludeLabels', union],
  ['inputs.sessions.minUserTurns', atLeast],
  ['inputs.sessions.maxAge', atMost],
  ['inputs.sessions.maxPerDream', atMost],
  ['inputs.outcomes.kinds', subset],
  ['inputs.outcomes.requireSigned', ordered(false, true)],
  ['scope.default', ordered('allow', 'deny')],
  ['scope.allow', layers],
  ['scope.deny', union],
  ['scope.protectedText', union],
  ...['changes', 'files', 'addedBytes', 'removedBytes', 'modelTokens', 'costUsd', 'wallClock'].map(
    (name) => [`budgets.perDream.${name}`, atMost] as const,
  ),
  // As much in a longer time is less.
  ['budgets.perWindow.window', atLeast],
  ['budgets.perWindow.dreams', atMost],
  ['budgets.perWindow.changes', atMost],
  ['budgets.perWindow.costUsd', atMost],
  ['budgets.perFile.maxBytes', atMost],
  ['budgets.perFile.maxLines', atMost],
  ['budgets.perFile.maxChangedPercent', atMost],
  ['budgets.perStore.maxFiles', atMost],
  ['budgets.perStore.maxBytes', atMost],
  ['budgets.perStore.maxGrowthPercent', atMost],
  // A store may have shrunk in between, so a longer window can be the looser one.
  ['budgets.perStore.growthWindow', same],
  ['budgets.alwaysLoaded.files', union],
  ['budgets.alwaysLoaded.maxLines', atMost],
  ['budgets.alwaysLoaded.maxBytes', atMost],
  ['budgets.alwaysLoaded.maxTokens', atMost],
  ['budgets.openProposals.max', atMost],
  ['budgets.concurrentExperiments', atMost],
  ['evidence.citations.required', ordered(false, true)],
  ['evidence.citations.verifyQuotes', ordered('none', 'exact')],
  ['evidence.citations.minPerClaim', atLeast],
  ['evidence.citations.mustResolve', ordered(false, true)],
  ...['create', 'update', 'merge', 'rename', 'delete'].flatMap(minimum),
  ['evidence.minimums.explicitInstruction.sessions', atLeast],
  ['evidence.minimums.explicitInstruction.trust', trust],
  ['evidence.contrast.minOutcomeGap', atLeast],
  ['evidence.contrast.minConfidence', atLeast],
  ['evidence.counterEvidence.search', ordered('optional', 'required')],
  ['evidence.counterEvidence.maxShare', atMost],
  ['evidence.trust.minimum', trust],
  ['evidence.trust.maxShareFromOneActor', atMost],
  ['evidence.trust.externalMayNotBeSole', ordered(false, true)],
  ['evidence.freshness.maxAge', atMost],
  ['content.secrets.scan', ordered(false, true)],
  ['content.secrets.onMatch', onMatch],
  ['content.pii.detect', union],
  ['content.pii.onMatch', onMatch],
  ['content.injection.scan', ordered(false, true)],
  ['content.injection.onMatch', onMatch],
  ['content.unicode.forbid', union],
  ['content.unicode.onMatch', onMatch],
  ['content.links.allowHosts', subset],
  ['content.links.onOther', onMatch],
  ['content.commands.forbid', union],
  ['content.commands.onMatch', onMatch],
  ['content.patterns', union],
  ['content.format.type', ordered('any', 'markdown')],
  ['content.format.html', ordered(true, false)],
  ['content.format.frontmatter', union],
  ['content.format.maxHeadingDepth', atMost],
  ['risk.default', ordered(...risks)],
  ['risk.rules', union],
  ...risks.flatMap(approval),
  ['approvals.rules.expireAfter', atMost],
  ['approvals.rules.editorMayApprove', ordered(true, false)],
  ['approvals.rules.requireReason', union],
  ['approvals.bypass.roles', subset],
  ['approvals.bypass.maxDuration', atMost],
  // Windows and freezes of a parent are read on these clocks.
  ['schedule.timezone', same],
  ['schedule.apply.windows', layers],
  ['schedule.freezes', union],
  ['schedule.paused', ordered(false, true)],
  ...risks.map((risk) => [`rollout.experiment.${risk}`, ordered('optional', 'required')] as const),
  ['rollout.unit', subset],
  ['rollout.steps', layers],
  // Two goals are two questions.
  ['rollout.metrics.goal.name', same],
  ['rollout.metrics.goal.minEffect', atLeast],
  ['rollout.metrics.guardrails', union],
  ['rollout.analysis.alpha', atMost],
  ['rollout.analysis.attribution', atLeast],
  ['rollout.analysis.minOutcomeCoverage', atLeast],
  ['rollout.analysis.minUnitsPerArm', atLeast],
  ['rollout.analysis.minTaskTypes', atLeast],
  ['rollout.analysis.minPrincipals', atLeast],
  ['rollout.analysis.maxUnits', atMost],
  ['rollout.analysis.maxDuration', atMost],
  ['rollout.promote.mode', ordered('auto', 'manual')],
  ['rollout.promote.from', subset],
  ['rollout.afterPromotion.watch', atLeast],
  ['rollout.afterPromotion.holdback', atLeast],
])
