import type { Arm } from '../../src/core/experiment/assignment.ts'
import { meanValue } from '../../src/core/experiment/blocks.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { shareRow } from './rows.ts'
import { Evidence, normal } from './trial.ts'

const runs = 4_000
const [people, sessions] = [200, 20]

interface Called {
  /** A coin for each person, their mean one unit: what the product does. */
  readonly units: boolean
  /** The same coins, every session counted as if it had one of its own. */
  readonly asSessions: boolean
  /** A coin for each session. */
  readonly ownCoins: boolean
}

/** People whose rates differ; nothing changed for anybody. Sessions of all of them come in turns. */
function follow(correlation: number, random: () => number): Called {
  const spread = Math.sqrt(correlation * 0.24)
  const rates = Array.from({ length: people }, () =>
    Math.min(1, Math.max(0, 0.6 + spread * normal(random))),
  )
  const arms = rates.map((): Arm => (random() < 0.5 ? 'candidate' : 'incumbent'))
  const values = rates.map(() => [] as number[])
  const better = { sign: 1, delta: 0 } as const
  const asSessions = new Evidence({ priorRate: 0.6, graded: false, null: better })
  const ownCoins = new Evidence({ priorRate: 0.6, graded: false, null: better })
  const units = new Evidence({ priorRate: 0.6, graded: true, null: better })
  const called = { units: false, asSessions: false, ownCoins: false }
  for (let round = 0; round < sessions; round += 1) {
    for (const [person, rate] of rates.entries()) {
      const value = random() < rate ? 1 : 0
      values[person]?.push(value)
      const arm = arms[person] as Arm
      if (asSessions.see({ pi: 0.5, arm, value }) >= 20) called.asSessions = true
      const own: Arm = random() < 0.5 ? 'candidate' : 'incumbent'
      if (ownCoins.see({ pi: 0.5, arm: own, value }) >= 20) called.ownCoins = true
    }
  }
  for (const [person, list] of values.entries()) {
    const value = meanValue(list) ?? 0
    const arm = arms[person] as Arm
    if (units.see({ pi: 0.5, arm, value }) >= 20) called.units = true
  }
  return called
}

/** Coins for people and not for sessions: what counts as a unit decides (spec C.6). */
export function measureClusters(): Row[] {
  return [
    { correlation: 0.05, spec: '0.147' },
    { correlation: 0.2, spec: '0.270' },
  ].flatMap(({ correlation, spec }, index): Row[] => {
    const random = seededRandom(840_000_000 + index)
    const made = Array.from({ length: runs }, () => follow(correlation, random))
    const count = (is: (one: Called) => boolean) => made.filter(is).length
    const world = `${people} people with ${sessions} sessions each, correlation ${correlation}, nothing changed`
    return [
      shareRow({
        metric: `${world}, coins for people: called better, each person one unit`,
        hits: count(({ units }) => units),
        n: runs,
        most: 0.05,
        note: 'spec C.6: 0.00',
      }),
      shareRow({
        metric: `${world}, coins for people: called better, each session counted`,
        hits: count(({ asSessions }) => asSessions),
        n: runs,
        note: `what the product does not do; spec C.6: ${spec} in a world of its own`,
      }),
      shareRow({
        metric: `${world}, coins for sessions: called better`,
        hits: count(({ ownCoins }) => ownCoins),
        n: runs,
        most: 0.05,
        note: 'spec C.6: 0.034',
      }),
    ]
  })
}
