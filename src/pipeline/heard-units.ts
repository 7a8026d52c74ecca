import type { HeardUnit, Turning } from '../core/experiment/turn.ts'
import type { UnitPart } from '../core/experiment/unit-outcome.ts'
import { decideGoal } from '../core/outcome/goal.ts'
import type { ExperimentUnit } from '../storage/experiment-commits.ts'
import type { Experiment } from '../storage/experiments.ts'

export function hearUnit(unit: ExperimentUnit, parts: readonly UnitPart[]): HeardUnit {
  const { stratum, pi, stage, principal, arm, deadlineAt } = unit
  return { stratum, pi, stage, principal, arm, deadline: Date.parse(deadlineAt), parts }
}

export function turningOf(
  { plan, unit }: Experiment,
  at: Pick<Turning, 'phase' | 'from' | 'now'>,
): Turning {
  const { definition } = plan.goal
  return {
    ...at,
    plan,
    parts: unit === 'session' ? 'one' : 'many',
    decide: (signals) => definition && decideGoal(definition, signals),
  }
}
