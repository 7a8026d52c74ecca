import type { Arm } from './assignment.ts'

/** One unit as the test counts it: committed in the order of assignment, never changed afterwards. */
export interface CommittedUnit {
  /** The type of task, known before the coin. */
  readonly stratum: string
  /** The chance of the candidate when the coin was tossed, in [.05, .95]. */
  readonly pi: number
  readonly arm: Arm
  /** In [0, 1]; a missing outcome is 0. */
  readonly value: number
  readonly missing: boolean
  /** By guardrail, in [0, 1]; the worst value where the outcome is missing. */
  readonly scores: Readonly<Record<string, number>>
  readonly stage: number
  readonly principal: string | null
  /** What happened that ends the experiment at once: a leaked secret, a breach of safety or policy. */
  readonly hardStop: string | null
}

/** A unit as a test sees it. Null: it says nothing of the goal, only of guardrails and of the sample ratio. */
export type SeenUnit = Omit<CommittedUnit, 'value'> & { readonly value: number | null }
