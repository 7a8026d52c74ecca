import { evidenceOf } from '../../src/core/experiment/betting.ts'
import {
  commitUse,
  type ItemLedger,
  judgeItems,
  offerItems,
  openLedger,
} from '../../src/core/experiment/withholding.ts'
import { seededRandom } from '../../src/core/statistics/random.ts'
import type { Row } from '../_results.ts'
import { bootstrapMean, mean } from '../_statistics.ts'
import { never, shareRow, waitRows } from './rows.ts'

const runs = 1_000
const longest = 20_000
const [seasons, items, uses, look] = [200, 40, 5_000, 250]
/** As the product opens its ledgers: one stratum, ½ before anything is seen. */
const opened = { stratum: 'all', priorRate: 0.5 }

/** C.1 has the units of an arm at π = .1 and .05; withholding is the same with the arms changed over. */
const known = [
  { share: 0.1, half: 1_600, fourInFive: 2_893 },
  { share: 0.05, half: undefined, fourInFive: 5_431 },
]

/** What the always-on withholding of items learns, and how soon (spec C.9). */
export function measureWithholding(): Row[] {
  const speeds = known.flatMap(({ share, half, fourInFive }, index) =>
    [0.1, -0.1].flatMap((effect, side) => {
      const random = seededRandom(820_000_000 + 10 * index + side)
      const sense = effect > 0 ? 'helps' : 'harms'
      return waitRows({
        name: `item of ${100 * effect} points, withheld from ${100 * share} %: shown that it ${sense}`,
        waits: Array.from({ length: runs }, () => usesUntilKnown({ share, effect, random })),
        spec: {
          ...(half === undefined ? {} : { half }),
          fourInFive,
          place: half === undefined ? 'C.7' : 'C.9, C.7',
        },
      })
    }),
  )
  return [...speeds, ...measureFalseItems(), measureMixture()]
}

interface Single {
  readonly share: number
  readonly effect: number
  readonly random: () => number
}

function usesUntilKnown({ share, effect, random }: Single): number {
  let ledger = openLedger('one')
  for (let at = 1; at <= longest; at += 1) {
    const [offered] = offerItems([{ item: 'one', kind: 'fact', coin: random() }], share)
    if (!offered) return never
    const value = random() < 0.6 + (offered.given ? effect : 0) ? 1 : 0
    ledger = commitUse(ledger, { ...opened, offered, value })
    if (evidenceOf(effect > 0 ? ledger.helps : ledger.harms) >= 20) return at
  }
  return never
}

/** Forty items of a memory that all sessions read; `watch` is called every 250 uses, and its answer ends the season. */
function runSeason(
  effects: readonly number[],
  random: () => number,
  watch: (ledgers: readonly ItemLedger[]) => boolean,
): ItemLedger[] {
  let ledgers = effects.map((_, at) => openLedger(`${at}`))
  for (let use = 1; use <= uses; use += 1) {
    const offered = offerItems(
      effects.map((_, at) => ({ item: `${at}`, kind: 'fact', coin: random() })),
      0.1,
    )
    const chance = offered.reduce(
      (sum, { given }, at) => sum + (given ? (effects[at] ?? 0) : 0),
      0.6,
    )
    const value = random() < chance ? 1 : 0
    ledgers = ledgers.map((ledger, at) => {
      const own = offered[at]
      return own ? commitUse(ledger, { ...opened, offered: own, value }) : ledger
    })
    if (use % look === 0 && watch(ledgers)) break
  }
  return ledgers
}

function measureFalseItems(): Row[] {
  const random = seededRandom(821_000_000)
  const nothing = Array.from({ length: items }, () => 0)
  let chosen = 0
  for (let season = 0; season < seasons; season += 1) {
    runSeason(nothing, random, (ledgers) => {
      const { helpful, harmful } = judgeItems(ledgers)
      if (helpful.length + harmful.length === 0) return false
      chosen += 1
      return true
    })
  }
  return [
    shareRow({
      metric: `${items} items that do nothing, withheld from 10 %: any called helpful or harmful within ${uses} uses`,
      hits: chosen,
      n: seasons,
      most: 0.2,
      note: `e-BH at 0.10 a side, looked at every ${look} uses`,
    }),
  ]
}

/** Two items that help, two that harm, thirty-six that do nothing: how many of those called are wrong. */
function measureMixture(): Row {
  const random = seededRandom(822_000_000)
  const effects = Array.from({ length: items }, (_, at) => (at < 2 ? 0.1 : at < 4 ? -0.1 : 0))
  let found = 0
  const shares = Array.from({ length: seasons }, () => {
    const ledgers = runSeason(effects, random, () => false)
    const { helpful, harmful } = judgeItems(ledgers)
    const right =
      helpful.filter((name) => Number(name) < 2).length +
      harmful.filter((name) => Number(name) >= 2 && Number(name) < 4).length
    found += right
    const all = helpful.length + harmful.length
    return all === 0 ? 0 : (all - right) / all
  })
  const rate = mean(shares)
  return {
    metric: `${items} items, of which 2 help and 2 harm by 10 points: share of wrong ones among those called after ${uses} uses`,
    value: rate,
    ...bootstrapMean(shares),
    n: seasons,
    goal: '≤ 0.1',
    reached: rate <= 0.1,
    note: `${((100 * found) / (4 * seasons)).toFixed(0)} % of the four were found`,
  }
}
