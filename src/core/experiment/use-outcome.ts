import { judgeUnit, type UnitPart } from './unit-outcome.ts'

/** A part of a unit with the moment of its first reading. */
export interface UsePart extends UnitPart {
  readonly since: number
}

/**
 * one: a unit is a session. many: it has several, and is judged when its time is over. unsaid: outside of experiments
 * nobody says what a unit is; what had happened when its first outcome came tells it.
 */
export type UnitSize = 'one' | 'many' | 'unsaid'

interface Judging {
  readonly size: UnitSize
  readonly decide: Parameters<typeof judgeUnit>[1]['decide']
  readonly deadline: number
  readonly now: number
}

export interface UseOutcome {
  /** In [0, 1]; 0 where nothing came in time (spec C.5). */
  readonly value: number
  /** late: something came, and too late to be used. */
  readonly came: 'in_time' | 'late' | 'never'
}

const plan = { guardrails: [], hardStops: [] }

/**
 * What came of a unit, judged as units of experiments are, or null while it is waited for. Nothing is stored here: the
 * same is said at every later moment, because only what had come at the moment of the decision is looked at.
 */
export function judgeUse(parts: readonly UsePart[], judging: Judging): UseOutcome | null {
  const first = findFirst(parts, judging)
  const settled = (value: number): UseOutcome => ({ value, came: 'in_time' })
  if (first !== null && isAlone(parts, first, judging)) return settled(first.value)
  const { outcome, late } = judgeUnit(parts, { ...judging, plan, parts: 'many' })
  if (outcome !== null) return settled(outcome.value)
  if (judging.now <= judging.deadline) return null
  return { value: 0, came: late === null ? 'never' : 'late' }
}

interface First {
  readonly part: UsePart
  readonly at: number
  readonly value: number
}

/** The part whose outcome was decided first, in time. */
function findFirst(parts: readonly UsePart[], judging: Judging): First | null {
  let first: First | null = null
  for (const part of parts) {
    const { outcome } = judgeUnit([part], { ...judging, plan, parts: 'one' })
    if (outcome === null || (first !== null && first.at <= outcome.at)) continue
    first = { part, at: outcome.at, value: outcome.value }
  }
  return first
}

/** What was read afterwards is no reason to wait: the decision had been made. */
function isAlone(parts: readonly UsePart[], { part, at }: First, { size }: Judging): boolean {
  if (size !== 'unsaid') return size === 'one'
  return parts.every((other) => other === part || other.since > at)
}
