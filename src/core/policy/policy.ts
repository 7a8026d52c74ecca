import type { Origin, Risk } from './decision.ts'
import type { Layer } from './fields.ts'

/**
 * A policy as decisions read it: what it states, what it took over from those it extends, and safe defaults for
 * the rest. Plain data, so that it can be stored and evaluated again years later.
 */
export interface Policy {
  readonly name: string
  /** Names this content, parents included: `polver_…`. */
  readonly version: string
  readonly stores: readonly string[]
  readonly spec: PolicySpec
}

/** Durations are milliseconds, sizes bytes. Null: no limit. */
export interface PolicySpec {
  readonly mode: 'off' | 'audit' | 'enforce'
  readonly inputs: {
    readonly sessions: {
      readonly harnesses: readonly string[] | null
      readonly includeLabels: readonly Label[]
      readonly excludeLabels: readonly Label[]
      readonly minUserTurns: number
      readonly maxAge: number | null
      readonly maxPerDream: number | null
    }
    readonly outcomes: {
      readonly kinds: readonly string[] | null
      /** Only those whose signature was verified. */
      readonly requireSigned: boolean
    }
  }
  readonly scope: {
    readonly default: 'allow' | 'deny'
    /** One list for each policy that states one; each has to allow. */
    readonly allow: readonly Layer<AllowRule>[]
    readonly deny: readonly DenyRule[]
    readonly protectedText: readonly string[]
  }
  readonly budgets: Budgets
  readonly evidence: EvidenceDemands
  readonly content: ContentDemands
  readonly risk: { readonly default: Risk; readonly rules: readonly RiskRule[] }
  readonly approvals: Readonly<Record<Risk, ApprovalDemand>> & {
    readonly rules: {
      readonly expireAfter: number
      readonly editorMayApprove: boolean
      readonly requireReason: readonly ReviewVerb[]
    }
    readonly bypass: { readonly roles: readonly string[]; readonly maxDuration: number }
  }
  readonly schedule: {
    readonly timezone: string
    readonly apply: { readonly windows: readonly Layer<ApplyWindow>[] }
    readonly freezes: readonly Freeze[]
    readonly paused: boolean
  }
  readonly rollout: RolloutDemands
}

/** What an experiment has to be like, and what of it policy sets. Nowhere less than spec C.3, C.7 and C.10 ask. */
export interface RolloutDemands {
  /** Whether a change of this risk is applied only after an experiment proved it. */
  readonly experiment: Readonly<Record<Risk, 'optional' | 'required'>>
  /** Kinds of units that may be assigned; null: every kind. */
  readonly unit: readonly string[] | null
  /** One ramp for each policy that states one; the slowest of them and of the standard one holds. */
  readonly steps: readonly Layer<RampStep>[]
  readonly metrics: {
    readonly goal: { readonly name: string | null; readonly minEffect: number }
    readonly guardrails: readonly GuardrailDemand[]
  }
  readonly analysis: {
    readonly alpha: number
    /** How long an outcome is waited for at least. */
    readonly attribution: number
    readonly minOutcomeCoverage: number
    readonly minUnitsPerArm: number
    readonly minTaskTypes: number
    readonly minPrincipals: number
    readonly maxUnits: number | null
    readonly maxDuration: number | null
  }
  readonly promote: {
    readonly mode: 'auto' | 'manual'
    /** Who may; null: everybody who may call it. */
    readonly from: readonly string[] | null
  }
  readonly afterPromotion: {
    readonly watch: number
    /** Percent of the units that keep the former version. */
    readonly holdback: number
  }
}

export interface RampStep {
  /** Percent of the units that read the candidate. */
  readonly weight: number
  /** Candidate units of this step; null: until the decision. */
  readonly minUnits: number | null
  readonly minDuration: number
}

/** Neither: it has to be there and watched. One of them: it has to be shown not to be worse by more. */
export interface GuardrailDemand {
  readonly name: string
  /** In points of its score. */
  readonly maxDrop: number | null
  /** As a share of the tokens or seconds that are used. */
  readonly maxRise: number | null
}

export interface Label {
  readonly name: string
  readonly value: string
}

export type PolicyOperation = 'create' | 'update' | 'merge' | 'rename' | 'delete'

export interface AllowRule {
  readonly paths: readonly string[]
  readonly operations: readonly (PolicyOperation | '*')[]
  readonly reviewers: readonly string[]
  readonly risk: Risk | null
}

export interface DenyRule {
  readonly paths: readonly string[]
  readonly operations: readonly (PolicyOperation | '*')[]
  readonly reason: string
}

interface Budgets {
  readonly perDream: {
    readonly changes: number | null
    readonly files: number | null
    readonly addedBytes: number | null
    readonly removedBytes: number | null
    readonly modelTokens: number | null
    readonly costUsd: number | null
    readonly wallClock: number | null
  }
  readonly perWindow: {
    readonly window: number
    readonly dreams: number | null
    readonly changes: number | null
    readonly costUsd: number | null
  }
  readonly perFile: {
    readonly maxBytes: number | null
    readonly maxLines: number | null
    readonly maxChangedPercent: number | null
  }
  readonly perStore: {
    readonly maxFiles: number | null
    readonly maxBytes: number | null
    readonly maxGrowthPercent: number | null
    readonly growthWindow: number
  }
  readonly alwaysLoaded: {
    readonly files: readonly string[]
    readonly maxLines: number | null
    readonly maxBytes: number | null
    readonly maxTokens: number | null
  }
  readonly openProposals: { readonly max: number | null }
  readonly concurrentExperiments: number | null
}

export interface EvidenceMinimum {
  readonly sessions: number
  readonly actors: number
  readonly days: number
  readonly outcomes: number
  readonly contradictingSessions: number
}

interface EvidenceDemands {
  readonly citations: {
    readonly required: boolean
    readonly verifyQuotes: 'none' | 'exact'
    readonly minPerClaim: number
    readonly mustResolve: boolean
  }
  readonly minimums: Readonly<Record<PolicyOperation, EvidenceMinimum>> & {
    readonly explicitInstruction: { readonly sessions: number; readonly trust: Origin }
  }
  readonly contrast: { readonly minOutcomeGap: number; readonly minConfidence: number }
  readonly counterEvidence: {
    readonly search: 'optional' | 'required'
    readonly maxShare: number
  }
  readonly trust: {
    readonly minimum: Origin
    readonly maxShareFromOneActor: number
    readonly externalMayNotBeSole: boolean
  }
  readonly freshness: { readonly maxAge: number | null }
}

/** `quarantine`: never without a person. `block`: not at all. */
export type OnMatch = 'quarantine' | 'block'
export type UnicodeKind = 'bidi' | 'zero-width' | 'tag-characters'

interface ContentDemands {
  readonly secrets: { readonly scan: boolean; readonly onMatch: OnMatch }
  readonly pii: { readonly detect: readonly string[]; readonly onMatch: OnMatch }
  readonly injection: { readonly scan: boolean; readonly onMatch: OnMatch }
  readonly unicode: { readonly forbid: readonly UnicodeKind[]; readonly onMatch: OnMatch }
  readonly links: { readonly allowHosts: readonly string[]; readonly onOther: OnMatch }
  readonly commands: { readonly forbid: readonly string[]; readonly onMatch: OnMatch }
  readonly patterns: readonly TextPattern[]
  readonly format: {
    readonly type: 'any' | 'markdown'
    readonly html: boolean
    readonly frontmatter: readonly string[]
    readonly maxHeadingDepth: number
  }
}

interface TextPattern {
  readonly id: string
  readonly re2: string
  readonly onMatch: OnMatch
  readonly message: string
}

export interface RiskRule {
  readonly id: string
  /** All of these have to hold; null is not asked. */
  readonly when: {
    readonly operations: readonly PolicyOperation[] | null
    readonly touches: 'alwaysLoaded' | null
    readonly changedPercentAbove: number | null
    readonly cel: string | null
  }
  readonly level: Risk
}

export interface ApprovalDemand {
  readonly mode: 'auto' | 'required' | 'block'
  readonly count: number
  readonly from: readonly string[]
  readonly delay: number
  /** Percent of what goes by itself that waits for a person all the same. */
  readonly auditSample: number
}

/** What people do with a change, as far as a policy may want a reason for it. */
export const reviewVerbs = ['accept', 'edit', 'reject', 'bypass'] as const
export type ReviewVerb = (typeof reviewVerbs)[number]

export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
type Weekday = (typeof weekdays)[number]

export interface ApplyWindow {
  readonly days: readonly Weekday[]
  /** `09:00`, on the wall clocks of the policy's time zone; `to` is no part of it. */
  readonly from: string
  readonly to: string
}

/** Whole days, both included. */
interface Freeze {
  readonly from: string
  readonly to: string
  readonly reason: string
}
