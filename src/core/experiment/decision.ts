import { alwaysValidP, evidenceOf } from './betting.ts'
import { meanOf, sumStrata } from './centre.ts'
import { type Ends, endsOf } from './confidence-sequence.ts'
import { leastCovered } from './coverage.ts'
import { isHelpRuledOut, listHarms } from './harm.ts'
import { sayReasons } from './reasons.ts'
import { isRatioBroken } from './sample-ratio.ts'
import {
  type Guardrail,
  harmThresholds,
  listGuardrails,
  notWorseAt,
  type TestSettings,
} from './settings.ts'
import type { TestState } from './state.ts'

type Verdict = 'continue' | 'promote' | 'rollback' | 'inconclusive' | 'void'

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
  /** How much worse it may be where it is required. */
  readonly margin: number
  /** Evidence of harm that rolls back; null: not watched. */
  readonly harmAt: number | null
  /** Mean scores of the units committed so far, 1 the best; null before there are any. */
  readonly candidate: number | null
  readonly incumbent: number | null
}

/** The decision with its reasons and figures, to be asked after every unit. */
export function decide(settings: TestSettings, state: TestState): Decision {
  return {
    verdict: verdictOf(settings, state),
    reasons: sayReasons(settings, state),
    evidence: {
      better: evidenceOf(state.better),
      worse: evidenceOf(state.worse),
      p: alwaysValidP(state.better),
    },
    interval: endsOf(state.confidence),
    estimate: state.frontier === 0 ? 0 : state.sumZ / state.frontier,
    guardrails: listGuardrails(settings).flatMap((guardrail, at) => {
      const stood = state.guardrails[at]
      return stood === undefined ? [] : [describe(guardrail, stood, settings)]
    }),
  }
}

function describe(
  { name, required, margin, harmWatched }: Guardrail,
  { strata, notWorse, worse }: TestState['guardrails'][number],
  settings: TestSettings,
): GuardrailEvidence {
  const { s1, n1, s0, n0 } = sumStrata(strata)
  return {
    name,
    notWorse: evidenceOf(notWorse),
    worse: evidenceOf(worse),
    passed: required ? evidenceOf(notWorse) >= notWorseAt : null,
    margin,
    harmAt: harmWatched ? harmThresholds(settings).guardrail : null,
    candidate: meanOf(s1, n1),
    incumbent: meanOf(s0, n0),
  }
}

/**
 * The rule of spec C.3, in order: a hard stop rolls back, a broken sample ratio voids, shown harm rolls back, enough
 * evidence with everything else in place promotes, no chance of an effect worth having or no units left ends
 * without proof, and otherwise the test goes on.
 */
export function verdictOf(settings: TestSettings, state: TestState): Verdict {
  if (state.hardStop !== null) return 'rollback'
  if (isRatioBroken(state.ratio)) return 'void'
  if (listHarms(settings, state).length > 0) return 'rollback'
  if (mayPromote(settings, state)) return 'promote'
  if (isHelpRuledOut(state) || state.frontier >= settings.mostUnits) return 'inconclusive'
  return 'continue'
}

function mayPromote(settings: TestSettings, state: TestState): boolean {
  return (
    evidenceOf(state.better) >= settings.threshold &&
    Math.min(state.n1, state.n0) >= settings.leastUnitsPerArm &&
    state.strata.length >= settings.leastStrata &&
    state.principals.length >= settings.leastPrincipals &&
    leastCovered(settings, state) >= (settings.leastCoverage ?? 0) &&
    listGuardrails(settings).every(({ required }, at) => {
      const guardrail = state.guardrails[at]
      return !required || (guardrail && evidenceOf(guardrail.notWorse) >= notWorseAt)
    })
  )
}
