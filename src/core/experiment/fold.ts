import { logMixture } from './betting.ts'
import { endsOf } from './confidence-sequence.ts'
import { type Decision, verdictOf } from './decision.ts'
import { unitOfChange } from './factorial.ts'
import { unattendedAt } from './plan.ts'
import { sayReasons } from './reasons.ts'
import type { TestSettings } from './settings.ts'
import { commitUnit, type TestState } from './state.ts'
import type { CommittedUnit, SeenUnit } from './unit.ts'

type Verdict = Decision['verdict']

/** The test of one change while an experiment, or its holdback, goes on. */
export interface OpenTest {
  readonly change: number
  readonly state: TestState
  /** The unit from which on a person may promote, and from which on nobody needs to agree. */
  readonly readyAt: number | null
  readonly provenAt: number | null
  /** Set together: the first unit that it does not count, and what came of it. */
  readonly closedAt: number | null
  readonly verdict: Exclude<Verdict, 'continue'> | null
}

/** A test that goes on from this state, and of which nothing is decided yet. */
export const beginTest = (change: number, state: TestState): OpenTest => ({
  change,
  state,
  readyAt: null,
  provenAt: null,
  closedAt: null,
  verdict: null,
})

export type UnitInTurn = Omit<CommittedUnit, 'arm'> & { readonly arm: string }
type SeenInTurn = Omit<SeenUnit, 'arm'> & { readonly arm: string }

/** What one test says after a unit; logarithms of evidence. Null where it is closed. */
export type Reading = {
  readonly better: number
  readonly worse: number
  readonly low: number
  readonly high: number
  readonly ratio: number
} | null

/** Something that a test came to at a unit, for the log of decisions. */
interface Turn {
  readonly unit: number
  readonly change: number
  readonly verdict: Exclude<Verdict, 'continue'> | 'proven'
  readonly reasons: readonly string[]
}

export interface Folded {
  readonly tests: readonly OpenTest[]
  /** One for each unit that was taken, one entry a test. */
  readonly readings: readonly (readonly Reading[])[]
  readonly turns: readonly Turn[]
}

interface Folding {
  readonly settings: TestSettings
  /** The ordinal of the first unit. */
  readonly from: number
  /** In a holdback nothing is left to promote, and that no effect is left is no reason to end. */
  readonly phase: 'test' | 'holdback'
}

/**
 * Takes units in order into every open test, and stops behind the unit at which the whole came to an end: a broken
 * sample ratio, or no test left open. Decides after each unit, so it does not matter how many come at once.
 */
export function foldUnits(
  tests: readonly OpenTest[],
  units: readonly SeenInTurn[],
  folding: Folding,
): Folded {
  let current = tests
  const readings: (readonly Reading[])[] = []
  const turns: Turn[] = []
  for (const [at, unit] of units.entries()) {
    if (isOver(current)) break
    const ordinal = folding.from + at
    const next: OpenTest[] = []
    for (const test of current) {
      const { after, came } = takeUnit(test, unit, { ...folding, ordinal })
      next.push(after)
      turns.push(...came)
    }
    current = next
    readings.push(current.map((test) => read(test, ordinal)))
  }
  return { tests: current, readings, turns }
}

/** No test goes on: each was closed, or one of them found that the coins were not honoured. */
export const isOver = (tests: readonly OpenTest[]): boolean =>
  tests.some(({ verdict }) => verdict === 'void') || tests.every(({ verdict }) => verdict !== null)

function takeUnit(
  test: OpenTest,
  unit: SeenInTurn,
  { settings, ordinal, phase }: Folding & { readonly ordinal: number },
): { after: OpenTest; came: Turn[] } {
  if (test.verdict !== null) return { after: test, came: [] }
  const { change } = test
  const state = commitUnit(settings, test.state, unitOfChange(unit, change))
  const verdict = verdictOf(settings, state)
  const came: Turn[] = []
  const turn = (name: Turn['verdict']) =>
    came.push({ unit: ordinal, change, verdict: name, reasons: sayReasons(settings, state) })
  let after: OpenTest = { ...test, state }
  const ends =
    verdict === 'rollback' ||
    verdict === 'void' ||
    (verdict === 'inconclusive' && phase === 'test' && test.readyAt === null)
  if (ends) {
    after = { ...after, verdict, closedAt: ordinal + 1 }
    turn(verdict)
  } else if (verdict === 'promote' && phase === 'test') {
    if (test.readyAt === null) {
      after = { ...after, readyAt: ordinal }
      turn('promote')
    }
    if (test.provenAt === null && isProven(settings, state)) {
      after = { ...after, provenAt: ordinal }
      turn('proven')
    }
  }
  return { after, came }
}

const isProven = (settings: TestSettings, state: TestState) =>
  verdictOf({ ...settings, threshold: Math.max(unattendedAt, settings.threshold) }, state) ===
  'promote'

function read({ state, closedAt }: OpenTest, ordinal: number): Reading {
  if (closedAt !== null && closedAt <= ordinal) return null
  const ends = endsOf(state.confidence)
  return {
    better: logMixture(state.better.logs),
    worse: logMixture(state.worse.logs),
    low: ends?.low ?? 0,
    high: ends?.high ?? 0,
    ratio: state.ratio.log,
  }
}
