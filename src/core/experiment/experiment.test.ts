import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Arm } from './assignment.ts'
import { armOf, coinOf } from './assignment.ts'
import { advance, beliefs, capOf, evidenceOf, openProcess } from './betting.ts'
import { centreOf, emptyStratum, scoreUnit } from './centre.ts'
import { endsOf } from './confidence-sequence.ts'
import { decide } from './decision.ts'
import { nextStage } from './ramp.ts'
import { makeSettings, type TestSettings } from './settings.ts'
import { commitUnit, openTest, recompute, reopenTest, type TestState } from './state.ts'
import type { CommittedUnit } from './unit.ts'

const makeUnit = (given: Partial<CommittedUnit>): CommittedUnit => ({
  stratum: 'one',
  pi: 0.5,
  arm: 'candidate',
  value: 1,
  missing: false,
  scores: {},
  stage: 2,
  principal: null,
  hardStop: null,
  ...given,
})

const arm = (digit: number): Arm => (digit === 1 ? 'candidate' : 'incumbent')
const close = (found: number, expected: number) =>
  expect(Math.abs(found / expected - 1)).toBeLessThan(1e-12)

const arms1 = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0]
const values1 = [1, 0, 1, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0]
const units1 = arms1.map((digit, at) => makeUnit({ arm: arm(digit), value: values1[at] as number }))
const one = makeSettings({ priorRate: 0.6, leastStrata: 1, leastPrincipals: 0 })

describe('the vectors of spec C.13', () => {
  it('gives V1', () => {
    let sums = emptyStratum('one')
    const seen = units1.slice(0, 4).map((unit) => {
      const m = centreOf({ sums, priorRate: 0.6 }, unit.pi)
      const scored = scoreUnit({ sums, priorRate: 0.6, graded: false }, unit)
      sums = scored.sums
      return [m, scored.score.z]
    })
    const expected = [
      [0.6, 0.8],
      [0.618182, 1.236364],
      [0.590909, 0.818182],
      [0.606061, 0.787879],
    ]
    seen.flat().forEach((value, at) => {
      expect(value).toBeCloseTo(expected.flat()[at] as number, 6)
    })
    const margin = { name: 'same', required: true, margin: 0.05, harmWatched: false, graded: false }
    const settings = { ...one, guardrails: [{ ...margin, priorRate: 0.6 }] }
    const units = units1.map((unit) => ({ ...unit, scores: { same: unit.value } }))
    const state = recompute(settings, units)
    expect(state.sumZ / 16).toBeCloseTo(0.6390598576, 10)
    close(evidenceOf(state.better), 4.907984763264452)
    close(evidenceOf(state.worse), 0.336474407968802)
    close(
      evidenceOf((state.guardrails[0] as TestState['guardrails'][0]).notWorse),
      5.937624740680453,
    )
  })

  it('gives V2', () => {
    const folded = (n: number) =>
      recompute(
        one,
        Array.from({ length: n }, (_, at) => makeUnit({ arm: arm(at % 2), value: at % 2 })),
      )
    const better = [6.263464005532205, 113.4378908484268, 3065.3618477687737, 89036.66598034828]
    const worse = [0.350611667, 0.1884496, 0.11687251, 0.07839722]
    ;[10, 20, 30, 40].forEach((n, at) => {
      close(evidenceOf(folded(n).better), better[at] as number)
      expect(evidenceOf(folded(n).worse)).toBeCloseTo(worse[at] as number, 8)
    })
    // E grows all along here, so that intersecting over time takes nothing away.
    expect(endsOf(folded(20).confidence)).toEqual({ low: 0.195, high: 1 })
    expect(endsOf(folded(40).confidence)).toEqual({ low: 0.625, high: 1 })
  })

  it('gives V3', () => {
    const units = units1.map((unit, at) => ({ ...unit, pi: at < 8 ? 0.25 : 0.5 }))
    const state = recompute(one, units)
    close(evidenceOf(state.better), 5.230020301069731)
    close(state.sumZ / 16, 0.7618405491567256)
  })
})

const graded = fc.double({ min: 0, max: 1, noNaN: true })
const anyUnit = fc.record({
  stratum: fc.constantFrom('one', 'two', '__proto__', 'constructor'),
  pi: fc.constantFrom(0.1, 0.25, 0.5, 0.9, 0.95),
  arm: fc.constantFrom<Arm>('candidate', 'incumbent'),
  value: fc.oneof(fc.constantFrom(0, 1), graded),
  missing: fc.boolean(),
  scores: fc.record({ cost: graded, safety: fc.constantFrom(0, 1) }),
  stage: fc.nat(2),
  principal: fc.constantFrom(null, 'ann', 'bo'),
  hardStop: fc.constant(null),
})
const anyUnits = fc.array(anyUnit, { maxLength: 60 })
const rich: TestSettings = makeSettings({
  priorRates: { one: 0.3 },
  guardrails: [
    { name: 'cost', required: true, margin: 0.05, harmWatched: true, graded: true },
    { name: 'safety', required: false, margin: 0, harmWatched: true, graded: false },
  ],
})
const anyNull = fc.record({
  sign: fc.constantFrom<1 | -1>(1, -1),
  delta: fc.double({ min: -1, max: 1, noNaN: true }),
})
const swap = (unit: CommittedUnit): CommittedUnit => ({
  ...unit,
  pi: 1 - unit.pi,
  arm: unit.arm === 'candidate' ? 'incumbent' : 'candidate',
})
const halves = fc.array(
  fc.record({ value: graded, arm: fc.constantFrom<Arm>('candidate', 'incumbent') }),
  { maxLength: 40 },
)

describe('the e-process', () => {
  it('never loses more than a bettor has', () => {
    fc.assert(
      fc.property(anyUnits, anyNull, (units, against) => {
        const stratum = { sums: emptyStratum('one'), priorRate: 0.5, graded: true }
        for (const unit of units) {
          const { score, sums } = scoreUnit(stratum, unit)
          stratum.sums = sums
          const cap = capOf(against.sign > 0 ? score.mostDown : score.mostUp, against.delta)
          for (const belief of beliefs) {
            const staked = Math.min(score.stake * belief, cap)
            expect(1 + staked * (against.sign * score.z - against.delta)).toBeGreaterThanOrEqual(0)
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('has factors with mean 1 + λ(sign·τ − δ0) over the coin, whatever both outcomes would be', () => {
    const both = fc.record({
      y1: graded,
      y0: graded,
      pi: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    })
    fc.assert(
      fc.property(anyUnits, both, anyNull, (earlier, { y1, y0, pi }, against) => {
        let sums = emptyStratum('one')
        for (const unit of earlier)
          sums = scoreUnit({ sums, priorRate: 0.4, graded: true }, unit).sums
        const stratum = { sums, priorRate: 0.4, graded: true }
        const with1 = scoreUnit(stratum, { pi, arm: 'candidate', value: y1 }).score
        const with0 = scoreUnit(stratum, { pi, arm: 'incumbent', value: y0 }).score
        const cap = capOf(against.sign > 0 ? with1.mostDown : with1.mostUp, against.delta)
        beliefs.forEach((belief, j) => {
          const staked = Math.min(with1.stake * belief, cap)
          const factor = (score: typeof with1) =>
            Math.exp(advance(openProcess(), score, against).logs[j] as number)
          const expected = 1 + staked * (against.sign * (y1 - y0) - against.delta)
          const found = pi * factor(with1) + (1 - pi) * factor(with0)
          expect(Math.abs(found - expected)).toBeLessThan(1e-9 * Math.max(1, Math.abs(staked)))
        })
      }),
      { numRuns: 200 },
    )
  })

  it('stays the same when arms and sign are swapped', () => {
    fc.assert(
      fc.property(halves, (given) => {
        const units = given.map(makeUnit)
        const [here, there] = [recompute(one, units), recompute(one, units.map(swap))]
        expect(evidenceOf(there.worse)).toBeCloseTo(evidenceOf(here.better), 9)
        expect(evidenceOf(there.better)).toBeCloseTo(evidenceOf(here.worse), 9)
      }),
    )
  })

  it('has less evidence against a larger null', () => {
    fc.assert(
      fc.property(
        anyUnits,
        anyNull,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (units, against, more) => {
          let sums = emptyStratum('one')
          let [near, far] = [openProcess(), openProcess()]
          for (const unit of units) {
            const scored = scoreUnit({ sums, priorRate: 0.5, graded: true }, unit)
            sums = scored.sums
            near = advance(near, scored.score, against)
            far = advance(far, scored.score, { ...against, delta: against.delta + more })
          }
          expect(evidenceOf(far)).toBeLessThanOrEqual(evidenceOf(near) * (1 + 1e-9))
        },
      ),
    )
  })
})

describe('the state of a test', () => {
  it('is the same bits, folded at once or written and read again after every unit', () => {
    fc.assert(
      fc.property(anyUnits, (units) => {
        let state = openTest(rich)
        for (const unit of units) {
          state = commitUnit(rich, JSON.parse(JSON.stringify(state)), unit)
        }
        const again = recompute(rich, units)
        expect(JSON.stringify(state)).toBe(JSON.stringify(again))
        expect(state).toEqual(again)
        expect(decide(rich, JSON.parse(JSON.stringify(state)))).toEqual(decide(rich, again))
      }),
      { numRuns: 60 },
    )
  })

  it('rules out the effects that e-processes of their own would rule out', () => {
    fc.assert(
      fc.property(anyUnits, fc.integer({ min: -200, max: 200 }), (units, step) => {
        const delta = step / 200
        let sums = emptyStratum('one')
        let [above, below] = [openProcess(), openProcess()]
        const settings = makeSettings({ graded: true })
        const single = units.map((unit) => ({ ...unit, stratum: 'one' }))
        for (const unit of single) {
          const scored = scoreUnit({ sums, priorRate: 0.5, graded: true }, unit)
          sums = scored.sums
          above = advance(above, scored.score, { sign: 1, delta })
          below = advance(below, scored.score, { sign: -1, delta: -delta })
        }
        const { from, to } = recompute(settings, single).confidence
        const isKept = Math.max(above.largest, below.largest) < Math.log(40)
        expect(from <= step && step <= to).toBe(isKept)
      }),
    )
  })

  it('keeps its evidence when its surroundings change', () => {
    const former = recompute(one, units1)
    const open = reopenTest(one, former)
    close(evidenceOf(open.better), evidenceOf(former.better))
    expect(open.frontier).toBe(0)
  })
})

/** Units where the candidate succeeds every time, or never, and the incumbent does the other. */
const opposite = (n: number, best: Arm, pi = 0.5) =>
  Array.from({ length: n }, (_, at) => {
    const now = arm(at % 2)
    return makeUnit({
      arm: now,
      value: now === best ? 1 : 0,
      pi,
      stratum: at % 4 < 2 ? 'one' : 'two',
      principal: at % 3 === 0 ? 'ann' : 'bo',
      scores: { cost: 0.5, safety: 1 },
    })
  })
const verdictOf = (settings: TestSettings, units: readonly CommittedUnit[]) =>
  decide(settings, recompute(settings, units)).verdict

describe('the decision', () => {
  const plain = makeSettings()

  it('promotes what is better, once thirty units of each arm are there', () => {
    expect(verdictOf(plain, opposite(59, 'candidate'))).toBe('continue')
    expect(verdictOf(plain, opposite(60, 'candidate'))).toBe('promote')
  })

  it.each([
    ['types of task', { stratum: 'one' }],
    ['principals', { principal: 'ann' }],
    ['principals', { principal: null }],
  ])('does not promote with too few %s', (what, given) => {
    const units = opposite(80, 'candidate').map((unit) => ({ ...unit, ...given }))
    expect(decide(plain, recompute(plain, units))).toMatchObject({
      verdict: 'continue',
      reasons: [expect.stringContaining(what)],
    })
  })

  it('does not promote before every required guardrail has passed', () => {
    const units = opposite(80, 'candidate')
    expect(decide(rich, recompute(rich, units)).reasons).toEqual([
      expect.stringContaining('cost is not worse'),
    ])
    expect(verdictOf(rich, opposite(400, 'candidate'))).toBe('promote')
  })

  it('rolls back harm of the goal, of a guardrail and in missing outcomes', () => {
    expect(verdictOf(plain, opposite(40, 'incumbent'))).toBe('rollback')
    const unsafe = opposite(80, 'candidate').map((unit) => ({
      ...unit,
      scores: { cost: 0.5, safety: unit.arm === 'candidate' ? 0 : 1 },
    }))
    expect(verdictOf(rich, unsafe)).toBe('rollback')
    const silent = opposite(80, 'candidate').map((unit) => ({
      ...unit,
      value: 0,
      missing: unit.arm === 'candidate',
    }))
    expect(decide(plain, recompute(plain, silent))).toMatchObject({
      verdict: 'rollback',
      reasons: [expect.stringContaining('missing outcomes')],
    })
  })

  it('rolls back on one hard stop of the candidate and not of the incumbent', () => {
    const stop = (on: Arm) => [makeUnit({ arm: on, hardStop: 'a secret leaked' })]
    expect(verdictOf(plain, stop('candidate'))).toBe('rollback')
    expect(verdictOf(plain, stop('incumbent'))).toBe('continue')
  })

  it('is void when arms do not fit their coins', () => {
    const lost = Array.from({ length: 200 }, (_, at) => makeUnit({ arm: arm(at % 8 ? 1 : 0) }))
    expect(verdictOf(plain, lost)).toBe('void')
  })

  it('ends without proof when no effect worth having is left, or no units', () => {
    const even = Array.from({ length: 2_400 }, (_, at) =>
      makeUnit({ arm: arm(at % 2), value: at % 20 < 2 ? 0 : 1 }),
    )
    const long = makeSettings({ mostUnits: 10_000, minimumEffect: 0.1 })
    expect(decide(long, recompute(long, even)).reasons).toEqual([
      'an effect of 10 points or more is ruled out',
    ])
    expect(verdictOf(plain, even.slice(0, 1_123))).toBe('continue')
    expect(verdictOf(plain, even.slice(0, 1_124))).toBe('inconclusive')
  })
})

describe('the words of a decision', () => {
  const words = {
    continue: /^(evidence that .* of \d+|\d+ of \d+ )/,
    promote: /^evidence that it is better: /,
    rollback: /^(hard stop|evidence that .* got worse)/,
    inconclusive: /^(an effect of|all 50 units)/,
    void: /sample ratio/,
  }

  it('fit its verdict', () => {
    const short = { ...makeSettings({ mostUnits: 50, leastUnitsPerArm: 2 }), graded: true }
    fc.assert(
      fc.property(anyUnits, (units) => {
        const { verdict, reasons } = decide(short, recompute(short, units))
        expect(reasons[0]).toMatch(words[verdict])
      }),
    )
  })
})

describe('the ramp', () => {
  it('goes from 10 to 25 to 50 % by candidate units', () => {
    const even = (n: number) =>
      Array.from({ length: n }, (_, at) =>
        makeUnit({ arm: arm(at % 2), value: at % 4 < 2 ? 1 : 0 }),
      )
    const stageAt = (n: number) => nextStage(recompute(one, even(n)))
    expect(stageAt(99)).toEqual({ stage: 0, pi: 0.1 })
    expect(stageAt(100)).toEqual({ stage: 1, pi: 0.25 })
    expect(stageAt(299)).toEqual({ stage: 1, pi: 0.25 })
    expect(stageAt(300)).toEqual({ stage: 2, pi: 0.5 })
  })

  it('waits while there is evidence of harm', () => {
    expect(nextStage(recompute(one, opposite(120, 'incumbent'))).stage).toBe(0)
  })
})

describe('the coin', () => {
  it('is the first 53 bits', () => {
    expect(coinOf(new Uint8Array(32).fill(0))).toBe(0)
    expect(coinOf(new Uint8Array(32).fill(255))).toBe(1 - 2 ** -53)
    expect(coinOf(Uint8Array.of(128, 0, 0, 0, 0, 0, 8))).toBe(0.5 + 2 ** -53)
    expect([armOf(0.1, 0.1), armOf(0.0999, 0.1)]).toEqual(['incumbent', 'candidate'])
  })
})
