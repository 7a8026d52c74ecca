import { meanOf, sumStrata } from './centre.ts'
import { listGuardrails, missingOutcomes, type TestSettings } from './settings.ts'
import type { TestState } from './state.ts'

/** Of the arm that knows less, the share of counted units whose outcome came in time; 1 before there are any. */
export function leastCovered(
  settings: TestSettings,
  { guardrails }: Pick<TestState, 'guardrails'>,
): number {
  const at = listGuardrails(settings).indexOf(missingOutcomes)
  const { s1, n1, s0, n0 } = sumStrata(guardrails[at]?.strata ?? [])
  return Math.min(meanOf(s1, n1) ?? 1, meanOf(s0, n0) ?? 1)
}
