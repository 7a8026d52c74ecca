import { largestEvidence } from '../../src/core/experiment/betting.ts'
import { verdictOf } from '../../src/core/experiment/decision.ts'
import { armDigits, unitOfChange } from '../../src/core/experiment/factorial.ts'
import { makeSettings } from '../../src/core/experiment/settings.ts'
import { commitUnit } from '../../src/core/experiment/state.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { never, shareRow, waitRows } from './rows.ts'
import { openBlind, unit, type Verdict } from './trial.ts'

const runs = 1_000
const units = 3_000
const effects = [0.1, 0.05, 0, 0, -0.05] as const
const settings = makeSettings({ priorRate: 0.6, mostUnits: units })

interface Followed {
  readonly better: number
  readonly worse: number
  readonly verdict: Verdict
}

/** One traffic, a coin for each of five changes: when E of each first was 20 on either side, and what the rule said first. */
function follow(random: () => number): Followed[] {
  const tests = effects.map(() => ({
    state: openBlind(settings),
    better: never,
    worse: never,
    verdict: 'continue' as Verdict,
  }))
  for (let at = 1; at <= units; at += 1) {
    const arm = armDigits(
      effects.map(() => random()),
      0.5,
    )
    const chance = effects.reduce((sum, effect, i) => sum + (arm[i] === '1' ? effect : 0), 0.6)
    const value = random() < chance ? 1 : 0
    const stratum = at % 2 === 0 ? 'one' : 'two'
    const whole = { ...unit({ stratum, value, stage: 2, principal: `p${at % 7}` }), arm }
    for (const [ordinal, test] of tests.entries()) {
      test.state = commitUnit(settings, test.state, unitOfChange(whole, ordinal))
      if (test.better === never && largestEvidence(test.state.better) >= 20) test.better = at
      if (test.worse === never && largestEvidence(test.state.worse) >= 20) test.worse = at
      if (test.verdict === 'continue') test.verdict = verdictOf(settings, test.state)
    }
  }
  return tests
}

/** Five changes of +10, +5, 0, 0 and −5 points at once (spec C.6). */
export function measureFactorial(): Row[] {
  const random = seededRandom(810_000_000)
  const made = Array.from({ length: runs }, () => follow(random))
  const of = (ordinal: number) => made.map((tests) => tests[ordinal] as Followed)
  const [plusTen, plusFive, none, another, minusFive] = [0, 1, 2, 3, 4].map(of) as [
    Followed[],
    Followed[],
    Followed[],
    Followed[],
    Followed[],
  ]
  const nulls = [...none, ...another]
  const count = (list: Followed[], is: (one: Followed) => boolean) => list.filter(is).length
  const isPromoted = ({ verdict }: Followed) => verdict === 'promote'
  return [
    ...waitRows({
      name: 'five changes at once, the one of +10 points: E ≥ 20',
      waits: plusTen.map(({ better }) => better),
      spec: { half: 552, place: 'C.6' },
    }),
    shareRow({
      metric: `five changes at once, those of 0 points: E ≥ 20 within ${units} units`,
      hits: count(nulls, ({ better }) => better !== never),
      n: nulls.length,
      most: 0.05,
      note: 'two in each run; spec C.6: 0.033 and 0.030',
    }),
    shareRow({
      metric: `five changes at once, the one of -5 points: shown to harm within ${units} units`,
      hits: count(minusFive, ({ worse }) => worse !== never),
      n: runs,
      spec: { value: 0.64, place: 'C.6' },
      note: `by the whole rule ${count(minusFive, ({ verdict }) => verdict === 'rollback')} are rolled back and ${count(minusFive, ({ verdict }) => verdict === 'inconclusive')} end without proof, the most of them because no help is left to hope for`,
    }),
    shareRow({
      metric: 'five changes at once, those of 0 and -5 points: promoted by the whole rule',
      hits: count([...nulls, ...minusFive], isPromoted),
      n: 3 * runs,
      most: 0.05,
      note: `+10 points: ${count(plusTen, isPromoted)} of ${runs} promoted, +5 points: ${count(plusFive, isPromoted)}`,
    }),
  ]
}
