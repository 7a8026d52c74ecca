import type { Evidence, Grade } from '../evidence.ts'

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

type FindingKind = FindingDetail['kind']

/** Difference in the share of successes, with minus without the pattern; Mantel–Haenszel over strata. */
export interface Effect {
  readonly riskDifference: number
  readonly low: number
  readonly high: number
  /** Coverage of [low, high], e.g. 0.9. */
  readonly level: number
  /** What the strata hold fixed: `task` (same task id), `task_type`, `nothing`. */
  readonly adjustedFor: 'task' | 'task_type' | 'nothing'
  /** Cochran–Mantel–Haenszel p and the Benjamini–Hochberg q inside the family of this miner. */
  readonly p: number
  readonly q: number
  readonly strata: number
  readonly informativeStrata: number
  /** The same difference without any adjustment: how much was task mix. */
  readonly unadjusted: { readonly riskDifference: number; readonly p: number }
}

/** How much stands behind a finding. Tasks and principals are 0 where the sources do not name them. */
export interface Support {
  readonly sessions: number
  readonly tasks: number
  readonly principals: number
}

export type FindingDetail =
  | {
      readonly kind: 'error_recovery'
      readonly tool: string
      /** The error's template, masked parts as <TAG>. */
      readonly template: string
      readonly occurrences: number
      readonly recovered: number
      readonly recoveries: readonly Recovery[]
    }
  | {
      readonly kind: 'wasted_steps'
      readonly waste: 'exact_repeat' | 'blind_retry' | 'loop' | 're_read'
      readonly tool: string
      readonly occurrences: number
      readonly wastedSteps: number
      readonly wastedTokens: number
      readonly wastedSeconds: number | null
    }
  | {
      readonly kind: 'user_correction'
      /** Normalised act that was rejected, e.g. a tool name, or null when it was something said. */
      readonly rejectedAct: string | null
      readonly strength: 'correction' | 'weak'
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
export interface MiningReport {
  readonly findings: readonly Finding[]
  readonly families: readonly Family[]
  /** Why nothing (more) was found, in plain words with numbers. */
  readonly silences: readonly string[]
}

export interface Family {
  readonly kind: FindingKind
  readonly considered: number
  readonly testable: number
  readonly found: number
  /** How many would be called significant at the same level without adjusting for the task. */
  readonly unadjustedSignificant: number
}
