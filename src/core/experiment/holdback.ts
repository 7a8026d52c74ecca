import { listHarms } from './harm.ts'
import { isRatioBroken } from './sample-ratio.ts'
import type { TestSettings } from './settings.ts'
import type { TestState } from './state.ts'

/** So many are watched at least. */
const holdbackUnits = 500

/**
 * After a promotion a tenth of the units, or more where policy says so, still read the former version (spec C.10): a fresh
 * test, opened with the settings of the one that promoted. Its estimate is not chosen by its own size, so it is the
 * unbiased one.
 */
export interface HoldbackDecision {
  /** void: its arms do not fit their coins, so it says nothing any more; a person must look. */
  readonly verdict: 'watching' | 'rollback' | 'kept' | 'void'
  readonly reasons: readonly string[]
}

export interface Watched {
  /** Since the promotion, or since an alarm of the drift detector. */
  readonly units: number
  readonly daysLeft: number
}

/** Fresh evidence of harm rolls the promotion back; otherwise it is watched until both 500 units and 14 days. */
export function judgeHoldback(
  settings: TestSettings,
  state: TestState,
  { units, daysLeft }: Watched,
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
    ...(units < holdbackUnits ? [`${units} of ${holdbackUnits} units`] : []),
    ...(daysLeft > 0 ? [`${Math.ceil(daysLeft)} more days`] : []),
  ]
  return missing.length > 0
    ? { verdict: 'watching', reasons: missing }
    : { verdict: 'kept', reasons: ['nothing got worse'] }
}
