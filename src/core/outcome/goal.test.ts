import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyDefinition, anySignals, definition, signal } from './_signals.ts'
import { cappedSignals } from './cap.ts'
import { findConditionFault } from './condition.ts'
import { deadlineFrom } from './definition.ts'
import { decideGoal, refuseSignal } from './goal.ts'
import { scoreAmount, scoreGuardrail } from './guardrail.ts'

describe('a goal', () => {
  it('is a number in [0, 1] made of counting signals only, whatever their order', () => {
    fc.assert(
      fc.property(anyDefinition, anySignals, fc.nat(), (goal, signals, turn) => {
        const decided = decideGoal(goal, signals)
        const at = signals.length === 0 ? 0 : turn % signals.length
        expect(decideGoal(goal, [...signals.slice(at), ...signals.slice(0, at)])).toEqual(decided)
        const counting = signals.filter((one) => refuseSignal(goal, one) === null)
        expect(decided === null).toBe(counting.length === 0)
        expect(decideGoal(goal, counting)).toEqual(decided)
        if (decided === null) return
        expect(decided.value).toBeGreaterThanOrEqual(0)
        expect(decided.value).toBeLessThanOrEqual(1)
        const ids = counting.map(({ id }) => id)
        expect(decided.signalIds.every((id) => ids.includes(id))).toBe(true)
      }),
    )
  })

  it('is never made by a weak join, an undecided signal or, where asked, an unsigned one', () => {
    const goal = definition({ requireSigned: true })
    const none = [
      signal('1', { confidence: 'weak' }),
      signal('2', { success: null }),
      signal('3', { signed: false }),
      signal('4', { kind: 'csat' }),
    ]
    expect(none.map((one) => refuseSignal(goal, one))).toEqual([
      'weak_join',
      'undecided',
      'unsigned',
      'other_kind',
    ])
    expect(decideGoal(goal, none)).toBeNull()
  })

  const review = (day: number, success: boolean, principal = 'ann') =>
    signal(`${principal}${day}`, {
      kind: 'pr_review',
      success,
      principal,
      decidedAt: `2026-11-0${day}T00:00:00.000Z`,
    })
  const reviews = { signals: [{ kind: 'pr_review', source: null, weight: 1 }] }

  it('follows a revision: changes requested, approved, and nothing is overwritten', () => {
    const told = [review(1, false), review(2, true)]
    expect(decideGoal(definition(reviews), told)).toEqual({
      value: 1,
      decidedAt: '2026-11-02T00:00:00.000Z',
      signalIds: ['osig_ann2'],
    })
    const strict = definition({ ...reviews, combine: 'any_failure' })
    expect(decideGoal(strict, told)?.value).toBe(0)
    expect(decideGoal({ ...strict, revisedBy: ['principal'] }, told)?.value).toBe(1)
    const two = [...told, review(3, false, 'bob')]
    expect(decideGoal({ ...strict, revisedBy: ['principal'] }, two)?.value).toBe(0)
    const mean = definition({ ...reviews, combine: 'mean', revisedBy: ['principal'] })
    expect(decideGoal(mean, two)?.value).toBe(0.5)
  })

  it('weighs kinds, and looks at parts where a condition asks', () => {
    const signals = [
      signal('a', { components: { check: 'test' } }),
      signal('b', { kind: 'csat', value: 0.5, success: null }),
      signal('c', { components: { check: 'lint' }, success: false }),
    ]
    const goal = definition({
      combine: 'weighted',
      signals: [
        { kind: 'ci', source: null, weight: 3 },
        { kind: 'csat', source: null, weight: 1 },
      ],
      when: 'signal.kind == "csat" || signal.components.check == "test"',
    })
    expect(decideGoal(goal, signals)?.value).toBe((3 * 1 + 0.5) / 4)
    expect(decideGoal({ ...goal, when: 'signal.components.none == 1' }, signals)).toBeNull()
  })

  it('refuses a condition that cannot be read, and one that gives no boolean', () => {
    expect(findConditionFault('signal.value >= 0.8')).toBeNull()
    expect(findConditionFault('signal.components.check == "test"')).toBeNull()
    expect(findConditionFault('signal.value >=')).not.toBeNull()
    expect(findConditionFault('signal.value')).toBe('it gives no true or false')
    expect(findConditionFault('nobody.value == 1')).not.toBeNull()
  })
})

describe('the cap', () => {
  const cap = { share: 0.25, windowMs: 86_400_000, minimum: 2 }
  const anyHeard = fc.array(
    fc.record({
      principal: fc.constantFrom('ann', 'bob', 'cas', 'mallory', null),
      minute: fc.integer({ min: 0, max: 1_439 }),
    }),
    { maxLength: 80 },
  )
  const heard = (list: { principal: string | null; minute: number }[]) =>
    list.map(({ principal, minute }, index) =>
      signal(`${principal === 'mallory' ? 'z' : 'a'}${String(index).padStart(3, '0')}`, {
        principal,
        createdAt: new Date(Date.UTC(2026, 10, 3, 0, minute)).toISOString(),
      }),
    )

  it('counts of one principal no more than the minimum or its share, whatever it sends', () => {
    fc.assert(
      fc.property(anyHeard, (list) => {
        const signals = heard(list)
        const capped = cappedSignals(cap, signals)
        for (const name of ['ann', 'bob', 'cas', 'mallory']) {
          const counted = signals.filter((one) => one.principal === name && !capped.has(one.id))
          const others = signals.filter((one) => one.principal !== name)
          expect(counted.length).toBeLessThanOrEqual(Math.max(2, Math.floor(others.length / 3)))
        }
        expect(signals.some(({ id, principal }) => principal === null && capped.has(id))).toBe(
          false,
        )
      }),
    )
  })

  it('never takes back what was counted when more is heard', () => {
    fc.assert(
      fc.property(anyHeard, fc.nat({ max: 1_439 }), (list, minute) => {
        const signals = heard(list)
        const early = signals.filter(
          ({ createdAt }) => Date.parse(createdAt) < Date.UTC(2026, 10, 3, 0, minute),
        )
        const before = cappedSignals(cap, early)
        const after = cappedSignals(cap, signals)
        expect(early.filter(({ id }) => after.has(id))).toEqual(
          early.filter(({ id }) => before.has(id)),
        )
      }),
    )
  })

  it('keeps one compromised principal from deciding: forged scores move no more goals than the cap lets count', () => {
    const goal = definition({ cap })
    const honest = Array.from({ length: 60 }, (_, unit) => ({
      unit,
      signal: signal(`a${String(unit).padStart(3, '0')}`, {
        principal: `rater ${unit % 6}`,
        success: unit % 3 !== 0,
        createdAt: new Date(Date.UTC(2026, 10, 3, 0, unit)).toISOString(),
      }),
    }))
    const goalsOf = (told: typeof honest) => {
      const capped = cappedSignals(
        goal.cap,
        told.map((one) => one.signal),
      )
      const counting = told.filter((one) => !capped.has(one.signal.id))
      const byUnit = Map.groupBy(counting, ({ unit }) => unit)
      return honest.map(
        ({ unit }) =>
          decideGoal(
            goal,
            (byUnit.get(unit) ?? []).map((one) => one.signal),
          )?.value ?? null,
      )
    }
    const truth = goalsOf(honest)
    const forgery = fc.record({
      unit: fc.nat({ max: 59 }),
      success: fc.boolean(),
      minute: fc.nat({ max: 1_439 }),
    })
    fc.assert(
      fc.property(fc.array(forgery, { maxLength: 400 }), (forged) => {
        const told = forged.map(({ unit, success, minute }, index) => ({
          unit,
          signal: signal(`z${index}`, {
            principal: 'mallory',
            success,
            createdAt: new Date(Date.UTC(2026, 10, 3, 0, minute)).toISOString(),
          }),
        }))
        const moved = goalsOf([...honest, ...told]).filter((value, unit) => value !== truth[unit])
        expect(moved.length).toBeLessThanOrEqual(20)
      }),
      { numRuns: 50 },
    )
  })
})

describe('deadlines and guardrails', () => {
  it('wait as long as somebody said, else the 95th percentile of past delays', () => {
    const delays = Array.from({ length: 100 }, (_, index) => (index + 1) * 1_000)
    const none = { standard: null, byTaskType: {} }
    expect(deadlineFrom(none, 'retail', delays)).toEqual({ ms: 95_000, from: 'past_delays' })
    expect(deadlineFrom(none, 'retail', [1])).toEqual({ ms: 7 * 86_400_000, from: 'standard' })
    const said = { standard: 5, byTaskType: { retail: 7 } }
    expect(deadlineFrom(said, 'retail', delays)).toEqual({ ms: 7, from: 'task_type' })
    expect(deadlineFrom(said, 'toString', delays)).toEqual({ ms: 5, from: 'definition' })
  })

  it('score an amount at 1/2 where it is usual, lower where it is dearer, never outside [0, 1]', () => {
    expect(scoreAmount(100, 100)).toBe(0.5)
    expect(scoreAmount(400, 100)).toBeCloseTo(0, 12)
    expect(scoreAmount(25, 100)).toBeCloseTo(1, 12)
    expect(scoreAmount(115, 100)).toBeCloseTo(0.45, 2)
    const use = { tokens: null, activeSeconds: 4, turns: 2 }
    expect(scoreGuardrail({ name: 'cost', measure: 'tokens', reference: 1 }, use, [])).toBeNull()
    expect(scoreGuardrail({ name: 'turns', measure: 'turns', reference: 2 }, use, [])).toBe(0.5)
    const csat = { name: 'csat', measure: 'signals' as const, definition: definition() }
    expect(scoreGuardrail(csat, use, [signal('1')])).toBe(1)
  })
})
