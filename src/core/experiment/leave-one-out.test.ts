import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { definition, signal } from '../outcome/_signals.ts'
import { decideGoal } from '../outcome/goal.ts'
import type { GoalSignal } from '../outcome/goal-signal.ts'
import { beginTest, type OpenTest } from './fold.ts'
import { foldWithout, listVoices, mostEvidence } from './leave-one-out.ts'
import { makeSettings } from './settings.ts'
import { openTest } from './state.ts'
import { type HeardUnit, type Turning, takeUnits } from './turn.ts'

const settings = makeSettings({ leastStrata: 1, leastPrincipals: 0 })
const goal = definition()
const turning: Turning = {
  plan: { test: settings, guardrails: [], hardStops: [] },
  parts: 'one',
  decide: (signals) => decideGoal(goal, signals),
  phase: 'test',
  from: 0,
  now: 1_000,
}
const open = beginTest(0, openTest(settings))
const said = (principal: string | null, success: boolean, at = 10): GoalSignal =>
  signal(`${principal}-${at}`, { principal, success, createdAt: new Date(at).toISOString() })
const unit = (arm: '0' | '1', signals: readonly GoalSignal[], deadline = 500): HeardUnit => ({
  stratum: 'one',
  pi: 0.5,
  stage: 2,
  principal: null,
  arm,
  deadline,
  parts: [{ sessionId: null, washout: false, signals, tokens: null, seconds: null }],
})

/** What one says of a unit: nothing, or success or failure at some time, early, late or too late. */
const word = fc.option(fc.record({ success: fc.boolean(), at: fc.nat(600) }))
const wordsOf = (principal: string, spoken: { success: boolean; at: number } | null) =>
  spoken === null ? [] : [said(principal, spoken.success, spoken.at)]

describe('leaving a principal out', () => {
  it('gives what would have been, whatever that principal says', () => {
    const heard = fc.array(
      fc.record({ arm: fc.constantFrom('0', '1'), honest: word, one: word, other: word }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(heard, (rows) => {
        const world = (forged: 'one' | 'other' | null) =>
          rows.map((row) =>
            unit(row.arm as '0' | '1', [
              ...wordsOf('honest', row.honest),
              ...(forged === null ? [] : wordsOf('liar', row[forged])),
            ]),
          )
        const without = (forged: 'one' | 'other' | null) =>
          foldWithout('liar', { tests: [open], units: world(forged) }, turning)
        expect(without('one')).toEqual(without('other'))
        expect(without('one')).toEqual(without(null))
      }),
    )
  })

  it('waits for others, until the deadline, where only that one has spoken', () => {
    const units = [unit('1', [said('liar', true)]), unit('0', [said('honest', true)])]
    const early = foldWithout('liar', { tests: [open], units }, { ...turning, now: 400 })
    expect(early).toMatchObject({ waits: true, committed: [] })
    const late = foldWithout('liar', { tests: [open], units }, { ...turning, now: 501 })
    expect(late.committed).toMatchObject([
      { value: 0, missing: true },
      { value: 1, missing: false },
    ])
  })

  it('finds that a flood of lies carries evidence that nobody else would have given', () => {
    const units = Array.from({ length: 200 }, (_, at) => {
      const arm = at % 2 === 0 ? '1' : '0'
      return unit(arm, [
        said(at % 4 < 2 ? 'liar' : 'honest', at % 4 < 2 ? arm === '1' : at % 8 < 4),
      ])
    })
    const [with_] = takeUnits([open], units, turning).folded.tests
    const [without] = foldWithout('liar', { tests: [open], units }, turning).folded.tests
    expect(with_?.readyAt).not.toBeNull()
    expect(without?.readyAt).toBeNull()
    expect(mostEvidence(without as OpenTest)).toBeLessThan(20)
  })

  it('names voices by how many units they spoke of, then by name, machines not', () => {
    const units = [
      unit('1', [said('b', true), said('a', true), said(null, true)]),
      unit('0', [said('c', true), said('c', false, 20), said('b', true)]),
    ]
    expect(listVoices(units)).toEqual(['b', 'a', 'c'])
  })
})
