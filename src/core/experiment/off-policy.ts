import type { Arm } from './assignment.ts'
import { emptyStratum, scoreUnit } from './centre.ts'
import {
  type ConfidenceSequence,
  commitScore,
  type Ends,
  endsOf,
  openConfidence,
} from './confidence-sequence.ts'

/** One logged choice. `pi`: the chance of the candidate when it was made; null where nobody logged it. */
export interface LoggedUse {
  readonly stratum: string
  readonly pi: number | null
  readonly arm: Arm
  readonly value: number
}

export type OffPolicyEstimate =
  | { readonly estimable: false; readonly why: string }
  | {
      readonly estimable: true
      readonly effect: number
      readonly interval: Ends | null
      /** Of the arm that has less: how many units of equal weight it is worth. */
      readonly effectiveUnits: number
    }

const leastEffective = 100
const mostOfWeight = 0.05

/**
 * The effect of the candidate from logs in which chance chose (spec C.8): the scores of C.2 with logged chances. A
 * choice that was always made has no counterpart in the logs, and no arithmetic gives it one: the answer is "not
 * estimable", as it is where few units carry the weight.
 */
export function estimateFromLogs(
  uses: readonly LoggedUse[],
  prior: { readonly rate: number; readonly graded: boolean },
): OffPolicyEstimate {
  const refusal = findRefusal(uses)
  if (refusal !== null) return { estimable: false, why: refusal }
  const strata = new Map<string, ReturnType<typeof emptyStratum>>()
  let confidence: ConfidenceSequence = openConfidence()
  let sum = 0
  for (const { stratum, pi, arm, value } of uses) {
    const { score, sums } = scoreUnit(
      {
        sums: strata.get(stratum) ?? emptyStratum(stratum),
        priorRate: prior.rate,
        graded: prior.graded,
      },
      { pi: pi as number, arm, value },
    )
    strata.set(stratum, sums)
    confidence = commitScore(confidence, score)
    sum += score.z
  }
  const effectiveUnits = Math.min(...weigh(uses).map(({ effective }) => effective))
  return {
    estimable: true,
    effect: sum / uses.length,
    interval: endsOf(confidence),
    effectiveUnits,
  }
}

function findRefusal(uses: readonly LoggedUse[]): string | null {
  const unknown = uses.filter(({ pi }) => pi === null || pi <= 0 || pi >= 1).length
  if (unknown > 0) return `${unknown} of ${uses.length} choices were not left to a logged chance`
  for (const { arm, effective, largest } of weigh(uses)) {
    if (!(effective >= leastEffective)) {
      return `the ${arm} is worth ${Math.floor(effective)} units of equal weight, ${leastEffective} are needed`
    }
    if (largest > mostOfWeight) {
      return `one unit carries ${(100 * largest).toFixed(1)} % of the weight of the ${arm}, at most ${100 * mostOfWeight} % may be`
    }
  }
  return null
}

/** By arm, with ω = 1 / chance of what was chosen: (Σω)² / Σω², and the largest ω of their sum. */
function weigh(uses: readonly LoggedUse[]) {
  return (['candidate', 'incumbent'] as const).map((arm) => {
    let [sum, squares, most] = [0, 0, 0]
    for (const use of uses) {
      if (use.arm !== arm || use.pi === null) continue
      const weight = 1 / (arm === 'candidate' ? use.pi : 1 - use.pi)
      sum += weight
      squares += weight * weight
      most = Math.max(most, weight)
    }
    return {
      arm,
      effective: sum === 0 ? 0 : (sum * sum) / squares,
      largest: sum === 0 ? 1 : most / sum,
    }
  })
}
