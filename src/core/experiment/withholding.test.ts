import { describe, expect, it } from 'vitest'
import { seededRandom } from '../statistics/random.ts'
import { commitUse, judgeItems, offerItems, openLedger } from './withholding.ts'

describe('withholding', () => {
  it('leaves out by coin, logs the chance, and never leaves out what keeps people safe', () => {
    const items = [
      { item: 'a', kind: 'rule', coin: 0.04 },
      { item: 'b', kind: 'rule', coin: 0.06 },
      { item: 'c', kind: 'safety', coin: 0 },
    ]
    expect(offerItems(items, 0.05)).toEqual([
      { item: 'a', given: false, pi: 0.95 },
      { item: 'b', given: true, pi: 0.95 },
      { item: 'c', given: true, pi: 1 },
    ])
    expect(() => offerItems(items, 0.2)).toThrow('between 0.05 and 0.1')
  })

  it('finds what helps and what harms among items that do nothing', () => {
    const random = seededRandom(3)
    const effects = { helps: 0.3, harms: -0.3, nothing: 0, less: 0 }
    const ledgers = Object.entries(effects).map(([item, effect]) => {
      let ledger = openLedger(item)
      for (let i = 0; i < 1_500; i += 1) {
        const [offered] = offerItems([{ item, kind: 'rule', coin: random() }], 0.1)
        if (offered === undefined) continue
        const value = random() < 0.5 + (offered.given ? effect : 0) ? 1 : 0
        ledger = commitUse(ledger, { stratum: 'one', offered, value, priorRate: 0.5 })
      }
      return ledger
    })
    expect(judgeItems(ledgers)).toEqual({ helpful: ['helps'], harmful: ['harms'] })
  })

  it('learns nothing from what could not be withheld', () => {
    const ledger = openLedger('c')
    const offered = { item: 'c', given: true, pi: 1 }
    expect(commitUse(ledger, { stratum: 'one', offered, value: 1, priorRate: 0.5 })).toBe(ledger)
  })
})
