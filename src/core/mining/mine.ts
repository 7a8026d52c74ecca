import { type Case, inCanonicalOrder } from './case.ts'
import { mineCorrections } from './corrections.ts'
import { mineErrors } from './errors.ts'
import type { Finding, MiningReport } from './finding.ts'
import { mineStepOutcomes } from './step-outcomes.ts'
import { mineWastedSteps } from './wasted-steps.ts'

const miners = [mineStepOutcomes, mineErrors, mineWastedSteps, mineCorrections]

/** Below this many decided sessions a comparison finds little that is there (power 0.07 at 200). */
const usefulFrom = 300

/**
 * Findings of all miners, strongest grade first. A pure function of the cases: their order does not matter,
 * and the same cases give the same findings.
 */
export function mine(cases: readonly Case[]): MiningReport {
  const ordered = inCanonicalOrder(cases)
  const mined = miners.map((miner) => miner(ordered))
  return {
    findings: mined.flatMap(({ findings }) => findings).toSorted(byGrade),
    families: mined.map(({ family }) => family),
    silences: [...explainSize(ordered), ...mined.flatMap(({ silences }) => silences)],
  }
}

/** Best grade first, then the strongest evidence; findings without a comparison by how often they occur. */
function byGrade(a: Finding, b: Finding): number {
  if (a.grade !== b.grade) return a.grade < b.grade ? -1 : 1
  return (a.effect?.q ?? 2) - (b.effect?.q ?? 2) || b.support.sessions - a.support.sessions
}

function explainSize(cases: readonly Case[]): string[] {
  const decided = cases.filter((one) => one.success !== null).length
  if (cases.length > 0 && decided === 0) {
    return ['No session has a decided outcome: nothing can be compared with success, only counted.']
  }
  if (decided >= usefulFrom || cases.length === 0) return []
  return [
    `${decided} sessions have a decided outcome; comparisons become useful from about ${usefulFrom}, so ${usefulFrom - decided} are missing.`,
  ]
}
