import type { Grade } from '../evidence.ts'
import type { Contrast, Members } from './contrast.ts'
import type { Citation, Effect, FindingDetail, FindingKind } from './finding.ts'

/** What one miner saw: patterns that may become findings once all of them are judged together. */
export interface Patterns {
  readonly kind: FindingKind
  /** How many patterns were looked at, testable or not. */
  readonly considered: number
  /**
   * False where the pattern is made of outcomes (what a check rejects, groups picked for failing): comparing
   * it with the outcome again would prove itself.
   */
  readonly tested: boolean
  readonly candidates: readonly Candidate[]
  readonly silences: readonly string[]
}

export interface Candidate {
  readonly members: Members
  /** `compared`: nothing unless the comparison holds. `counted`: worth showing for how often it occurs. */
  readonly standing: 'compared' | 'counted'
  readonly name: string
  /** Called only when it becomes a finding. */
  readonly describe: (judged: Judged) => Description
}

/** A candidate beside the others of its family. */
export interface Judged {
  readonly contrast: Contrast
  readonly effect: Effect | null
  /** Null when the comparison holds, else what it lacks. */
  readonly lack: string | null
  readonly grade: Grade
}

export interface Description {
  readonly key: string
  readonly title: string
  readonly detail: FindingDetail
  readonly citations: readonly Citation[]
  /** Worded as the absence of the members' pattern: counts and effect are turned around. */
  readonly absent?: boolean
}
