import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AssignedUnit, commitInOrder, findHardStop } from './commit-order.ts'

const assigned = (given: Partial<AssignedUnit>): AssignedUnit => ({
  stratum: 'one',
  pi: 0.5,
  arm: 'candidate',
  stage: 0,
  principal: null,
  deadline: 100,
  outcome: null,
  hardStop: null,
  ...given,
})
const decided = (at: number, value = 1) =>
  assigned({ outcome: { at, value, scores: { cost: 0.5 } } })

describe('committing in the order of assignment', () => {
  it('holds everything up at the first unit that is undecided and has time left', () => {
    const units = [decided(10), assigned({}), decided(20)]
    expect(commitInOrder(units, 100)).toMatchObject({
      committed: [{ value: 1, missing: false }],
      waitsUntil: 100,
    })
    expect(commitInOrder(units, 101).committed.map(({ value }) => value)).toEqual([1, 0, 1])
  })

  it('counts what is missing at the deadline as failure with the worst scores', () => {
    const { committed, waitsUntil } = commitInOrder([assigned({})], 101)
    expect(committed[0]).toMatchObject({ value: 0, missing: true, scores: {} })
    expect(waitsUntil).toBeNull()
  })

  it('shows late truth and does not use it', () => {
    expect(commitInOrder([decided(10), decided(101)], 500)).toMatchObject({
      committed: [{ missing: false }, { missing: true, value: 0 }],
      late: [{ place: 1, value: 1, at: 101 }],
    })
  })

  it('commits the same units whenever and however often it is asked', () => {
    const unit = fc
      .record({ at: fc.option(fc.nat(200)), deadline: fc.nat(200), value: fc.constantFrom(0, 1) })
      .map(({ at, deadline, value }) =>
        assigned({ deadline, outcome: at === null ? null : { at, value, scores: {} } }),
      )
    fc.assert(
      fc.property(fc.array(unit), fc.array(fc.nat(250)), (units, moments) => {
        let left = units
        const seen = [...moments.toSorted((a, b) => a - b), 251].flatMap((now) => {
          // What has not come yet is not there to be seen.
          const visible = left.map((one) => ({
            ...one,
            outcome: one.outcome !== null && one.outcome.at <= now ? one.outcome : null,
          }))
          const { committed } = commitInOrder(visible, now)
          left = left.slice(committed.length)
          return committed
        })
        expect(seen).toEqual(commitInOrder(units, 251).committed)
      }),
    )
  })

  it('sees a hard stop of the candidate before its turn', () => {
    const stop = assigned({ hardStop: 'a secret leaked' })
    expect(findHardStop([assigned({}), stop])).toBe('a secret leaked')
    expect(findHardStop([{ ...stop, arm: 'incumbent' }])).toBeNull()
  })
})
