import type { ExperimentId } from '../ids.ts'
import type { OutcomeDefinition } from '../outcome/definition.ts'
import type { TestSettings } from './settings.ts'

/** What an experiment was laid out to find, fixed when it starts. */
export interface ExperimentPlan {
  readonly goal: Goal
  readonly test: TestSettings
  /** Where somebody said so; what the past gives otherwise, and twice a fixed sample. */
  readonly priorRate: number | null
  readonly mostUnits: number | null
  readonly deadlines: Deadlines
  /** Where the score of each guardrail of `test` comes from. */
  readonly guardrails: readonly GuardrailSource[]
  /** Kinds of signals that end it at once when they come of a unit that read the candidate. */
  readonly hardStops: readonly string[]
  /** What must stay as it is outside of the change, as the one who planned it named it: grader, model, prompt. */
  readonly environment: Readonly<Record<string, string>>
  /** Whether policy let it be promoted without a person when it started. */
  readonly unattended: boolean
  /** Units a day when it started; null before. */
  readonly unitsPerDay: number | null
  /** Why it was started though it was forecast to take too long. */
  readonly anyway: string | null
  /** It ends unproven when it is older; null where nobody says. Missing in what started before there was a limit. */
  readonly mostMs?: number | null
  readonly holdback?: HoldbackPlan
  /** The experiment of the same change and goal whose evidence it starts with. */
  readonly follows: ExperimentId | null
}

interface Goal {
  /** Of the outcome definition. */
  readonly name: string
  /** The definition as it was at the start; null in a draft. */
  readonly definition: OutcomeDefinition | null
}

/** How long a unit's outcome is waited for, by type of task. */
export interface Deadlines {
  readonly standardMs: number
  readonly byTaskType: Readonly<Record<string, number>>
}

export type GuardrailSource = { readonly name: string } & (
  | { readonly from: 'signal'; readonly kind: string }
  /** What the unit's sessions used, against a reference: ½ at it, 0 at four times as much. */
  | { readonly from: 'tokens' | 'seconds'; readonly reference: number }
)

export function deadlineFor({ standardMs, byTaskType }: Deadlines, taskType: string): number {
  return Object.hasOwn(byTaskType, taskType) ? (byTaskType[taskType] as number) : standardMs
}

/** Evidence with which nobody needs to agree. */
export const unattendedAt = 100

/** The stage of units of a holdback, behind those of the ramp. */
export const holdbackStage = 9
/** How many units read what was promoted, and how long that is watched at least. */
export interface HoldbackPlan {
  readonly pi: number
  readonly leastMs: number
}
/** The least that there may be (spec C.10): a tenth keeps the incumbent, for 14 days. */
export const standardHoldback: HoldbackPlan = { pi: 0.9, leastMs: 14 * 86_400_000 }
export const holdbackOf = ({ holdback }: Pick<ExperimentPlan, 'holdback'>): HoldbackPlan =>
  holdback ?? standardHoldback
