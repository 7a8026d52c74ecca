import { advance, evidenceOf, openProcess } from '../../src/core/experiment/betting.ts'
import { emptyStratum, scoreUnit } from '../../src/core/experiment/centre.ts'
import { boundFalsePromotions, chooseByEvidence } from '../../src/core/experiment/season.ts'
import { makeSettings } from '../../src/core/experiment/settings.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { bootstrapMean, mean } from '../_statistics.ts'
import { Judged } from './hostile.ts'
import { atHalf, draw, Peeking, type World } from './trial.ts'

const seasons = 1_500
const ruledSeasons = 1_000
const [good, all, cap] = [15, 60, 1_200]
const ruled = makeSettings({ priorRate: 0.6, mostUnits: cap })

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

const span = (at: number) => 0.06 + (0.08 * at) / (good - 1)

/** Fifteen that help, by 6 to 14 points; `harmful` that harm by as much; all others do nothing. */
const effectOf = (at: number, harmful: number): number => {
  if (at < good) return span(at)
  return at < good + harmful ? -span(at - good) : 0
}

/** Spec C.4: of 60 candidates 15 help, by 6 to 14 points. It leaves open what the other 45 do, so both ends are measured. */
export function measureSeasons(): Row[] {
  return [
    ...measureSeason('45 of 60 do nothing', 0),
    ...measureRuled('45 of 60 do nothing', 0),
    ...measureSeason('37 of 60 do nothing, 8 harm', 8),
    ...measureSeason('30 of 60 do nothing, 15 harm', good),
    ...measureRuled('30 of 60 do nothing, 15 harm', good),
  ]
}

interface Promoted {
  readonly right: number
  readonly wrong: number
}

interface Summary {
  readonly metric: string
  readonly goal: number | null
  readonly counts: readonly Promoted[]
  readonly note?: (figures: { found: number }) => string
}

function summarise({ metric, goal, counts, note }: Summary): Row {
  const shares = counts.map(({ right, wrong }) => wrong / Math.max(1, right + wrong))
  const rate = mean(shares)
  const wrong = mean(counts.map((one) => one.wrong))
  const right = mean(counts.map((one) => one.right))
  const interval = bootstrapMean(shares)
  return {
    metric: `season, ${metric}: share of false promotions`,
    value: rate,
    ...interval,
    n: counts.length,
    goal: goal === null ? null : `≤ ${goal}`,
    reached: goal === null ? null : rate <= goal,
    note: [
      `${(right + wrong).toFixed(1)} promotions, ${wrong.toFixed(2)} of them false, ${(right / good).toFixed(2)} of the good ones`,
      ...(goal !== null && interval.low <= goal && goal <= interval.high
        ? ['the interval holds the goal: not settled by this many']
        : []),
      ...(note === undefined ? [] : [note({ found: right / good })]),
    ].join('; '),
  }
}

function measureSeason(world: string, harmful: number): Row[] {
  const made = Array.from({ length: seasons }, (_, season) => {
    const random = seededRandom(300_000_000 + 1_000_000 * harmful + season)
    return Array.from({ length: all }, (_, at) => follow(effectOf(at, harmful), random))
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
      const right = promoted.filter(({ isGood }) => isGood).length
      return { right, wrong: promoted.length - right }
    })
    const bound = (found: number) =>
      boundFalsePromotions({ shareGood: good / all, power: found, alpha: 0.05 }).toFixed(3)
    return summarise({
      metric: `${world}, ${name}`,
      goal,
      counts,
      ...(name.startsWith('E ≥ 20') ? { note: ({ found }) => `bound of C.4 ${bound(found)}` } : {}),
    })
  })
}

/** The same seasons by the whole rule: futility, thirty units an arm, two strata, harm and missing outcomes watched. */
function measureRuled(world: string, harmful: number): Row[] {
  const called = Array.from({ length: ruledSeasons }, (_, season) => {
    const random = seededRandom(350_000_000 + 1_000_000 * harmful + season)
    return Array.from({ length: all }, (_, at) => judge(effectOf(at, harmful), random))
  })
  return [
    { threshold: 20, goal: 0.1, of: 'attended' as const },
    { threshold: 100, goal: 0.02, of: 'unattended' as const },
  ].map(({ threshold, goal, of }): Row => {
    const counts = called.map((season): Promoted => {
      const promoted = season.map((one) => one[of] === 'promote')
      const right = promoted.slice(0, good).filter(Boolean).length
      return { right, wrong: promoted.slice(good).filter(Boolean).length }
    })
    return summarise({ metric: `${world}, the whole rule at T = ${threshold}`, goal, counts })
  })
}

/** What the rule says first at either threshold, on one stream of units. */
function judge(effect: number, random: () => number) {
  const judged = new Judged(ruled)
  const chance = ({ arm }: { arm: string }) => 0.6 + (arm === 'candidate' ? effect : 0)
  const world: World = { random, coin: atHalf, strata: 2, chance, settings: ruled }
  while (judged.unattended === 'continue') judged.commit(draw(world, judged.state))
  return judged
}
