import { describe, expect, it } from 'vitest'
import { blockAt, isWashedOut, meanValue } from './blocks.ts'
import { fixedSample, forecast } from './forecast.ts'
import { judgeHoldback } from './holdback.ts'
import { standardHoldback } from './plan.ts'
import { scoreSpending } from './score.ts'
import { makeSettings } from './settings.ts'
import { recompute } from './state.ts'

const sample = (effect: number) => fixedSample({ baseRate: 0.6, spread: null, effect })

describe('the forecast', () => {
  it('starts from the fixed samples of spec C.13', () => {
    expect([sample(0.05), sample(0.1), sample(0.2)]).toEqual([1_159, 281, 64])
  })

  it('says units and days with the ramp, and when to give up', () => {
    const volume = { unitsPerDay: 100, baseRate: 0.6, spread: null }
    const ten = forecast(makeSettings(), volume)
    // 983 units at one half; the first 900 of the ramp are worth 480 of them.
    expect(ten).toMatchObject({ units: 1_404, hopeless: false, mostUnits: 1_544 })
    expect(ten.days).toBeCloseTo(14.04, 2)
    expect(ten.advice).toEqual([expect.stringContaining('with at most 1124 units')])
    expect(forecast(makeSettings({ threshold: 100 }), volume).units).toBeGreaterThan(ten.units)
    expect(forecast(makeSettings(), { ...volume, spread: 0.15 }).units).toBeLessThan(500)
  })

  it.each([
    ['nothing comes in', { unitsPerDay: 0 }, 'replay stored tasks'],
    ['too little comes in', { unitsPerDay: 5 }, 'replay stored tasks'],
    ['there is no room above', { baseRate: 0.95 }, 'nothing can be 10 points better'],
  ])('refuses with advice when %s', (_, given, advice) => {
    const plan = forecast(makeSettings(), {
      unitsPerDay: 100,
      baseRate: 0.6,
      spread: null,
      ...given,
    })
    expect(plan.hopeless).toBe(true)
    expect(plan.advice.join(' ')).toContain(advice)
  })
})

describe('the score of spending', () => {
  it('is one half at the reference, and five points are about 15 % more', () => {
    expect([0, 25, 100, 400, 900].map((x) => scoreSpending(x, 100))).toEqual([1, 1, 0.5, 0, 0])
    expect(scoreSpending(115, 100)).toBeCloseTo(0.45, 2)
    expect(() => scoreSpending(1, 0)).toThrow('above 0')
  })
})

describe('blocks of hours', () => {
  it('begin every four hours, and their first twenty minutes do not count', () => {
    const noon = Date.UTC(2026, 0, 2, 12)
    expect(blockAt(noon + 1)).toEqual({
      unit: `block ${noon}`,
      start: noon,
      end: noon + 4 * 3_600_000,
    })
    expect([0, 1_199_999, 1_200_000].map((ms) => isWashedOut(noon + ms))).toEqual([
      true,
      true,
      false,
    ])
    expect([meanValue([1, 0, 1, 1]), meanValue([])]).toEqual([0.75, null])
  })
})

describe('the holdback after a promotion', () => {
  const settings = makeSettings()
  const units = (n: number, value: (isFormer: boolean) => number) =>
    Array.from({ length: n }, (_, at) => {
      const isFormer = at % 10 === 0
      return {
        stratum: 'one',
        pi: standardHoldback.pi,
        arm: isFormer ? 'incumbent' : 'candidate',
        value: value(isFormer),
        missing: false,
        scores: {},
        stage: 0,
        principal: null,
        hardStop: null,
      } as const
    })
  const judge = (list: ReturnType<typeof units>, days: number) =>
    judgeHoldback(settings, recompute(settings, list), {
      units: list.length,
      daysLeft: 14 - days,
    })

  it('is kept after 500 units and 14 days', () => {
    expect(
      judge(
        units(500, () => 1),
        13,
      ).verdict,
    ).toBe('watching')
    expect(
      judge(
        units(499, () => 1),
        14,
      ).reasons,
    ).toEqual(['499 of 500 units'])
    expect(
      judge(
        units(500, () => 1),
        14,
      ).verdict,
    ).toBe('kept')
  })

  it('rolls back what turns out to be worse', () => {
    expect(
      judge(
        units(200, (isFormer) => (isFormer ? 1 : 0)),
        1,
      ),
    ).toEqual({
      verdict: 'rollback',
      reasons: ['the goal got worse'],
    })
  })
})
