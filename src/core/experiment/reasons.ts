import { evidenceOf, largestEvidence } from './betting.ts'
import { leastCovered } from './coverage.ts'
import { isHelpRuledOut, listHarms } from './harm.ts'
import { isRatioBroken } from './sample-ratio.ts'
import { harmThresholds, listGuardrails, notWorseAt, type TestSettings } from './settings.ts'
import type { TestState } from './state.ts'

/** Why a test ended, or what promotion still waits for, in the order in which the rule asks. */
export function sayReasons(settings: TestSettings, state: TestState): string[] {
  if (state.hardStop !== null) {
    return [`hard stop in a unit that read the candidate: ${state.hardStop}`]
  }
  if (isRatioBroken(state.ratio)) {
    return [
      `${state.n1} candidate and ${state.n0} incumbent units do not fit their coins (sample ratio)`,
    ]
  }
  const harms = listHarms(settings, state)
  if (harms.length > 0) return harms.map((name) => sayHarm(name, settings, state))
  const missing = listMissing(settings, state)
  if (missing.length === 0) {
    return [
      `evidence that it is better: ${show(evidenceOf(state.better))}, the threshold is ${settings.threshold}`,
    ]
  }
  if (isHelpRuledOut(state)) {
    return [`an effect of ${showPoints(settings.minimumEffect)} or more is ruled out`]
  }
  if (state.frontier >= settings.mostUnits) {
    return [`all ${settings.mostUnits} units are used up`, ...missing]
  }
  return missing
}

function listMissing(settings: TestSettings, state: TestState): string[] {
  const better = evidenceOf(state.better)
  const least = settings.leastUnitsPerArm
  const { length: strata } = state.strata
  const { length: principals } = state.principals
  const { leastCoverage = 0 } = settings
  const covered = leastCovered(settings, state)
  const waits: readonly (readonly [boolean, string])[] = [
    [
      better >= settings.threshold,
      `evidence that it is better is ${show(better)} of ${settings.threshold}`,
    ],
    [state.n1 >= least, `${state.n1} of ${least} units have read the candidate`],
    [state.n0 >= least, `${state.n0} of ${least} units have read the incumbent`],
    [
      strata >= settings.leastStrata,
      `${strata} of ${settings.leastStrata} types of task have been seen`,
    ],
    [
      principals >= settings.leastPrincipals,
      `${principals} of ${settings.leastPrincipals} principals have been seen`,
    ],
    [
      covered >= leastCoverage,
      `outcomes of ${showPercent(covered)} of the units of one arm are known, of ${showPercent(leastCoverage)}`,
    ],
    ...listGuardrails(settings).map(({ name, required }, at) => {
      const guardrail = state.guardrails[at]
      const notWorse = guardrail === undefined ? 0 : evidenceOf(guardrail.notWorse)
      const text = `evidence that ${name} is not worse is ${show(notWorse)} of ${notWorseAt}`
      return [!required || notWorse >= notWorseAt, text] as const
    }),
  ]
  return waits.filter(([met]) => !met).map(([, text]) => text)
}

function sayHarm(name: string, settings: TestSettings, state: TestState): string {
  const at = listGuardrails(settings).findIndex((guardrail) => guardrail.name === name)
  const { goal, guardrail } = harmThresholds(settings)
  const [process, threshold] =
    at === -1 ? [state.worse, goal] : [state.guardrails[at]?.worse ?? state.worse, guardrail]
  return `evidence that ${name} got worse is ${show(largestEvidence(process))}, the limit is ${threshold}`
}

const show = (evidence: number) => evidence.toPrecision(3)
const showPercent = (share: number) => `${Math.floor(100 * share)} %`
const showPoints = (effect: number) => `${Number((100 * effect).toPrecision(3))} points`
