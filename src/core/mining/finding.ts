import type { Evidence, Grade } from '../evidence.ts'
import type { SessionId } from '../ids.ts'
import type { Cited } from '../transcript/quote.ts'
import type { Adjustment } from './population.ts'
import type { TaskPath } from './task-path.ts'

/** One mined pattern with statistics, grade and quotes: a hypothesis, not yet a change. */
export interface Finding {
  /** Stable name of the pattern (kind + what it is about), equal across dreams. */
  readonly key: string
  readonly kind: FindingKind
  /** One sentence in plain words, without numbers that the fields below give. */
  readonly title: string
  readonly taskType: string | null
  readonly grade: Grade
  readonly sessionsWith: number
  readonly sessionsWithout: number
  /** Null where no outcome was known or no stratum could compare. */
  readonly effect: Effect | null
  readonly support: Support
  readonly detail: FindingDetail
  readonly evidence: readonly Evidence[]
}

/** A finding that names what it cites, before the words are looked up. */
export type CitedFinding = Omit<Finding, 'evidence'> & { readonly citations: readonly Citation[] }

/** A piece of one session by what it is and the `seq` of its event. */
export interface Citation {
  readonly sessionId: SessionId
  readonly of: Cited
  readonly at: number
  readonly polarity: Evidence['polarity']
}

export type FindingKind = FindingDetail['kind']

/** Difference in the share of successes, with minus without the pattern; Mantel–Haenszel over strata. */
export interface Effect {
  readonly riskDifference: number
  readonly low: number
  readonly high: number
  /** Coverage of [low, high], e.g. 0.9. */
  readonly level: number
  /** The effect to expect next time: what was picked for being large is smaller (empirical Bayes). */
  readonly shrunk: number
  /** What the strata hold fixed: the same task, the source's type of task, a cluster of requests, nothing. */
  readonly adjustedFor: Adjustment
  /** The larger p of the stratified test and, where several agents worked, of the one that adjusts for both. */
  readonly p: number
  /** Benjamini–Hochberg inside the family of this miner. */
  readonly q: number
  /** p adjusted for all patterns of the family by reshuffling; null where the family was not reshuffled. */
  readonly permutationP: number | null
  readonly strata: number
  readonly informativeStrata: number
  readonly agents: number
  /** The same with additive task and agent effects; null with one agent, or where they cannot be told apart. */
  readonly agentAdjusted: {
    readonly riskDifference: number
    readonly low: number
    readonly high: number
    readonly p: number
  } | null
  /** Whether it holds from task to task (or type to type): how many agree, and p when tasks are a sample. */
  readonly across: { readonly strata: number; readonly agree: number; readonly p: number } | null
  /** The difference on the part held back: later sessions, or other tasks where there is no clock. */
  readonly replication: {
    readonly by: 'time' | 'tasks'
    readonly sessions: number
    readonly riskDifference: number | null
  }
  /** Risk ratio that an unseen factor would need with both pattern and outcome to explain it; 1: none. */
  readonly eValue: number
  /** The same difference without any adjustment: how much was task mix. */
  readonly unadjusted: { readonly riskDifference: number; readonly p: number }
}

/** How much stands behind a finding. Tasks and principals are 0 where the sources do not name them. */
export interface Support {
  readonly sessions: number
  readonly tasks: number
  readonly principals: number
  /** Share of the sessions that stand behind one principal. */
  readonly largestShare: number
}

export type Waste =
  | 'exact_repeat'
  | 'blind_retry'
  | 'loop'
  | 're_read'
  | 'unused_output'
  | 'over_fetch'

export type Behaviour =
  | 'hands_over_unchanged'
  | 'answers_without_look_up'
  | 'promises_without_call'
  | 'changes_unconfirmed'
  | 'states_wrong_sum'
  | 'stops_early'

export type FindingDetail =
  | {
      readonly kind: 'error_recovery'
      readonly tool: string
      /** The error's template, masked parts as <TAG>. */
      readonly template: string
      /** Stable id of the template: hash of the tool and the first message seen. */
      readonly signature: string
      readonly occurrences: number
      readonly recovered: number
      readonly recoveries: readonly Recovery[]
    }
  | {
      readonly kind: 'wasted_steps'
      readonly waste: Waste
      readonly tool: string
      /** `low`: shown, never acted on alone. */
      readonly confidence: 'high' | 'medium' | 'low'
      readonly occurrences: number
      readonly wastedSteps: number
      readonly wastedTokens: number
      readonly wastedSeconds: number | null
    }
  | {
      readonly kind: 'user_correction'
      /** Normalised act that was rejected, e.g. a tool name, or null when it was something said. */
      readonly rejectedAct: string | null
      /** Whose wish it is: one person's stays theirs until three have it. */
      readonly scope: 'principal' | 'team'
      readonly occurrences: number
    }
  | {
      readonly kind: 'step_outcome'
      readonly tool: string
      /** `failed`: a call of the tool returned an error. */
      readonly event: 'called' | 'failed'
      /** `absent`: sessions without the step are the ones compared as "with the pattern". */
      readonly presence: 'present' | 'absent'
    }
  | {
      readonly kind: 'sequence'
      /** Acts in order, at most two others between them; `+`: once or more in a row. */
      readonly acts: readonly string[]
      readonly presence: 'present' | 'absent'
    }
  | {
      readonly kind: 'behaviour'
      readonly behaviour: Behaviour
      /** Tool, verb or stop reason that it is about; null where it is about none. */
      readonly about: string | null
    }
  | {
      readonly kind: 'source_reliability'
      readonly source: string
      readonly uses: number
      readonly successes: number
      /** Shrunk success rate of sessions that used it: 10 %, 50 % and 90 % quantiles. */
      readonly low: number
      readonly median: number
      readonly high: number
    }
  | {
      readonly kind: 'edge_case'
      readonly words: readonly string[]
      readonly sessions: number
      readonly failures: number
      /** Lower bound of its failure rate and upper bound of the overall one. */
      readonly failureLow: number
      readonly overallHigh: number
    }
  | {
      readonly kind: 'rejected_output'
      /** Part of the outcome that rejects: a rubric criterion, a check, a verdict. */
      readonly criterion: string
      readonly rejected: number
      readonly judged: number
      /** Tool whose sessions are rejected by it most beyond others; null when none stands out. */
      readonly mostAfter: string | null
    }
  | {
      readonly kind: 'observed_fact'
      readonly path: string
      readonly line: string
      readonly entity: string
      readonly attribute: string
      readonly stated: string
      readonly observed: string
    }
  | {
      readonly kind: 'reference_path'
      readonly calls: readonly string[]
      /** In this order, loops collapsed; false: in any order. */
      readonly inOrder: boolean
      readonly following: number
      readonly successes: number
      readonly variants: number
    }

/** What was seen between an error and the next success of the same tool, and what happens without it. */
export interface Recovery {
  /** `tool:name`, `args:added:/path`, `args:changed:/path`, `args:removed:/path`, `retry`. */
  readonly token: string
  readonly recoveredWith: number
  readonly triedWith: number
  readonly recoveredWithout: number
  readonly triedWithout: number
  readonly riskDifference: number
  readonly low: number
  readonly high: number
}

/** What one run of the miners saw, so that silence can explain itself. */
export interface MiningReport<Found = Finding> {
  readonly findings: readonly Found[]
  readonly families: readonly Family[]
  /** How each type of task goes when it goes well. */
  readonly paths: readonly TaskPath[]
  readonly comparedBy: ComparedBy
  /** Why nothing (more) was found, in plain words with numbers. */
  readonly silences: readonly string[]
}

/** What comparisons hold fixed, and where the types of task come from. */
export interface ComparedBy {
  readonly adjustedFor: Adjustment
  readonly taskTypesFrom: 'source' | 'clusters' | 'none'
  readonly agents: number
  readonly agentAdjusted: boolean
}

export interface Family {
  readonly kind: FindingKind
  readonly considered: number
  readonly testable: number
  readonly found: number
  /** How many would be called significant at the same level without adjusting for the task. */
  readonly unadjustedSignificant: number
  /** …of those, how many the comparison on equal terms does not bear out. */
  readonly explainedAway: number
  /** Level of the false discovery rate inside the family; 0 when the family as a whole shows nothing. */
  readonly level: number
}
