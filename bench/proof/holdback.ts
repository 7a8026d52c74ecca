import type { Arm } from '../../src/core/experiment/assignment.ts'
import { holdbackPi, judgeHoldback } from '../../src/core/experiment/holdback.ts'
import { holdbackStage } from '../../src/core/experiment/plan.ts'
import { commitUnit } from '../../src/core/experiment/state.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { never, shareRow, waitRows } from './rows.ts'
import { attended, openBlind, unit } from './trial.ts'

const soundRuns = 4_000
const turnedRuns = 1_000
const turnsAt = 200

interface World {
  /** Effect of what was promoted on its nth unit. */
  readonly effect: (at: number) => number
  readonly unitsPerDay: number
  readonly random: () => number
}

interface Ended {
  readonly verdict: ReturnType<typeof judgeHoldback>['verdict']
  readonly units: number
}

/** A tenth still reads the former version, until it is kept or taken back. */
function watch({ effect, unitsPerDay, random }: World): Ended {
  let state = openBlind(attended)
  for (let at = 0; ; at += 1) {
    const { verdict } = judgeHoldback(attended, state, at / unitsPerDay)
    if (verdict !== 'watching') return { verdict, units: at }
    const arm: Arm = random() < holdbackPi ? 'candidate' : 'incumbent'
    const value = random() < 0.6 + (arm === 'candidate' ? effect(at) : 0) ? 1 : 0
    const [stratum, principal] = [at % 2 === 0 ? 'one' : 'two', `p${at % 7}`]
    state = commitUnit(
      attended,
      state,
      unit({ stratum, principal, arm, value, pi: holdbackPi, stage: holdbackStage }),
    )
  }
}

/** After a promotion (spec C.10): good ones that are taken back, and how long one stays that turned to harm. */
export function measureHoldback(): Row[] {
  const made = (seed: number, world: Omit<World, 'random'>, runs: number) => {
    const random = seededRandom(860_000_000 + seed)
    return Array.from({ length: runs }, () => watch({ ...world, random }))
  }
  const takenBack = (ended: Ended[]) => ended.filter(({ verdict }) => verdict === 'rollback').length
  const sound = [0.1, 0].map((effect, index): Row => {
    const ended = made(index, { effect: () => effect, unitsPerDay: 100 }, soundRuns)
    return shareRow({
      metric: `holdback, what was promoted is worth ${100 * effect} points, 100 units a day: taken back`,
      hits: takenBack(ended),
      n: soundRuns,
      most: 0.05,
      note: `void ${ended.filter(({ verdict }) => verdict === 'void').length}; watched for ${ended.find(({ verdict }) => verdict === 'kept')?.units} units`,
    })
  })
  const turned = [100, 500].flatMap((unitsPerDay, volume) =>
    [-0.1, -0.2, -0.4].flatMap((harm, index): Row[] => {
      const effect = (at: number) => (at < turnsAt ? 0.1 : harm)
      const ended = made(10 + 3 * volume + index, { effect, unitsPerDay }, turnedRuns)
      const name = `holdback, +10 points turn to ${100 * harm} after ${turnsAt} units, ${unitsPerDay} units a day`
      const [half] = waitRows({
        name: `${name}: taken back after the turn`,
        waits: ended.map(({ verdict, units }) =>
          verdict === 'rollback' ? units - turnsAt : never,
        ),
        spec: { place: 'C.10' },
      })
      return [
        shareRow({
          metric: `${name}: taken back while it is watched`,
          hits: takenBack(ended),
          n: turnedRuns,
        }),
        ...(half ? [half] : []),
      ]
    }),
  )
  return [...sound, ...turned]
}
