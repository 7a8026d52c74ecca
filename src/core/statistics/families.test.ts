import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { betaCdf, betaQuantile, logGamma } from './beta.ts'
import { addBit, countShared, emptyBitset } from './bitset.ts'
import { eValue, wilson } from './intervals.ts'
import { chooseTestable, levelsOfFamilies, simes } from './multiplicity.ts'
import { adjustByPermutation } from './permutation.ts'
import { seededRandom } from './random.ts'
import { fitAdditive, testScore } from './score-test.ts'
import { fitRates, shrinkEffects } from './shrink.ts'
import { leastP, stratifiedP } from './strata.ts'

describe('the beta distribution', () => {
  it.each([
    [0.05, [7.5, 3.5], 0.441873],
    [0.5, [7.5, 3.5], 0.693176],
    [0.95, [7.5, 3.5], 0.882671],
    [0.1, [9, 3], 0.584843],
  ] as const)('has its %d quantile of Beta%j at %d', (p, [a, b], expected) => {
    expect(betaQuantile(p, a, b)).toBeCloseTo(expected, 6)
    expect(betaCdf(betaQuantile(p, a, b), a, b)).toBeCloseTo(p, 10)
  })

  it('is the binomial tail at whole parameters', () => {
    // P(Beta(3, 8) <= 0.3) = P(Bin(10, 0.3) >= 3)
    expect(betaCdf(0.3, 3, 8)).toBeCloseTo(0.6172172136, 9)
    expect(logGamma(11)).toBeCloseTo(Math.log(3_628_800), 10)
  })
})

describe('intervals', () => {
  it('agree with the published Wilson interval', () => {
    const { low, high } = wilson(56, 70, 0.95)
    expect(low).toBeCloseTo(0.691834, 5)
    expect(high).toBeCloseTo(0.876953, 5)
    expect(wilson(0, 0, 0.9)).toEqual({ low: 0, high: 1 })
  })

  it('need no unseen factor where there is no effect, and a stronger one for a stronger effect', () => {
    expect(eValue({ base: 0.5, bound: 0 })).toBe(1)
    // Risk ratio 2: 2 + sqrt(2).
    expect(eValue({ base: 0.3, bound: 0.3 })).toBeCloseTo(2 + Math.SQRT2, 10)
    expect(eValue({ base: 0.6, bound: -0.3 })).toBeCloseTo(2 + Math.SQRT2, 10)
  })
})

describe('families of tests', () => {
  it('are tested as a whole by Simes', () => {
    expect(simes([0.04, 0.01, 0.9])).toBeCloseTo(0.03, 12)
    expect(simes([])).toBe(1)
  })

  it('share the level of those that are selected', () => {
    const levels = levelsOfFamilies([[0.001, 0.5], [0.6, 0.7], [0.9], [0.02]], 0.1)
    expect(levels).toEqual([0.05, 0, 0, 0.05])
  })

  it('leave out tests that cannot succeed, and more so when they are many', () => {
    expect(chooseTestable([0.5, 0.001, 0.2], 0.1)).toEqual([false, true, false])
    // Four tests that may reach 0.04: alone each could pass 0.1, together none passes 0.1 / 4.
    expect(chooseTestable([0.04, 0.04, 0.04, 0.04], 0.1)).toEqual([false, false, false, false])
  })

  it('know the least p that margins allow', () => {
    const strata = [{ successWith: 2, failureWith: 1, successWithout: 3, failureWithout: 4 }]
    const best = { successWith: 3, failureWith: 0, successWithout: 2, failureWithout: 5 }
    expect(leastP(strata)).toBeLessThanOrEqual(stratifiedP([best]) ?? 0)
    expect(leastP(strata)).toBeGreaterThan(0)
  })
})

describe('bits', () => {
  it('count what two sets share', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(99)), fc.uniqueArray(fc.nat(99)), (a, b) => {
        const [left, right] = [emptyBitset(100), emptyBitset(100)]
        for (const row of a) addBit(left, row)
        for (const row of b) addBit(right, row)
        expect(countShared(left, right)).toBe(new Set(a).intersection(new Set(b)).size)
      }),
    )
  })
})

describe('reshuffling', () => {
  const rows = 200
  const outcomes = Uint8Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 1 : 0))
  const pattern = (has: (row: number) => boolean) => {
    const bits = emptyBitset(rows)
    let [n1, seen] = [0, 0]
    for (let row = 0; row < rows; row += 1) {
      if (!has(row)) continue
      addBit(bits, row)
      n1 += 1
      seen += outcomes[row] ?? 0
    }
    const m1 = rows / 2
    const variance = (n1 * (rows - n1) * m1 * (rows - m1)) / (rows * rows * (rows - 1))
    return { rows: bits, mean: (n1 * m1) / rows, deviation: Math.sqrt(variance), seen }
  }

  it('tells a real pattern from noise, and is the same for the same seed', () => {
    const patterns = [
      pattern((row) => row % 2 === 0 && row < 120),
      pattern((row) => row % 3 === 0),
      pattern((row) => row % 7 === 0),
    ]
    const design = { bounds: [0, rows], outcomes }
    const ps = adjustByPermutation(design, patterns, { reshuffles: 199, seed: 5 })
    expect(ps[0]).toBe(1 / 200)
    expect(ps[1]).toBeGreaterThan(0.2)
    expect(adjustByPermutation(design, patterns, { reshuffles: 199, seed: 5 })).toEqual(ps)
  })

  it('never moves an outcome to another stratum', () => {
    // Each stratum is all one outcome: nothing can change, so every pattern is as extreme as any.
    const sorted = Uint8Array.from({ length: rows }, (_, row) => (row < 100 ? 1 : 0))
    const bits = emptyBitset(rows)
    for (let row = 0; row < 60; row += 1) addBit(bits, row)
    const ps = adjustByPermutation(
      { bounds: [0, 100, 200], outcomes: sorted },
      [{ rows: bits, mean: 30, deviation: 5, seen: 60 }],
      { reshuffles: 50, seed: 1 },
    )
    expect(ps).toEqual([1])
  })
})

describe('the score test beside task and agent', () => {
  const random = seededRandom(11)
  const n = 600
  const task = Int32Array.from({ length: n }, (_, row) => row % 20)
  const agent = Int32Array.from({ length: n }, () => Math.floor(random() * 4))
  const has = Float64Array.from({ length: n }, (_, row) =>
    random() < ((agent[row] ?? 0) < 2 ? 0.8 : 0.2) ? 1 : 0,
  )
  const outcome = (effect: number) =>
    Float64Array.from({ length: n }, (_, row) => {
      const chance = 0.3 + ((agent[row] ?? 0) < 2 ? 0.3 : 0) + effect * (has[row] ?? 0)
      return random() < chance ? 1 : 0
    })
  const rowsOf = (list: Float64Array) => [...list.keys()].filter((row) => list[row] === 1)
  const test = (y: Float64Array) =>
    testScore(fitAdditive({ task, agent, tasks: 20, agents: 4, y }), rowsOf(has), 0.9)

  it('does not take for the pattern what the agent does', () => {
    const found = test(outcome(0))
    expect(found?.p).toBeGreaterThan(0.05)
    expect(Math.abs(found?.riskDifference ?? 1)).toBeLessThan(0.1)
  })

  it('finds what the pattern does, at its size', () => {
    const found = test(outcome(0.3))
    expect(found?.p).toBeLessThan(0.001)
    expect(found?.riskDifference).toBeGreaterThan(0.2)
    expect(found?.riskDifference).toBeLessThan(0.4)
  })

  it('says nothing where agent and pattern are the same', () => {
    const own = Float64Array.from(agent, (one) => (one === 0 ? 1 : 0))
    const model = fitAdditive({ task, agent, tasks: 20, agents: 4, y: outcome(0) })
    expect(testScore(model, rowsOf(own), 0.9)).toBeNull()
  })
})

describe('shrinkage', () => {
  it('pulls noise to zero and leaves clear effects', () => {
    const noise = Array.from({ length: 20 }, (_, i) => ({ value: i % 2 ? 0.1 : -0.1, error: 0.1 }))
    expect(Math.max(...shrinkEffects(noise).map(Math.abs))).toBeLessThan(0.02)
    const clear = [...noise.slice(0, 4), { value: 0.5, error: 0.05 }, { value: -0.6, error: 0.05 }]
    expect(shrinkEffects(clear)[4]).toBeGreaterThan(0.4)
  })

  it('weighs rates of few uses towards the mean of all', () => {
    const { mean, weight } = fitRates([
      { successes: 3, uses: 3 },
      { successes: 40, uses: 60 },
      { successes: 10, uses: 37 },
    ])
    expect(mean).toBeCloseTo(0.53, 2)
    expect((3 + weight * mean) / (3 + weight)).toBeLessThan(0.9)
  })
})
