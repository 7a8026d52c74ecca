import { largestEvidence } from './betting.ts'
import { nothingKept } from './confidence-sequence.ts'
import type { OpenTest } from './fold.ts'
import { type HeardUnit, type Turning, takeUnits } from './turn.ts'

/** Whether one test would have come to the same without any one of those who said how units went. */
export interface LeaveOneOut {
  /** Whoever is taken out, the evidence was once enough for a promotion by a person; and for one by nobody. */
  readonly ready: boolean
  readonly proven: boolean
  /** The one without whom it would not have been; null where there is none. */
  readonly restsOn: RestsOn | null
  /** How many were taken out, one after the other, until one was found: all of them where it is null. */
  readonly voices: number
  /** Units committed when it was asked. */
  readonly frontier: number
}

interface RestsOn {
  readonly principal: string
  /** The most that the evidence ever was without that one. */
  readonly better: number
  /** Units that only that one has spoken of still wait for somebody else, until their deadline. */
  readonly waits: boolean
}

/** What is still in the way of a promotion by a person, in words. */
export function sayLeaveOneOut({ ready, restsOn }: LeaveOneOut, threshold: number): string[] {
  if (ready || restsOn === null) return []
  const { principal, better, waits } = restsOn
  const without = `without what ${principal} said the evidence was never more than ${better.toPrecision(3)} of ${threshold}, and nobody's word alone may promote`
  return [waits ? `${without}; units of which nobody else spoke wait for their deadline` : without]
}

/** Principals whose signals are among what was heard: who spoke of most units first, then by name. */
export function listVoices(units: readonly HeardUnit[]): string[] {
  const spoken = new Map<string, number>()
  for (const unit of units) {
    for (const principal of voicesOf(unit)) {
      spoken.set(principal, (spoken.get(principal) ?? 0) + 1)
    }
  }
  return [...spoken]
    .toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([principal]) => principal)
}

function voicesOf({ parts }: HeardUnit): ReadonlySet<string> {
  const principals = parts.flatMap(({ signals }) =>
    signals.flatMap(({ principal }) => principal ?? []),
  )
  return new Set(principals)
}

/**
 * What the tests would have come to by now, had this principal never said anything. A unit of which nobody else spoke
 * waits for its deadline and then says nothing. What this gives does not depend on that principal in any way. So if it
 * is the one who lies, evidence that a useless change is better reaches T here in at most one experiment of T, provided
 * that whether others speak does not depend on the outcome differently in the two arms; and a promotion, which needs this
 * of every principal beside the test that counts missing outcomes as failures, is at most as likely, whoever lies.
 */
export function foldWithout(
  principal: string,
  { tests, units }: { readonly tests: readonly OpenTest[]; readonly units: readonly HeardUnit[] },
  turning: Turning,
) {
  // What the effect may be is not asked here, and would take nine tenths of the time.
  const blind = tests.map((test) => ({
    ...test,
    state: { ...test.state, confidence: nothingKept },
  }))
  return takeUnits(
    blind,
    units.map((unit) => silence(unit, principal)),
    { ...turning, missing: 'says nothing' },
  )
}

function silence(unit: HeardUnit, silenced: string): HeardUnit {
  if (!voicesOf(unit).has(silenced)) return unit
  const parts = unit.parts.map((part) => ({
    ...part,
    signals: part.signals.filter(({ principal }) => principal !== silenced),
  }))
  return { ...unit, parts }
}

/** The most that the evidence of "better" ever was. */
export const mostEvidence = ({ state }: OpenTest): number => largestEvidence(state.better)
