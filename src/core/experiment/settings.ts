import type { Ramp } from './ramp.ts'

/** A second measure of every unit, in [0, 1] with 1 the best. */
export interface Guardrail {
  readonly name: string
  /** Promotion waits until it is shown to be no more than `margin` worse (non-inferiority). */
  readonly required: boolean
  readonly margin: number
  /** Evidence that it is worse rolls back. */
  readonly harmWatched: boolean
  /** Scores between 0 and 1, not only 0 and 1. */
  readonly graded: boolean
  /** What it was before the experiment, ½ when nobody knows: a wrong one costs speed, never validity. */
  readonly priorRate?: number
}

/** Fixed when a test begins: every number of the decision rule (spec C.3). */
export interface TestSettings {
  /** Evidence that promotes: 20 with a person's approval, 100 without. */
  readonly threshold: number
  /** Below this a true effect is not worth having: the test ends when no more is possible. */
  readonly minimumEffect: number
  /** The least effect that the test is laid out to find. */
  readonly smallestEffect: number
  /** The test ends after so many units. */
  readonly mostUnits: number
  readonly leastUnitsPerArm: number
  readonly leastStrata: number
  readonly leastPrincipals: number
  /** Success rates by stratum before the experiment; `priorRate` for every other stratum. */
  readonly priorRates: Readonly<Record<string, number>>
  readonly priorRate: number
  readonly guardrails: readonly Guardrail[]
  /** Share of the units of each arm whose outcome has to be known; 0 where nobody says. */
  readonly leastCoverage?: number
  /** That of spec C.7 where nobody says; never a steeper one. */
  readonly ramp?: Ramp
  /** The goal is a score between 0 and 1, not only success or failure. */
  readonly graded: boolean
}

/** The settings of spec C.3 where nothing else is said; 1 124 units are twice a fixed sample for +10 points at 60 %. */
export function makeSettings(given: Partial<TestSettings> = {}): TestSettings {
  return {
    threshold: 20,
    minimumEffect: 0.02,
    smallestEffect: 0.1,
    mostUnits: 1_124,
    leastUnitsPerArm: 30,
    leastStrata: 2,
    leastPrincipals: 2,
    priorRates: {},
    priorRate: 0.5,
    guardrails: [],
    graded: false,
    ...given,
  }
}

/** A missing outcome at the deadline is watched like any other harm (C.5); guardrails may not take its name. */
export const missingOutcomes: Guardrail = {
  name: 'missing outcomes',
  required: false,
  margin: 0,
  harmWatched: true,
  graded: false,
  priorRate: 0.95,
}

/** The guardrails of a test in the order of its state: those of its settings, and missing outcomes. */
export function listGuardrails(settings: TestSettings): readonly Guardrail[] {
  return [...settings.guardrails, missingOutcomes]
}

/** Evidence of harm that rolls back: 20 on the goal, 20 times their number on each watched guardrail (Bonferroni, C.3). */
export function harmThresholds(settings: TestSettings): { goal: number; guardrail: number } {
  const watched = settings.guardrails.filter(({ harmWatched }) => harmWatched).length + 1
  return { goal: harmThreshold, guardrail: harmThreshold * watched }
}

const harmThreshold = 20

/** Evidence that a required guardrail is not worse by its margin; all must pass, so no correction (C.3). */
export const notWorseAt = 20
