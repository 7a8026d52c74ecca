import { advance, type EProcess, evidenceOf, logMixture, openProcess } from './betting.ts'
import { emptyStratum, type Score, type StratumSums, scoreUnit } from './centre.ts'
import { type ConfidenceSequence, commitScore, openConfidence } from './confidence-sequence.ts'
import { hasAlarm } from './harm.ts'
import { stageAfter, uneasyAt } from './ramp.ts'
import { countUnit, emptyRatio, type SampleRatio } from './sample-ratio.ts'
import { type Guardrail, listGuardrails, missingOutcomes, type TestSettings } from './settings.ts'
import type { CommittedUnit, SeenUnit } from './unit.ts'

/**
 * All that a test remembers of its units (spec C.15): plain JSON, so that written and read again it is the same bits,
 * and folding the committed units again gives it, bit for bit.
 */
export interface TestState {
  /** Units committed so far: the place of the next one. */
  readonly frontier: number
  readonly n1: number
  readonly n0: number
  /** Of the ramp, for the next coin. */
  readonly stage: number
  readonly strata: readonly StratumSums[]
  /** The candidate is better; it is worse; its effect is below the least that is worth having. */
  readonly better: EProcess
  readonly worse: EProcess
  readonly futile: EProcess
  readonly sumZ: number
  readonly sumZ2: number
  readonly confidence: ConfidenceSequence
  /** In the order of `listGuardrails`. */
  readonly guardrails: readonly GuardrailState[]
  readonly ratio: SampleRatio
  /** The first different principals, as many as promotion asks for. */
  readonly principals: readonly string[]
  /** The first one of the candidate. */
  readonly hardStop: string | null
}

interface GuardrailState {
  readonly strata: readonly StratumSums[]
  /** Not worse by its margin or more; and worse. */
  readonly notWorse: EProcess
  readonly worse: EProcess
}

export function openTest(settings: TestSettings): TestState {
  const process = openProcess()
  return {
    frontier: 0,
    n1: 0,
    n0: 0,
    stage: 0,
    strata: [],
    better: process,
    worse: process,
    futile: process,
    sumZ: 0,
    sumZ2: 0,
    confidence: openConfidence(),
    guardrails: listGuardrails(settings).map(() => ({
      strata: [],
      notWorse: process,
      worse: process,
    })),
    ratio: emptyRatio,
    principals: [],
    hardStop: null,
  }
}

/**
 * A new test of the same change, goal and settings after its surroundings changed (grader, model, prompt): it starts
 * with the evidence of the former one, since E₁·E₂ is evidence again (C.15). The confidence sequence, the counts and
 * the ramp start anew.
 */
export function reopenTest(settings: TestSettings, former: TestState): TestState {
  const kept = ({ logs }: EProcess) => openProcess(logMixture(logs))
  return {
    ...openTest(settings),
    better: kept(former.better),
    worse: kept(former.worse),
    futile: kept(former.futile),
    guardrails: former.guardrails.map(({ notWorse, worse }) => ({
      strata: [],
      notWorse: kept(notWorse),
      worse: kept(worse),
    })),
  }
}

/** The state with one unit more. Decide after each: a decision stands at the unit that brought it. */
export function commitUnit(settings: TestSettings, state: TestState, unit: SeenUnit): TestState {
  const next: TestState = {
    frontier: state.frontier + 1,
    n1: state.n1 + (unit.arm === 'candidate' ? 1 : 0),
    n0: state.n0 + (unit.arm === 'incumbent' ? 1 : 0),
    stage: state.stage,
    ...countGoal(settings, state, unit),
    guardrails: listGuardrails(settings).map((guardrail, at) =>
      commitToGuardrail(guardrail, state.guardrails[at] as GuardrailState, unit),
    ),
    ratio: countUnit(state.ratio, unit),
    principals: addPrincipal(state.principals, unit.principal, settings.leastPrincipals),
    hardStop: state.hardStop ?? (unit.arm === 'candidate' ? unit.hardStop : null),
  }
  const calm = evidenceOf(next.worse) < uneasyAt && !hasAlarm(settings, next)
  return { ...next, stage: stageAfter(next.stage, { candidates: next.n1, calm }, settings.ramp) }
}

type GoalState = Pick<
  TestState,
  'strata' | 'better' | 'worse' | 'futile' | 'sumZ' | 'sumZ2' | 'confidence'
>

function countGoal(settings: TestSettings, state: TestState, unit: SeenUnit): GoalState {
  if (unit.value === null) {
    const { strata, better, worse, futile, sumZ, sumZ2, confidence } = state
    return { strata, better, worse, futile, sumZ, sumZ2, confidence }
  }
  const { score, strata } = scoreIn(state.strata, unit, {
    value: unit.value,
    priorRate: priorRateOf(settings, unit.stratum),
    graded: settings.graded,
  })
  return {
    strata,
    better: advance(state.better, score, { sign: 1, delta: 0 }),
    worse: advance(state.worse, score, { sign: -1, delta: 0 }),
    futile: advance(state.futile, score, { sign: -1, delta: -settings.minimumEffect }),
    sumZ: state.sumZ + score.z,
    sumZ2: state.sumZ2 + score.z * score.z,
    confidence: commitScore(state.confidence, score),
  }
}

/** The state of committed units in order: what is stored must equal it bit for bit. */
export function recompute(settings: TestSettings, units: Iterable<CommittedUnit>): TestState {
  let state = openTest(settings)
  for (const unit of units) state = commitUnit(settings, state, unit)
  return state
}

function commitToGuardrail(
  guardrail: Guardrail,
  state: GuardrailState,
  unit: SeenUnit,
): GuardrailState {
  const { score, strata } = scoreIn(state.strata, unit, {
    value: readScore(guardrail, unit),
    priorRate: guardrail.priorRate ?? 0.5,
    graded: guardrail.graded,
  })
  return {
    strata,
    notWorse: advance(state.notWorse, score, { sign: 1, delta: -guardrail.margin }),
    worse: advance(state.worse, score, { sign: -1, delta: 0 }),
  }
}

/** A score that is not there is the worst one. Names are the user's: only own properties count. */
function readScore({ name }: Guardrail, { missing, scores }: SeenUnit): number {
  if (name === missingOutcomes.name) return missing ? 0 : 1
  return Object.hasOwn(scores, name) ? (scores[name] as number) : 0
}

function priorRateOf({ priorRates, priorRate }: TestSettings, stratum: string): number {
  return Object.hasOwn(priorRates, stratum) ? (priorRates[stratum] as number) : priorRate
}

function scoreIn(
  strata: readonly StratumSums[],
  { stratum, pi, arm }: SeenUnit,
  measure: { readonly value: number; readonly priorRate: number; readonly graded: boolean },
): { score: Score; strata: readonly StratumSums[] } {
  const at = strata.findIndex(({ name }) => name === stratum)
  const { score, sums } = scoreUnit(
    { ...measure, sums: strata[at] ?? emptyStratum(stratum) },
    { pi, arm, value: measure.value },
  )
  return { score, strata: at === -1 ? [...strata, sums] : strata.with(at, sums) }
}

function addPrincipal(
  principals: readonly string[],
  principal: string | null,
  most: number,
): readonly string[] {
  if (principal === null || principals.length >= most || principals.includes(principal)) {
    return principals
  }
  return [...principals, principal]
}
