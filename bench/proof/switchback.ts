import { type Arm, armOf } from '../../src/core/experiment/assignment.ts'
import { largestEvidence } from '../../src/core/experiment/betting.ts'
import { blockAt, isWashedOut, meanValue } from '../../src/core/experiment/blocks.ts'
import { verdictOf } from '../../src/core/experiment/decision.ts'
import { makeSettings } from '../../src/core/experiment/settings.ts'
import { commitUnit } from '../../src/core/experiment/state.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { never, shareRow } from './rows.ts'
import { normal, openBlind, unit, type Verdict } from './trial.ts'

const runs = 4_000
const blocks = 400
/** One session in five minutes; blocks have four hours. */
const between = 5 * 60_000
const monday = Date.UTC(2026, 0, 5)
const settings = makeSettings({ priorRate: 0.6, graded: true, leastStrata: 1, leastPrincipals: 0 })

interface World {
  readonly effect: number
  /** Of the other arm's effect, what is still there in the first twenty minutes. */
  readonly carryOver: boolean
  readonly random: () => number
}

interface Ended {
  readonly better: number
  readonly worse: number
  readonly promotedAt: number
}

/**
 * Blocks of a shared state: each has one coin, its value is the mean of the sessions that begin after the washout. The rate
 * swings by ten points over the day and wanders from block to block. With carry-over the first twenty minutes are those of the
 * arm before, and any change of arm costs thirty points there.
 */
function follow({ effect, carryOver, random }: World): Ended {
  let state = openBlind(settings)
  const ended = { better: never, worse: never, promotedAt: never }
  let verdict: Verdict = 'continue'
  let [level, before] = [0, 'incumbent' as Arm]
  let moment = monday
  for (let at = 1; at <= blocks; at += 1) {
    const block = blockAt(moment)
    const arm = armOf(random(), 0.5)
    level = 0.9 * level + 0.03 * normal(random)
    const values: number[] = []
    for (; moment < block.end; moment += between) {
      const early = isWashedOut(moment)
      const acting = early && carryOver ? before : arm
      const daily = 0.1 * Math.sin((2 * Math.PI * moment) / 86_400_000)
      const upset = early && carryOver && before !== arm ? -0.3 : 0
      const chance = 0.6 + daily + level + upset + (acting === 'candidate' ? effect : 0)
      const value = random() < chance ? 1 : 0
      if (!early) values.push(value)
    }
    before = arm
    const value = meanValue(values)
    if (value === null) continue
    state = commitUnit(settings, state, unit({ arm, value, stage: 2, principal: null }))
    if (ended.better === never && largestEvidence(state.better) >= 20) ended.better = at
    if (ended.worse === never && largestEvidence(state.worse) >= 20) ended.worse = at
    if (verdict === 'continue') {
      verdict = verdictOf(settings, state)
      if (verdict === 'promote') ended.promotedAt = at
    }
  }
  return ended
}

/** A state that all sessions share, candidate or incumbent by blocks of hours (spec C.6). */
export function measureSwitchback(): Row[] {
  const made = (seed: number, world: Omit<World, 'random'>, count: number) => {
    const random = seededRandom(830_000_000 + seed)
    return Array.from({ length: count }, () => follow({ ...world, random }))
  }
  const falseRows = [false, true].flatMap((carryOver, index): Row[] => {
    const ended = made(index, { effect: 0, carryOver }, runs)
    const world = carryOver ? 'drift, and carry-over within the washout' : 'drift'
    return [
      shareRow({
        metric: `blocks, nothing changed, ${world}: E ≥ 20 within ${blocks} blocks`,
        hits: ended.filter(({ better }) => better !== never).length,
        n: runs,
        most: 0.05,
        note: `shown to harm in ${ended.filter(({ worse }) => worse !== never).length} of ${runs}`,
      }),
    ]
  })
  const powers = [0.05, 0.1, 0.2].flatMap((effect, index): Row[] => {
    const ended = made(10 + index, { effect, carryOver: true }, runs / 2)
    return [40, 80, 160].map((count) =>
      shareRow({
        metric: `blocks, +${100 * effect} points, with carry-over: E ≥ 20 within ${count} blocks`,
        hits: ended.filter(({ better }) => better <= count).length,
        n: runs / 2,
        note: `${ended.filter(({ promotedAt }) => promotedAt <= count).length} of ${runs / 2} promoted by the whole rule, which wants 30 units an arm`,
      }),
    )
  })
  return [...falseRows, ...powers]
}
