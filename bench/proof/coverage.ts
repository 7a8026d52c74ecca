import { decide, verdictOf } from '../../src/core/experiment/decision.ts'
import { commitUnit, openTest, recompute } from '../../src/core/experiment/state.ts'
import type { CommittedUnit } from '../../src/core/experiment/unit.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { mean, wilson } from '../_statistics.ts'
import { atHalf, attended, byRamp, draw, type World } from './trial.ts'

const experiments = 1_000
const units = 1_000
const effects = [0, 0.1, -0.2] as const

const world = (effect: number, random: () => number, coin: World['coin']): World => ({
  random,
  coin,
  strata: 2,
  chance: ({ arm }) => 0.6 + (arm === 'candidate' ? effect : 0),
  settings: attended,
})

/** Whether the true effect is inside at every one of a thousand moments, and how wide the sequence is. */
export function measureCoverage(): Row[] {
  return effects.flatMap((effect, index): Row[] => {
    const widths = new Map<number, number[]>([100, 300, 600, 1_000].map((n) => [n, []]))
    let inside = 0
    for (let at = 0; at < experiments; at += 1) {
      const random = seededRandom(400_000_000 + 1_000_000 * index + at)
      let state = openTest(attended)
      const about = world(effect, random, atHalf)
      for (let n = 1; n <= units; n += 1) {
        state = commitUnit(attended, state, draw(about, state))
        widths.get(n)?.push((state.confidence.to - state.confidence.from) / 200)
      }
      const step = Math.round(effect * 200)
      if (state.confidence.from <= step && step <= state.confidence.to) inside += 1
    }
    const sizes = [...widths].map(([n, list]) => `${mean(list).toFixed(2)} after ${n}`)
    return [
      {
        metric: `confidence sequence, ${100 * effect} points: true effect inside at all of ${units} moments`,
        value: inside / experiments,
        ...wilson(inside, experiments),
        n: experiments,
        goal: '≥ 0.95',
        reached: inside / experiments >= 0.95,
        note: `mean width ${sizes.join(', ')} units`,
      },
    ]
  })
}

/** Cut off after any unit, the state written and read again: the same bits and the same decision to the end. */
export function measureCrashes(): Row[] {
  let [cuts, different, bytes] = [0, 0, 0]
  let seconds = 0
  for (const [index, effect] of [0, 0, 0.1, 0.2, -0.2, -0.4].entries()) {
    for (let at = 0; at < 2; at += 1) {
      const random = seededRandom(500_000_000 + 1_000 * index + at)
      const about = world(effect, random, byRamp)
      let state = openTest(attended)
      let cut = openTest(attended)
      const log: CommittedUnit[] = []
      while (verdictOf(attended, state) === 'continue') {
        const next = draw(about, state)
        log.push(next)
        state = commitUnit(attended, state, next)
        const written = JSON.stringify(cut)
        bytes = Math.max(bytes, written.length)
        cut = commitUnit(attended, JSON.parse(written), next)
        cuts += 1
        const same = JSON.stringify(cut) === JSON.stringify(state)
        if (!same || verdictOf(attended, cut) !== verdictOf(attended, state)) different += 1
      }
      const began = performance.now()
      const again = recompute(attended, log)
      seconds += performance.now() - began
      const same = JSON.stringify(again) === JSON.stringify(state)
      if (
        !same ||
        JSON.stringify(decide(attended, again)) !== JSON.stringify(decide(attended, cut))
      )
        different += 1
    }
  }
  return [
    {
      metric:
        'cut off after a unit and gone on from what was written: states or decisions that differ',
      value: different,
      n: cuts,
      goal: '0',
      reached: different === 0,
      note: `every unit of 12 experiments; the log folded again gives the same bits; a state is at most ${Math.ceil(bytes / 1_000)} kB`,
    },
    {
      metric: 'one unit committed, µs',
      value: (1_000 * seconds) / cuts,
      n: cuts,
      goal: null,
      reached: null,
      note: 'folding the log: goal, confidence sequence, guardrail of missing outcomes, sample ratio, ramp',
    },
  ]
}
