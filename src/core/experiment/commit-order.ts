import type { Arm } from './assignment.ts'
import type { CommittedUnit } from './unit.ts'

/** One assigned unit that is not committed yet; times in milliseconds. */
export interface AssignedUnit {
  readonly stratum: string
  readonly pi: number
  readonly arm: Arm
  readonly stage: number
  readonly principal: string | null
  readonly deadline: number
  /** Decided, with everything that counts; null while it is not. */
  readonly outcome: UnitOutcome | null
  readonly hardStop: string | null
}

interface UnitOutcome {
  readonly at: number
  readonly value: number
  readonly scores: Readonly<Record<string, number>>
}

export interface Committing {
  /** For the first units of those given, in their order. */
  readonly committed: readonly CommittedUnit[]
  /** What came after the deadline, by place among those given: shown, never used. */
  readonly late: readonly { readonly place: number; readonly value: number; readonly at: number }[]
  /** Deadline of the unit that holds up the others; null when none is left. */
  readonly waitsUntil: number | null
}

/**
 * Which units may be committed now, given those not yet committed in the order of assignment (spec C.5). The first waits
 * for its outcome or its deadline, and all others wait for it: in order of completion a candidate whose failures
 * report late looks better than it is (0.64 false against 0.04). At the deadline a missing outcome is a failure in
 * either arm. An outcome that came later is late even when nobody looked in between, so the result does not depend on
 * when this is asked.
 */
export function commitInOrder(units: readonly AssignedUnit[], now: number): Committing {
  const waiting = units.findIndex((unit) => inTime(unit) === null && now <= unit.deadline)
  const ready = waiting === -1 ? units : units.slice(0, waiting)
  return {
    committed: ready.map(toCommitted),
    late: ready.flatMap((unit, place) => {
      const { outcome } = unit
      if (outcome === null || inTime(unit) !== null) return []
      return [{ place, value: outcome.value, at: outcome.at }]
    }),
    waitsUntil: units[waiting]?.deadline ?? null,
  }
}

/** A hard stop of the candidate ends the experiment before its unit's turn comes. */
export function findHardStop(units: readonly AssignedUnit[]): string | null {
  return (
    units.find(({ arm, hardStop }) => arm === 'candidate' && hardStop !== null)?.hardStop ?? null
  )
}

function inTime({ outcome, deadline }: AssignedUnit): UnitOutcome | null {
  return outcome !== null && outcome.at <= deadline ? outcome : null
}

/** Scores that are not there count as the worst, 0. */
function toCommitted(unit: AssignedUnit): CommittedUnit {
  const outcome = inTime(unit)
  const { stratum, pi, arm, stage, principal, hardStop } = unit
  return {
    stratum,
    pi,
    arm,
    stage,
    principal,
    hardStop,
    value: outcome?.value ?? 0,
    missing: outcome === null,
    scores: outcome?.scores ?? {},
  }
}
