import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { benjaminiHochberg } from './multiplicity.ts'
import { chiSquareTail, erfc, normalCdf, normalQuantile } from './normal.ts'
import {
  cochranMantelHaenszel,
  compareAcross,
  mantelHaenszelDifference,
  type Stratum,
  stratifiedP,
} from './strata.ts'

const table = ([successWith, failureWith, successWithout, failureWithout]: number[]): Stratum => ({
  successWith: successWith ?? 0,
  failureWith: failureWith ?? 0,
  successWithout: successWithout ?? 0,
  failureWithout: failureWithout ?? 0,
})

/** Admissions of Berkeley 1973 by department (women, men): the textbook case of Simpson's paradox. */
const admissions = [
  [89, 19, 512, 313],
  [17, 8, 353, 207],
  [202, 391, 120, 205],
  [131, 244, 138, 279],
  [94, 299, 53, 138],
  [24, 317, 22, 351],
].map(table)

const stratum = fc.array(fc.nat(12), { minLength: 4, maxLength: 4 }).map(table)
const strata = fc.array(stratum, { minLength: 1, maxLength: 8 })

describe('normal distribution', () => {
  it.each([
    [0.5, 0.4795001221869535],
    [1, 0.15729920705028513],
    [2, 0.004677734981047266],
    [3, 2.209049699858544e-5],
    [5, 1.5374597944280349e-12],
    [-1, 1.8427007929497148],
  ])('gives erfc(%d) to thirteen digits', (x, expected) => {
    expect(Math.abs(erfc(x) / expected - 1)).toBeLessThan(1e-12)
  })

  it('gives the quantiles that intervals are made of', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 10)
    expect(normalQuantile(0.95)).toBeCloseTo(1.6448536269514722, 10)
    expect(normalCdf(normalQuantile(0.3))).toBeCloseTo(0.3, 12)
    expect(chiSquareTail(3.841458820694124)).toBeCloseTo(0.05, 12)
  })
})

describe('stratified comparison', () => {
  it('agrees with the published figures on the Berkeley admissions', () => {
    const difference = mantelHaenszelDifference(admissions, 0.95)
    expect(difference?.riskDifference).toBeCloseTo(0.018425, 6)
    expect(difference?.low).toBeCloseTo(-0.010633, 5)
    expect(difference?.high).toBeCloseTo(0.047483, 5)
    expect(cochranMantelHaenszel(admissions, 'corrected')?.statistic).toBeCloseTo(1.426946, 5)
    expect(cochranMantelHaenszel(admissions, 'uncorrected')?.statistic).toBeCloseTo(1.524607, 5)
  })

  it('sees the paradox: pooled, women are admitted less', () => {
    const add = (cell: keyof Stratum) => admissions.reduce((sum, one) => sum + one[cell], 0)
    const pooled = table([
      add('successWith'),
      add('failureWith'),
      add('successWithout'),
      add('failureWithout'),
    ])
    expect(mantelHaenszelDifference([pooled], 0.95)?.riskDifference).toBeCloseTo(-0.141645, 5)
  })

  it('is Fisher’s exact test when there is one stratum', () => {
    expect(stratifiedP([table([3, 1, 1, 3])])).toBeCloseTo(34 / 70, 12)
  })

  it('answers nothing where no stratum has both groups and both results', () => {
    expect(stratifiedP([table([3, 0, 2, 0])])).toBeNull()
    expect(mantelHaenszelDifference([table([3, 1, 0, 0])], 0.9)).toBeNull()
  })

  it('does not depend on the order of the strata', () => {
    fc.assert(
      fc.property(strata, (list) => {
        const reversed = list.toReversed()
        const [one, other] = [stratifiedP(list), stratifiedP(reversed)]
        expect(other === null).toBe(one === null)
        if (one !== null && other !== null) expect(other).toBeCloseTo(one, 9)
      }),
    )
  })

  it('keeps p in [0, 1] and is symmetric in the two groups', () => {
    fc.assert(
      fc.property(strata, (list) => {
        const p = stratifiedP(list)
        const swapped = stratifiedP(
          list.map((one) =>
            table([one.successWithout, one.failureWithout, one.successWith, one.failureWith]),
          ),
        )
        expect(swapped === null).toBe(p === null)
        if (p === null || swapped === null) return
        expect(p).toBeGreaterThan(0)
        expect(p).toBeLessThanOrEqual(1)
        expect(swapped).toBeCloseTo(p, 9)
      }),
    )
  })

  it('is a valid test: under no effect p <= 0.05 happens in at most 5 % of all assignments', () => {
    // All ways to give the pattern to half of the sessions of three small tasks.
    const tasks = [
      [1, 1, 0, 0],
      [1, 0, 0, 0],
      [1, 1, 1, 0],
    ]
    const halves = [0b0011, 0b0101, 0b0110, 0b1001, 0b1010, 0b1100]
    const tabulate = (outcomes: number[], mask: number) => {
      const cells = [0, 0, 0, 0]
      outcomes.forEach((success, index) => {
        const cell = (mask >> index) & 1 ? (success ? 0 : 1) : success ? 2 : 3
        cells[cell] = (cells[cell] ?? 0) + 1
      })
      return table(cells)
    }
    const ps = halves.flatMap((a) =>
      halves.flatMap((b) =>
        halves.map(
          (c) => stratifiedP(tasks.map((task, i) => tabulate(task, [a, b, c][i] ?? 0))) ?? 1,
        ),
      ),
    )
    const share = (level: number) => ps.filter((p) => p <= level).length / ps.length
    for (const level of [0.05, 0.1, 0.2, 0.5]) expect(share(level)).toBeLessThanOrEqual(level)
  })
})

describe('Benjamini–Hochberg', () => {
  it('rejects four of the fifteen tests of the 1995 paper at 5 %', () => {
    const ps = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719,
      0.6528, 0.759, 1,
    ]
    expect(benjaminiHochberg(ps).filter((q) => q <= 0.05)).toHaveLength(4)
  })

  it('keeps the order of the p-values, never goes below them and never above one', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (ps) => {
        const qs = benjaminiHochberg(ps)
        ps.forEach((p, i) => {
          expect(qs[i]).toBeGreaterThanOrEqual(p)
          expect(qs[i]).toBeLessThanOrEqual(1)
          ps.forEach((other, j) => {
            if (p < other) expect(qs[i]).toBeLessThanOrEqual(qs[j] ?? 1)
          })
        })
      }),
    )
  })
})

describe('from stratum to stratum', () => {
  const even = (successWith: number, successWithout: number) =>
    table([successWith, 10 - successWith, successWithout, 10 - successWithout])

  it('a difference holds when the strata agree on it', () => {
    const found = compareAcross([even(8, 5), even(9, 5), even(8, 4), even(7, 4)])
    expect(found).toMatchObject({ strata: 4, agree: 4 })
    expect(found?.p).toBeLessThan(0.01)
  })

  it('one that is turned around on some does not, however large on others', () => {
    const found = compareAcross([even(10, 0), even(10, 0), even(2, 6), even(3, 6)])
    expect(found?.agree).toBe(2)
    expect(found?.p).toBeGreaterThan(0.3)
  })

  it('is Student’s t on equal strata', () => {
    // Differences 0.3, 0.4, 0.4, 0.3: t = 0.35 / (0.057735 / 2) = 12.124 with 3 degrees of freedom.
    const found = compareAcross([even(8, 5), even(9, 5), even(8, 4), even(7, 4)])
    expect(found?.error).toBeCloseTo(0.0288675, 6)
    expect(found?.p).toBeCloseTo(0.00120576, 5)
  })

  it('cannot be told from one stratum', () => {
    expect(compareAcross([even(8, 5)])).toBeNull()
  })
})
