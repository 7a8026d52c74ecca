import { evidenceOf } from './betting.ts'
import type { ItemRef } from './withheld-items.ts'
import { commitUse, type ItemLedger, judgeItems, openLedger } from './withholding.ts'

/** What one unit was given of the items that coins were tossed for, and what came of it. */
export interface UnitUse {
  readonly share: number
  readonly eligible: readonly ItemRef[]
  readonly withheld: ReadonlySet<string>
  /** In [0, 1]; a missing outcome is 0. */
  readonly value: number
}

interface ItemWorth {
  readonly id: string
  readonly path: string
  readonly given: number
  readonly withheld: number
  /** Evidence that units do better with it, and that they do worse. */
  readonly helps: number
  readonly harms: number
  readonly verdict: 'helpful' | 'harmful' | 'not_proven'
}

export interface Ledgers {
  readonly items: readonly ItemWorth[]
  /** Units that were taken in. */
  readonly units: number
}

/** One stratum: what a store's readers do is not known before they read, and a coarse centre costs only speed. */
const stratum = 'all'
const priorRate = 0.5

/** Some tenths of a second; the units that come first are taken, whatever came of them. */
const mostCoins = 200_000

/** The ledger of every item over units in the order in which they read (spec C.9), items in path order. */
export function keepLedgers(uses: readonly UnitUse[]): Ledgers {
  const ledgers = new Map<string, ItemLedger>()
  const paths = new Map<string, string>()
  let coins = 0
  let units = 0
  for (const { share, eligible, withheld, value } of uses) {
    coins += eligible.length
    if (coins > mostCoins) break
    units += 1
    for (const { id, path } of eligible) {
      const ledger = ledgers.get(id) ?? openLedger(id)
      const offered = { item: id, given: !withheld.has(id), pi: 1 - share }
      ledgers.set(id, commitUse(ledger, { stratum, priorRate, offered, value }))
      paths.set(id, path)
    }
  }
  const all = [...ledgers.values()]
  const judged = judgeItems(all)
  const [helpful, harmful] = [new Set(judged.helpful), new Set(judged.harmful)]
  const items = all.map(
    (ledger): ItemWorth => ({
      id: ledger.item,
      path: paths.get(ledger.item) ?? '',
      given: ledger.given,
      withheld: ledger.withheld,
      helps: evidenceOf(ledger.helps),
      harms: evidenceOf(ledger.harms),
      verdict: harmful.has(ledger.item)
        ? 'harmful'
        : helpful.has(ledger.item)
          ? 'helpful'
          : 'not_proven',
    }),
  )
  return { items: items.toSorted(byPlace), units }
}

const byPlace = (a: ItemWorth, b: ItemWorth) =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : a.id < b.id ? -1 : 1
