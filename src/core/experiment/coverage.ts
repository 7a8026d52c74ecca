import { listGuardrails, missingOutcomes, type TestSettings } from './settings.ts'
import type { TestState } from './state.ts'

/** Of the arm that knows less, the share of counted units whose outcome came in time; 1 before there are any. */
export function leastCovered(
  settings: TestSettings,
  { guardrails }: Pick<TestState, 'guardrails'>,
): number {
  const at = listGuardrails(settings).indexOf(missingOutcomes)
  const strata = guardrails[at]?.strata ?? []
  const sum = (field: 's1' | 'n1' | 's0' | 'n0') =>
    strata.reduce((total, one) => total + one[field], 0)
  const share = (known: number, units: number) => (units === 0 ? 1 : known / units)
  return Math.min(share(sum('s1'), sum('n1')), share(sum('s0'), sum('n0')))
}
