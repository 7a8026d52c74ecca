import { advance, evidenceOf, openProcess } from '../../src/core/experiment/betting.ts'
import { emptyStratum, scoreUnit } from '../../src/core/experiment/centre.ts'
import { boundFalsePromotions, chooseByEvidence } from '../../src/core/experiment/season.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { bootstrapMean, mean } from '../_statistics.ts'
import { Peeking } from './trial.ts'

const seasons = 400
const [good, all, cap] = [15, 60, 1_200]

interface Candidate {
  readonly isGood: boolean
  readonly at20: boolean
  readonly at100: boolean
  /** E where it stopped: at 100, or at the cap. */
  readonly e: number
  readonly naive: boolean
}

/** One candidate over at most 1 200 units, one half each. */
function follow(effect: number, random: () => number): Candidate {
  let process = openProcess()
  let sums = emptyStratum('one')
  const naive = new Peeking(20)
  let stopped: number | null = null
  for (let at = 0; at < cap; at += 1) {
    const arm = random() < 0.5 ? 'candidate' : 'incumbent'
    const value = random() < 0.6 + (arm === 'candidate' ? effect : 0) ? 1 : 0
    naive.see(arm, value)
    if (stopped !== null) continue
    const scored = scoreUnit({ sums, priorRate: 0.6, graded: false }, { pi: 0.5, arm, value })
    sums = scored.sums
    process = advance(process, scored.score, { sign: 1, delta: 0 })
    if (evidenceOf(process) >= 100) stopped = evidenceOf(process)
  }
  return {
    isGood: effect > 0,
    at20: process.largest >= Math.log(20),
    at100: stopped !== null,
    e: stopped ?? evidenceOf(process),
    naive: naive.called,
  }
}

/** Spec C.4: of 60 candidates 15 help, by 6 to 14 points. It leaves open what the other 45 do, so both are measured. */
export function measureSeasons(): Row[] {
  return [
    ...measureSeason('45 of 60 do nothing', 0),
    ...measureSeason('30 of 60 do nothing, 15 harm', good),
  ]
}

function measureSeason(world: string, harmful: number): Row[] {
  const span = (at: number) => 0.06 + (0.08 * at) / (good - 1)
  const made = Array.from({ length: seasons }, (_, season) => {
    const random = seededRandom(300_000_000 + 1_000_000 * harmful + season)
    return Array.from({ length: all }, (_, at) => {
      if (at < good) return follow(span(at), random)
      return follow(at < good + harmful ? -span(at - good) : 0, random)
    })
  })
  const rules: readonly [string, number | null, (season: Candidate[]) => boolean[]][] = [
    ['E ≥ 20 at some time', 0.1, (list) => list.map(({ at20 }) => at20)],
    ['E ≥ 100 at some time', 0.02, (list) => list.map(({ at100 }) => at100)],
    [
      'e-BH at 0.10, stopped at E ≥ 100',
      0.1,
      (list) =>
        chooseByEvidence(
          list.map(({ e }) => e),
          0.1,
        ),
    ],
    ['z-test looked at every 20', null, (list) => list.map(({ naive }) => naive)],
  ]
  return rules.map(([name, goal, choose]): Row => {
    const counts = made.map((season) => {
      const chosen = choose(season)
      const promoted = season.filter((_, at) => chosen[at])
      const wrong = promoted.filter(({ isGood }) => !isGood).length
      return { share: wrong / Math.max(1, promoted.length), promoted: promoted.length, wrong }
    })
    const rate = mean(counts.map(({ share }) => share))
    const promotions = mean(counts.map(({ promoted }) => promoted))
    const found = mean(counts.map(({ promoted, wrong }) => (promoted - wrong) / good))
    const bound = boundFalsePromotions({ shareGood: good / all, power: found, alpha: 0.05 })
    return {
      metric: `season, ${world}, ${name}: share of false promotions`,
      value: rate,
      ...bootstrapMean(counts.map(({ share }) => share)),
      n: seasons,
      goal: goal === null ? null : `≤ ${goal}`,
      reached: goal === null ? null : rate <= goal,
      note: `${promotions.toFixed(1)} promotions, ${found.toFixed(2)} of the good ones${name.startsWith('E ≥ 20') ? `; bound of C.4 ${bound.toFixed(3)}` : ''}`,
    }
  })
}
