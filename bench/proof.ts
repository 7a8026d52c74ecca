import { keepResults } from './_results.ts'
import { measureAgents } from './proof/agents.ts'
import { measureCoverage, measureCrashes } from './proof/coverage.ts'
import { measureFalsePromotions } from './proof/false-promotions.ts'
import { measureHarm, measurePower } from './proof/power.ts'

/** Spec E.4: what the rule of experiments does in worlds whose truth is known, and on real runs. */
export async function benchProof(): Promise<void> {
  keepResults('proof', [
    ...measureFalsePromotions(),
    ...measurePower(),
    ...measureHarm(),
    ...measureCoverage(),
    ...measureCrashes(),
    ...(await measureAgents()),
  ])
}
