import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundFalsePromotions, chooseByEvidence, reviewSeason } from './season.ts'

const es = [400, 90, 35, 12, 3, 1, 0.5, 0.2, 0.1, 0.05]
const count = (rate: number) => chooseByEvidence(es, rate).filter(Boolean).length

describe('e-BH over a season', () => {
  it('gives the vector of spec C.13', () => {
    expect(count(0.05)).toBe(1)
    expect(count(0.1)).toBe(3)
    expect(chooseByEvidence([], 0.1)).toEqual([])
  })

  it('marks promotions outside of it as provisional', () => {
    const tests = es.map((e, at) => ({ id: `e${at}`, e, promoted: e >= 12 }))
    expect(reviewSeason(tests)).toEqual({
      proven: ['e0', 'e1', 'e2'],
      provisional: ['e3'],
    })
  })

  it('chooses exactly the k largest where the k-th is at least m / (k · rate), for the largest k', () => {
    const list = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { maxLength: 30 })
    fc.assert(
      fc.property(list, (given) => {
        const chosen = chooseByEvidence(given, 0.1).filter(Boolean).length
        const sorted = given.toSorted((a, b) => b - a)
        const fits = sorted.map((e, at) => e >= given.length / ((at + 1) * 0.1))
        expect(chosen).toBe(fits.lastIndexOf(true) + 1)
      }),
    )
  })

  it('bounds the share of false promotions', () => {
    expect(boundFalsePromotions({ shareGood: 0.25, power: 0.83, alpha: 0.05 })).toBeCloseTo(
      0.153,
      3,
    )
    expect(boundFalsePromotions({ shareGood: 0, power: 0, alpha: 0 })).toBe(0)
  })
})
