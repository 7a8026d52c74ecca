import { wilson } from '../statistics/intervals.ts'

/**
 * Watches the success rate of a version that has no control arm: the e-SR detector of spec C.10 (Shin, Ramdas & Rinaldo
 * 2022). While the rate stays at its reference or above, an alarm comes on average after `alarmAt` units or later,
 * whatever else changes. An alarm does not say why: it re-opens an experiment and never rolls back by itself.
 */
export interface DriftState {
  /** The rate that must be kept: the lower 80 % bound of what was seen before. */
  readonly reference: number
  /** What bettors on each drop hold, with one coin more from each unit. */
  readonly held: readonly number[]
  readonly units: number
  /** The next unit of the experiment when the alarm came: from there on the holdback is counted anew. */
  readonly alarm?: number
}

const drops: readonly number[] = [0.05, 0.1, 0.2]
const alarmAt = 2_000

/** Before: how many of how many units succeeded. Rates near 0 and 1 are kept a hundredth away from them. */
export function openDrift(successes: number, units: number): DriftState {
  // 80 % on one side are 60 % on two.
  const bound = wilson(successes, units, 0.6).low
  const reference = Math.min(0.99, Math.max(0.01, bound))
  return { reference, held: drops.map(() => 0), units: 0 }
}

/** M_j = (M_j + 1)(1 + λ_j(p0 − Y)), λ_j = min(D_j / (p0(1−p0)), .9 / (1−p0)). */
export function watchUnit(state: DriftState, value: number): DriftState {
  const { reference, held, units } = state
  return {
    ...state,
    units: units + 1,
    held: held.map((capital, j) => {
      const stake = (drops[j] as number) / (reference * (1 - reference))
      const staked = Math.min(stake, 0.9 / (1 - reference))
      // Long after an alarm nobody listened to, a number still has to be one.
      return Math.min((capital + 1) * (1 + staked * (reference - value)), Number.MAX_VALUE)
    }),
  }
}

export function hasDrifted({ held }: DriftState): boolean {
  return held.reduce((sum, capital) => sum + capital / held.length, 0) >= alarmAt
}
