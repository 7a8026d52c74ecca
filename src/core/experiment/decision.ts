import { alwaysValidP, evidenceOf, largestEvidence } from './betting.ts'
import { type Ends, endsOf } from './confidence-sequence.ts'
import { listHarms } from './harm.ts'
import { isRatioBroken } from './sample-ratio.ts'
import { harmThresholds, listGuardrails, type TestSettings } from './settings.ts'
import type { TestState } from './state.ts'

export type Verdict = 'continue' | 'promote' | 'rollback' | 'inconclusive' | 'void'

export interface Decision {
  readonly verdict: Verdict
  /** In plain words: why, or what is still missing. */
  readonly reasons: readonly string[]
  readonly evidence: {
    readonly better: number
    readonly worse: number
    /** Always-valid p of "the candidate is not better". */
    readonly p: number
  }
  /** What the effect may be, at 95 % all along. Null: it has not been the same all along. */
  readonly interval: Ends | null
  /** Mean of the scores: biased upwards where a test stops because of it, so shown only beside the interval. */
  readonly estimate: number
  readonly guardrails: readonly GuardrailEvidence[]
}

interface GuardrailEvidence {
  readonly name: string
  readonly notWorse: number
  readonly worse: number
  /** Null: not required. */
  readonly passed: boolean | null
}

/** Evidence that a required guardrail is not worse by its margin; all must pass, so no correction (C.3). */
const notWorseAt = 20
/** The lower side of a two-sided 95 % confidence sequence. */
const futileAt = 40

/**
 * The decision rule of spec C.3, to be asked after every unit. In order: a hard stop or shown harm rolls back, a broken
 * sample ratio voids, enough evidence with everything else in place promotes, no chance of an effect worth having or
 * no units left ends without proof, and otherwise the test goes on.
 */
export function decide(settings: TestSettings, state: TestState): Decision {
  const [verdict, reasons] = judge(settings, state)
  return {
    verdict,
    reasons,
    evidence: {
      better: evidenceOf(state.better),
      worse: evidenceOf(state.worse),
      p: alwaysValidP(state.better),
    },
    interval: endsOf(state.confidence),
    estimate: state.frontier === 0 ? 0 : state.sumZ / state.frontier,
    guardrails: listEvidence(settings, state),
  }
}

function judge(settings: TestSettings, state: TestState): [Verdict, string[]] {
  if (state.hardStop !== null) {
    return ['rollback', [`hard stop in a unit that read the candidate: ${state.hardStop}`]]
  }
  if (isRatioBroken(state.ratio)) {
    return [
      'void',
      [
        `${state.n1} candidate and ${state.n0} incumbent units do not fit their coins (sample ratio)`,
      ],
    ]
  }
  const harms = listHarms(settings, state)
  if (harms.length > 0) return ['rollback', harms.map((name) => sayHarm(name, settings, state))]
  const missing = listMissing(settings, state)
  if (missing.length === 0) {
    return ['promote', [`evidence that it is better: ${show(evidenceOf(state.better))}`]]
  }
  if (largestEvidence(state.futile) >= futileAt) {
    return [
      'inconclusive',
      [`an effect of ${showPoints(settings.minimumEffect)} or more is ruled out`],
    ]
  }
  if (state.frontier >= settings.mostUnits) {
    return ['inconclusive', [`all ${settings.mostUnits} units are used up`, ...missing]]
  }
  return ['continue', missing]
}

/** What promotion still waits for. */
function listMissing(settings: TestSettings, state: TestState): string[] {
  const better = evidenceOf(state.better)
  const least = settings.leastUnitsPerArm
  const { length: strata } = state.strata
  const { length: principals } = state.principals
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
    ...listEvidence(settings, state).map(({ name, notWorse, passed }) => {
      const text = `evidence that ${name} is not worse is ${show(notWorse)} of ${notWorseAt}`
      return [passed !== false, text] as const
    }),
  ]
  return waits.filter(([met]) => !met).map(([, text]) => text)
}

function listEvidence(settings: TestSettings, state: TestState): GuardrailEvidence[] {
  return listGuardrails(settings).flatMap(({ name, required }, at) => {
    const guardrail = state.guardrails[at]
    if (guardrail === undefined) return []
    const notWorse = evidenceOf(guardrail.notWorse)
    const passed = required ? notWorse >= notWorseAt : null
    return [{ name, notWorse, worse: evidenceOf(guardrail.worse), passed }]
  })
}

function sayHarm(name: string, settings: TestSettings, state: TestState): string {
  const at = listGuardrails(settings).findIndex((guardrail) => guardrail.name === name)
  const { goal, guardrail } = harmThresholds(settings)
  const [process, threshold] =
    at === -1 ? [state.worse, goal] : [state.guardrails[at]?.worse ?? state.worse, guardrail]
  return `evidence that ${name} got worse is ${show(largestEvidence(process))}, the limit is ${threshold}`
}

const show = (evidence: number) => evidence.toPrecision(3)
const showPoints = (effect: number) => `${Number((100 * effect).toPrecision(3))} points`
