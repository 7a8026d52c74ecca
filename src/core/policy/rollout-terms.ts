import { type HoldbackPlan, standardHoldback } from '../experiment/plan.ts'
import { meetRamps, type Ramp, type Stage, stages } from '../experiment/ramp.ts'
import type { Layer } from './fields.ts'
import type { RampStep, RolloutDemands } from './policy.ts'

/** What policies set of an experiment, which nobody asks for: fixed when it starts. */
export interface RolloutTerms {
  readonly threshold: number
  readonly ramp: Ramp
  readonly leastCoverage: number
  readonly mostUnits: number | null
  readonly mostMs: number | null
  readonly holdback: HoldbackPlan
}

/** Evidence that promotes where no policy says more (spec C.3). */
const leastEvidence = 20

/** The strictest of all, and nowhere less than the rule itself. */
export function meetRollouts(all: readonly RolloutDemands[]): RolloutTerms {
  const atMost = (values: readonly (number | null)[]) => {
    const limits = values.filter((value) => value !== null)
    return limits.length === 0 ? null : Math.min(...limits)
  }
  const holdback = Math.max(0, ...all.map(({ afterPromotion }) => afterPromotion.holdback))
  const watch = all.map(({ afterPromotion }) => afterPromotion.watch)
  return {
    threshold: Math.max(leastEvidence, ...all.map(({ analysis }) => 1 / analysis.alpha)),
    ramp: meetRamps([stages, ...all.flatMap(({ steps }) => steps.map(toRamp))]),
    leastCoverage: Math.max(0, ...all.map(({ analysis }) => analysis.minOutcomeCoverage)),
    mostUnits: atMost(all.map(({ analysis }) => analysis.maxUnits)),
    mostMs: atMost(all.map(({ analysis }) => analysis.maxDuration)),
    holdback: {
      pi: Math.min(standardHoldback.pi, 1 - holdback / 100),
      leastMs: Math.max(standardHoldback.leastMs, ...watch),
    },
  }
}

/** Steps say how many units they last, a ramp how many there were by then. */
function toRamp(steps: Layer<RampStep>): Ramp {
  let candidates = 0
  return steps.map(({ weight, minUnits, minDuration }): Stage => {
    candidates += minUnits ?? 0
    return {
      pi: weight / 100,
      until: minUnits === null ? null : candidates,
      leastMs: minDuration,
    }
  })
}
