import { type AssignedUnit, commitInOrder } from './commit-order.ts'
import { type Folded, foldUnits, type OpenTest, type UnitInTurn } from './fold.ts'
import type { ExperimentPlan } from './plan.ts'
import { type DecideValue, type Judged, judgeUnit, type UnitPart } from './unit-outcome.ts'

/** A unit in the order of assignment, with all that was heard of it. Times in milliseconds. */
export interface HeardUnit {
  readonly stratum: string
  readonly pi: number
  readonly stage: number
  readonly principal: string | null
  readonly arm: string
  readonly deadline: number
  readonly parts: readonly UnitPart[]
}

export interface Turning {
  readonly plan: Pick<ExperimentPlan, 'test' | 'guardrails' | 'hardStops'>
  /** One part decides a unit that is a session; others are judged when their time is over. */
  readonly parts: 'one' | 'many'
  readonly decide: DecideValue
  readonly phase: 'test' | 'holdback'
  /** Ordinal of the first unit. */
  readonly from: number
  /** Left out: a missing outcome is a failure and watched. Here it says nothing, since it may have been taken away. */
  readonly missing?: 'says nothing'
  readonly now: number
}

export interface CommittedTurn {
  /** Those of the first units that the tests took. */
  readonly committed: readonly UnitInTurn[]
  readonly folded: Folded
  /** A unit holds up those behind it until its outcome or its deadline comes. */
  readonly waits: boolean
  /** What each of the units came to, in their order, those whose turn has not come too. */
  readonly judged: readonly Judged[]
}

/** Takes the units whose turn it is, in the order of assignment (spec C.5), into the open tests. */
export function takeUnits(
  tests: readonly OpenTest[],
  units: readonly HeardUnit[],
  turning: Turning,
): CommittedTurn {
  const judged = units.map((unit) => judgeHeard(unit, turning))
  const assigned = units.map((unit, at): AssignedUnit => {
    const { outcome = null, hardStop = null } = judged[at] ?? {}
    const { stratum, pi, stage, principal, deadline } = unit
    // The arm depends on the change; the order does not depend on the arm.
    return { stratum, pi, stage, principal, arm: 'incumbent', deadline, outcome, hardStop }
  })
  const { committed, waitsUntil } = commitInOrder(assigned, turning.now)
  const inTurn = committed.map((one, at) => ({ ...one, arm: units[at]?.arm ?? '' }))
  const { phase, from, plan } = turning
  const seen =
    turning.missing === 'says nothing'
      ? inTurn.map((one) => (one.missing ? { ...one, value: null, missing: false } : one))
      : inTurn
  const folded = foldUnits(tests, seen, { settings: plan.test, from, phase })
  return {
    committed: inTurn.slice(0, folded.readings.length),
    folded,
    waits: waitsUntil !== null,
    judged,
  }
}

export function judgeHeard(
  { parts, deadline }: Pick<HeardUnit, 'parts' | 'deadline'>,
  turning: Turning,
): Judged {
  const counting = parts.filter(({ washout }) => !washout)
  return judgeUnit(counting, { ...turning, deadline })
}
