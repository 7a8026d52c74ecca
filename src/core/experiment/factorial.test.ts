import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { armDigits, planRounds, unitOfChange } from './factorial.ts'

describe('several changes at once', () => {
  it('lets a change wait that touches an item of an earlier one', () => {
    const rounds = planRounds([
      { id: 'a', items: ['one', 'two'] },
      { id: 'b', items: ['three'] },
      { id: 'c', items: ['two'] },
      { id: 'd', items: [] },
    ])
    expect(rounds).toEqual([['a', 'b', 'd'], ['c']])
  })

  it('never lets two changes of one round share an item, and loses none', () => {
    const items = fc.uniqueArray(fc.constantFrom('one', 'two', 'three', 'four'))
    fc.assert(
      fc.property(fc.array(items), (lists) => {
        const changes = lists.map((touched, at) => ({ id: `c${at}`, items: touched }))
        const rounds = planRounds(changes)
        expect(rounds.flat().toSorted()).toEqual(changes.map(({ id }) => id).toSorted())
        for (const round of rounds) {
          const touched = round.flatMap((id) => changes.find((one) => one.id === id)?.items ?? [])
          expect(new Set(touched).size).toBe(touched.length)
        }
      }),
    )
  })

  it('tosses for each change and reads each arm back', () => {
    const arm = armDigits([0.1, 0.7, 0.49], 0.5)
    expect(arm).toBe('101')
    const unit = {
      stratum: 'one',
      pi: 0.5,
      arm,
      value: 1,
      missing: false,
      scores: {},
      stage: 0,
      principal: null,
      hardStop: null,
    }
    expect([0, 1, 2].map((at) => unitOfChange(unit, at).arm)).toEqual([
      'candidate',
      'incumbent',
      'candidate',
    ])
    expect(() => unitOfChange(unit, 3)).toThrow('says nothing of change 3')
  })
})
