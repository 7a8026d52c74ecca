import { listHarms } from './harm.ts'
import { isRatioBroken } from './sample-ratio.ts'
import type { TestSettings } from './settings.ts'
import type { TestState } from './state.ts'

/**
 * After a promotion a tenth of the units still read the former version (spec C.10): a fresh test with π = .9, opened
 * with the settings of the one that promoted. Its estimate is not chosen by its own size, so it is the
 * unbiased one.
 */
export const holdbackPi = 0.9

const leastUnits = 500
const leastDays = 14

export interface HoldbackDecision {
  /** void: its arms do not fit their coins, so it says nothing any more; a person must look. */
  readonly verdict: 'watching' | 'rollback' | 'kept' | 'void'
  readonly reasons: readonly string[]
}

/** Fresh evidence of harm rolls the promotion back; otherwise it is watched until both 500 units and 14 days. */
export function judgeHoldback(
  settings: TestSettings,
  state: TestState,
  days: number,
): HoldbackDecision {
  if (state.hardStop !== null) {
    return { verdict: 'rollback', reasons: [`hard stop: ${state.hardStop}`] }
  }
  if (isRatioBroken(state.ratio)) {
    return { verdict: 'void', reasons: ['units do not fit their coins (sample ratio)'] }
  }
  const harms = listHarms(settings, state)
  if (harms.length > 0) {
    return { verdict: 'rollback', reasons: harms.map((name) => `${name} got worse`) }
  }
  const missing = [
    ...(state.frontier < leastUnits ? [`${state.frontier} of ${leastUnits} units`] : []),
    ...(days < leastDays ? [`${Math.floor(days)} of ${leastDays} days`] : []),
  ]
  return missing.length > 0
    ? { verdict: 'watching', reasons: missing }
    : { verdict: 'kept', reasons: ['nothing got worse'] }
}
