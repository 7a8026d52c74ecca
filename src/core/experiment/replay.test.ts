import { describe, expect, it } from 'vitest'
import { seededRandom } from '../statistics/random.ts'
import { evidenceOf } from './betting.ts'
import { endsOf } from './confidence-sequence.ts'
import { estimateFromLogs, type LoggedUse } from './off-policy.ts'
import { commitPair, openReplay } from './paired-replay.ts'

describe('paired replay', () => {
  it('bets min(D / v, .9) on the difference of the pair', () => {
    const first = commitPair(openReplay(), { candidate: 1, incumbent: 0 })
    // v = 3 / 10 before the first pair, so only the last bettor is capped.
    const staked = [0.02, 0.05, 0.1, 0.2, 0.4].map((belief) => Math.min(belief / 0.3, 0.9))
    const shares = [0.1, 0.25, 0.3, 0.25, 0.1]
    const expected = staked.reduce((sum, stake, j) => sum + (shares[j] as number) * (1 + stake), 0)
    expect(evidenceOf(first.better)).toBeCloseTo(expected, 12)
    expect(first).toMatchObject({ pairs: 1, sum: 1, squares: 1 })
  })

  it('finds ten points in some three hundred pairs of tasks of mixed difficulty', () => {
    const random = seededRandom(5)
    let state = openReplay()
    for (let i = 0; i < 400; i += 1) {
      const ease = random() < 0.5 ? 0.05 : 0.8
      state = commitPair(state, {
        candidate: random() < ease + 0.1 ? 1 : 0,
        incumbent: random() < ease ? 1 : 0,
      })
    }
    expect(evidenceOf(state.better)).toBeGreaterThan(20)
    const ends = endsOf(state.confidence)
    expect(ends?.low).toBeLessThan(0.1)
    expect(ends?.high).toBeGreaterThan(0.1)
  })
})

const logged = (n: number, pi: number | null): LoggedUse[] => {
  const random = seededRandom(9)
  return Array.from({ length: n }, () => {
    const arm = random() < (pi ?? 1) ? 'candidate' : 'incumbent'
    return { stratum: 'one', pi, arm, value: random() < (arm === 'candidate' ? 0.8 : 0.5) ? 1 : 0 }
  })
}
const prior = { rate: 0.5, graded: false }

describe('estimates from logs', () => {
  it('are given where chance chose and was logged', () => {
    const estimate = estimateFromLogs(logged(2_000, 0.9), prior)
    expect(estimate).toMatchObject({ estimable: true })
    if (!estimate.estimable) return
    expect(estimate.effect).toBeGreaterThan(0.2)
    expect(estimate.effect).toBeLessThan(0.4)
    expect(estimate.effectiveUnits).toBeGreaterThan(150)
  })

  it.each([
    ['no chance was logged', logged(2_000, null), 'logged chance'],
    ['the choice was always the same', logged(2_000, 1), 'logged chance'],
    ['an arm has too few units', logged(400, 0.9), '100 are needed'],
    [
      'one unit carries too much',
      [...logged(4_000, 0.5), { stratum: 'one', pi: 0.997, arm: 'incumbent', value: 1 } as const],
      'one unit carries',
    ],
  ])('are refused where %s', (_, uses, why) => {
    const estimate = estimateFromLogs(uses, prior)
    expect(estimate).toMatchObject({ estimable: false, why: expect.stringContaining(why) })
  })
})
