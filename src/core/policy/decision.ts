import type { ProposedChange } from '../change/change.ts'

/** `review`: not without a person. `deny`: not at all under this policy. */
export type Verdict = 'allow' | 'review' | 'deny'

/** From harmless to harmful. */
export const risks = ['low', 'medium', 'high', 'critical'] as const
export type Risk = (typeof risks)[number]

/** One limit that a change met. Every reason is recorded, those of an audited policy as well. */
export interface Reason {
  /** The policy's field that says so, without `spec`: `budgets.perFile.maxLines`. */
  readonly rule: string
  /** The memory that it is about. */
  readonly path: string
  /** What was found, and what would have been right; both for people. */
  readonly value: string
  readonly limit: string
  /** What the rule says; under `audit` it was recorded and not followed. */
  readonly verdict: Verdict
  readonly mode: 'enforce' | 'audit'
}

/** What policy says about one change at one moment. */
export interface Decision {
  readonly verdict: Verdict
  readonly risk: Risk
  /** In order of rule and value; the same facts give the same bytes. */
  readonly reasons: readonly Reason[]
  readonly approvals: WantedApprovals
  /** Null where no policy applied. */
  readonly policyVersion: string | null
}

export interface WantedApprovals {
  /** How many people have to approve; 0 where none has to. */
  readonly count: number
  /** Whose approval counts: `user:…`, `group:…`, `role:…`. */
  readonly from: readonly string[]
  /** One of the approvals has to come from each of these lists as well: the reviewers of a path. */
  readonly reviewers: readonly (readonly string[])[]
}

/**
 * `propose`: may it become a proposal, and who must agree? `try`: may units read it, in this experiment? `apply`: may it
 * be written now?
 */
export type Moment = 'propose' | 'try' | 'apply'

/**
 * What a decision looks at; nothing else enters it. Counts are with this change. What nobody found out is null,
 * and null never helps a change.
 */
export interface JudgedChange {
  readonly moment: Moment
  /** RFC 3339 UTC. */
  readonly now: string
  readonly change: ProposedChange
  readonly proposedAt: string
  /** Who proposed it, under all of their names. */
  readonly proposedBy: readonly string[]
  /** The person whose words stand in it since it was edited; null where nobody edited it. */
  readonly editedBy: string | null
  /** Who brought the policies' versions in, as far as that was a person with an API key. */
  readonly policyLoads: readonly PolicyLoad[]
  /** Drawn for the change, at least 0 and less than 100: whether it is among those that people look at. */
  readonly lot: number
  readonly document: { readonly before: string | null; readonly after: string | null }
  readonly store: JudgedStore
  readonly evidence: JudgedEvidence
  readonly dream: JudgedDream
  readonly history: JudgedHistory
  readonly scans: JudgedScans
  readonly critiques: readonly JudgedCritique[]
  /** The lowest origin of any word in it. */
  readonly taint: Origin
  readonly approvals: readonly Approval[]
  /** The newest one that tried it as it is; null: none. */
  readonly experiment: JudgedExperiment | null
}

/** What an experiment asks for, and whether it has shown anything. */
export interface JudgedExperiment {
  /** It reached the evidence with which a person may promote, and nothing was said against it since. */
  readonly isProven: boolean
  readonly unit: string
  readonly goal: string
  readonly minimumEffect: number
  readonly unitsPerArm: number
  readonly taskTypes: number
  readonly principals: number
  /** Null: nobody asked for a number. */
  readonly mostUnits: number | null
  /** How long an outcome is waited for, of the type of task that waits the shortest. */
  readonly waitMs: number
  readonly guardrails: readonly JudgedGuardrail[]
  /** All names of the person who promotes it now; null: nobody does. */
  readonly promotedBy: readonly string[] | null
}

interface JudgedGuardrail {
  readonly name: string
  readonly required: boolean
  readonly watched: boolean
  readonly margin: number
  /** Tokens or seconds; false: a score. */
  readonly isSpending: boolean
}

/** As in `core/trust/taint.ts`, from the most to the least trusted. */
export const origins = [
  'operator',
  'signed_system',
  'first_party_tool',
  'user',
  'agent',
  'untrusted',
] as const
export type Origin = (typeof origins)[number]

/** As in `core/critique/critique.ts`. */
interface JudgedCritique {
  readonly critic: string
  readonly verdict: 'accept' | 'revise' | 'reject'
  readonly explanation: string
}

/** The store as it would be with this change. */
interface JudgedStore {
  readonly id: string
  readonly name: string
  readonly files: number
  readonly bytes: number
  /** Its size at earlier times, in any order; growth is seen from the newest one before the window. */
  readonly sizes: readonly { readonly at: string; readonly bytes: number }[]
  /** Proposals that wait for a person. */
  readonly openProposals: number
}

interface JudgedEvidence {
  readonly quotes: number
  /** Quotes whose event is not there, and those whose words do not stand there byte for byte. */
  readonly unresolved: number
  readonly altered: number
  /** Sessions that support it, how many of them have an outcome, and those that speak against it. */
  readonly sessions: number
  readonly outcomes: number
  readonly contradictingSessions: number
  /** Whether anybody looked for what speaks against it. */
  readonly counterSearched: boolean
  /** Principals behind the support; unnamed ones count as one. */
  readonly principals: number
  /** Share of the support that comes from one principal, 0 to 1. */
  readonly largestShare: number
  readonly days: number
  readonly newestAt: string | null
  /** The highest origin of the quotes; null without quotes. The lowest one is part of the taint. */
  readonly maxOrigin: Origin | null
  /** Who gave it as an order ("always do X"), when somebody did. */
  readonly instructedBy: Origin | null
  /** Difference of outcomes with and without, and the level of the interval that leaves out zero. */
  readonly contrast: { readonly gap: number; readonly confidence: number } | null
}

/** What the dream used and proposes altogether, this change included. */
interface JudgedDream {
  readonly changes: number
  readonly files: number
  readonly addedBytes: number
  readonly removedBytes: number
  readonly modelTokens: number
  readonly costUsd: number
  readonly wallClockMs: number
}

/** What happened to the store before; rules take from it what lies in their window. */
interface JudgedHistory {
  /** When dreams over this store began, this one included, and what each cost. */
  readonly dreams: readonly { readonly at: string; readonly costUsd: number }[]
  /** When changes were applied, this one left out. */
  readonly applied: readonly string[]
}

/** What scanners outside of the policy found in the text after the change; null: none has looked. */
interface JudgedScans {
  /** Names of the rules that found a secret. */
  readonly secrets: readonly string[] | null
  /** Kinds of personal data that were found. */
  readonly personalData: readonly string[] | null
  /** Pieces that read like instructions and come from below `user`. */
  readonly instructions: readonly string[] | null
}

export interface Approval {
  /** All names of whoever approved: the person, groups and roles. The first one is the person. */
  readonly by: readonly [string, ...string[]]
  readonly at: string
  /** Whether the hashes that were approved are still those of change, evidence and policy version. */
  readonly isCurrent: boolean
  /** Given in the knowledge that a critic rejects the change. */
  readonly overrules: boolean
  /** Given to break the glass: past what the policy says. */
  readonly bypasses: boolean
}

interface PolicyLoad {
  readonly version: string
  /** As in the approvals: the person. */
  readonly by: string
  readonly at: string
}
