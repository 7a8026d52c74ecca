import { largestEvidence } from '../../src/core/experiment/betting.ts'
import { nothingKept } from '../../src/core/experiment/confidence-sequence.ts'
import { commitPair, openReplay } from '../../src/core/experiment/paired-replay.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { never, shareRow, waitRows } from './rows.ts'
import { normal } from './trial.ts'

const runs = 1_000
const longest = 8_000
const falseRuns = 8_000
const falsePairs = 1_000

/** Tasks of which 60 % succeed in the mean; the correlation says how much of that is the task. */
const worlds = [
  { name: 'hard (U-shaped, correlation 0.4)', correlation: 0.4, fourInFive: [1_100, 265, 67] },
  { name: 'mild (correlation 0.1)', correlation: 0.1, fourInFive: [1_830, 418, 112] },
] as const
const effects = [0.05, 0.1, 0.2] as const

/** A task's chance: Beta with mean .6 and the correlation 1 / (a + b + 1). */
function drawChance(correlation: number, random: () => number): number {
  const both = 1 / correlation - 1
  const [a, b] = [gamma(0.6 * both, random), gamma(0.4 * both, random)]
  return a / (a + b)
}

/** Marsaglia & Tsang (2000), with their step for shapes below 1. */
function gamma(shape: number, random: () => number): number {
  if (shape < 1) return gamma(shape + 1, random) * random() ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const z = normal(random)
    const v = (1 + c * z) ** 3
    if (v > 0 && Math.log(1 - random()) < (z * z) / 2 + d - d * v + d * Math.log(v)) return d * v
  }
}

interface World {
  readonly correlation: number
  readonly effect: number
  readonly random: () => number
}

/** Pairs until E was 20 on the side of the effect. A task gains in proportion to what it lacks: `effect` in the mean. */
function pairsUntilKnown({ correlation, effect, random }: World, most: number): number {
  // No confidence sequence: nobody asks for it here.
  let state = { ...openReplay(), confidence: nothingKept }
  for (let at = 1; at <= most; at += 1) {
    const chance = drawChance(correlation, random)
    const better = chance + (effect * (1 - chance)) / 0.4
    state = commitPair(state, {
      candidate: random() < better ? 1 : 0,
      incumbent: random() < chance ? 1 : 0,
    })
    if (largestEvidence(state.better) >= 20) return at
  }
  return never
}

/** Stored tasks run again with both versions, in pairs (spec C.8). */
export function measureReplay(): Row[] {
  return worlds.flatMap(({ name, correlation, fourInFive }, index): Row[] => {
    const random = seededRandom(850_000_000 + index)
    const falsely = Array.from({ length: falseRuns }, () =>
      pairsUntilKnown({ correlation, effect: 0, random }, falsePairs),
    ).filter((pairs) => pairs !== never).length
    return [
      ...effects.flatMap((effect, at) =>
        waitRows({
          name: `replay in pairs, tasks ${name}, +${100 * effect} points`,
          waits: Array.from({ length: runs }, () =>
            pairsUntilKnown({ correlation, effect, random }, longest),
          ),
          spec: { fourInFive: fourInFive[at] as number, place: 'C.8' },
        }).slice(1),
      ),
      shareRow({
        metric: `replay in pairs, tasks ${name}, nothing changed: E ≥ 20 within ${falsePairs} pairs`,
        hits: falsely,
        n: falseRuns,
        most: 0.05,
      }),
    ]
  })
}
