import type { Arm } from './assignment.ts'

/** Units by ramp stage, and the evidence that their arms are not what the coins' chances say (spec C.10). */
export interface SampleRatio {
  readonly stages: readonly StageCounts[]
  readonly log: number
  readonly largest: number
}

interface StageCounts {
  readonly stage: number
  readonly pi: number
  readonly n1: number
  readonly n0: number
}

/** Evidence at which an experiment is void: a thousand, so that one sound experiment in a thousand is. */
const voidAt = 1_000
/** The share of the candidate is believed to be π as firmly as after a hundred units. */
const firmness = 100

export const emptyRatio: SampleRatio = { stages: [], log: 0, largest: 0 }

/**
 * e = B(100π+n1, 100(1−π)+n0) / B(100π, 100(1−π)) / (π^n1 (1−π)^n0), multiplied over stages: the same as each unit's
 * predicted chance over its logged chance, one after the other.
 */
export function countUnit(
  ratio: SampleRatio,
  unit: { readonly stage: number; readonly pi: number; readonly arm: Arm },
): SampleRatio {
  const at = ratio.stages.findIndex(({ stage, pi }) => stage === unit.stage && pi === unit.pi)
  const counts = ratio.stages[at] ?? { stage: unit.stage, pi: unit.pi, n1: 0, n0: 0 }
  const isCandidate = unit.arm === 'candidate'
  const logged = isCandidate ? unit.pi : 1 - unit.pi
  const seen = isCandidate ? counts.n1 : counts.n0
  const predicted = (firmness * logged + seen) / (firmness + counts.n1 + counts.n0)
  const log = ratio.log + Math.log(predicted / logged)
  const counted = {
    ...counts,
    n1: counts.n1 + (isCandidate ? 1 : 0),
    n0: counts.n0 + (isCandidate ? 0 : 1),
  }
  return {
    stages: at === -1 ? [...ratio.stages, counted] : ratio.stages.with(at, counted),
    log,
    largest: Math.max(ratio.largest, log),
  }
}

/** Something between the coin and the outcome loses units of one arm: no result of it can be trusted. */
export function isRatioBroken(ratio: SampleRatio): boolean {
  return ratio.largest >= Math.log(voidAt)
}
