import { describe, expect, it } from 'vitest'
import { seededRandom } from '../statistics/random.ts'
import { type DriftState, hasDrifted, openDrift, watchUnit } from './drift.ts'

const sound = { ...openDrift(700, 1_000), reference: 0.7 }

/** Units until the alarm at a rate, from a state that has seen sound units. */
function unitsUntilAlarm(open: DriftState, rate: number, random: () => number): number {
  let state = open
  while (!hasDrifted(state)) state = watchUnit(state, random() < rate ? 1 : 0)
  return state.units - open.units
}

/** Delays of 101 alarms whose drop comes after 500 sound units. */
function delays(rate: number): number[] {
  const random = seededRandom(11)
  return Array.from({ length: 101 }, () => {
    let state = sound
    while (state.units < 500 || hasDrifted(state)) {
      state = watchUnit(hasDrifted(state) ? sound : state, random() < 0.7 ? 1 : 0)
    }
    return unitsUntilAlarm(state, rate, random)
  })
}
const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[50] as number

describe('the drift detector', () => {
  it('finds drops as fast as spec C.10 measured: −10 after about 101 units, −20 after 44', () => {
    expect(Math.abs(median(delays(0.6)) - 101)).toBeLessThan(20)
    expect(Math.abs(median(delays(0.5)) - 44)).toBeLessThan(10)
  })

  it('runs at least 2 000 units on average while nothing changes', () => {
    const random = seededRandom(12)
    const lengths = Array.from({ length: 200 }, () => unitsUntilAlarm(sound, 0.7, random))
    expect(lengths.reduce((sum, n) => sum + n, 0) / lengths.length).toBeGreaterThan(1_800)
  })

  it('takes the lower bound of what was seen as its reference, and starts with nothing held', () => {
    expect(openDrift(56, 70).reference).toBeLessThan(0.8)
    expect(openDrift(56, 70).reference).toBeGreaterThan(0.7)
    expect(openDrift(0, 0).reference).toBe(0.01)
    expect(JSON.parse(JSON.stringify(watchUnit(openDrift(5, 7), 0)))).toEqual(
      watchUnit(openDrift(5, 7), 0),
    )
  })
})
