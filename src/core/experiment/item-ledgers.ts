import { evidenceOf } from './betting.ts'
import { meanOf } from './centre.ts'
import type { UseOutcome } from './use-outcome.ts'
import type { ItemRef } from './withheld-items.ts'
import { commitUse, type ItemLedger, judgeItems, openLedger, shownAt } from './withholding.ts'

/** What one unit was given of the items that coins were tossed for, and what came of it. */
export interface UnitUse extends UseOutcome {
  readonly share: number
  readonly eligible: readonly ItemRef[]
  readonly withheld: ReadonlySet<string>
}

/** not_estimable: chance never left it out, or never gave it, so that there is nothing to compare with. */
type ItemVerdict = 'helpful' | 'harmful' | 'not_proven' | 'not_estimable'

export interface ItemWorth {
  readonly id: string
  readonly path: string
  /** Units, and what they came to in the mean; null: none. */
  readonly given: { readonly units: number; readonly mean: number | null }
  readonly withheld: { readonly units: number; readonly mean: number | null }
  /** Evidence that units do better with it, and that they do worse. */
  readonly helps: number
  readonly harms: number
  readonly verdict: ItemVerdict
  /** The verdict in plain words. */
  readonly says: string
}

interface Ledgers {
  /** In path order. */
  readonly items: readonly ItemWorth[]
  /** Units that were taken in; of those, what came of them too late to be used, or never. */
  readonly units: number
  readonly late: number
  readonly never: number
}

/** The ledgers of all items while units are taken in, in the order in which they read (spec C.9). */
export interface OpenLedgers {
  /** False: it is more than one answer can count, and was not taken. */
  readonly take: (use: UnitUse) => boolean
  readonly close: () => Ledgers
}

/** One stratum: what a store's readers do is not known before they read, and a coarse centre costs only speed. */
const stratum = 'all'
const priorRate = 0.5

/** Some ten seconds; the units that come first are taken, whatever came of them. */
const mostCoins = 20_000_000

export function openLedgers(most = mostCoins): OpenLedgers {
  const ledgers = new Map<string, ItemLedger>()
  const paths = new Map<string, string>()
  const counted = { coins: 0, units: 0, late: 0, never: 0 }
  return {
    take({ share, eligible, withheld, value, came }) {
      if (counted.coins + eligible.length > most) return false
      counted.coins += eligible.length
      counted.units += 1
      if (came !== 'in_time') counted[came] += 1
      for (const { id, path } of eligible) {
        const ledger = ledgers.get(id) ?? openLedger(id)
        const offered = { item: id, given: !withheld.has(id), pi: 1 - share }
        ledgers.set(id, commitUse(ledger, { stratum, priorRate, offered, value }))
        paths.set(id, path)
      }
      return true
    },
    close() {
      const items = weigh([...ledgers.values()], paths)
      const { units, late, never } = counted
      return { items: items.toSorted(byPlace), units, late, never }
    },
  }
}

function weigh(ledgers: readonly ItemLedger[], paths: ReadonlyMap<string, string>): ItemWorth[] {
  const judged = judgeItems(ledgers)
  const [helpful, harmful] = [new Set(judged.helpful), new Set(judged.harmful)]
  return ledgers.map((ledger) => {
    const { item: id, given, withheld, strata } = ledger
    const sums = strata[0]
    const verdict =
      given === 0 || withheld === 0
        ? 'not_estimable'
        : harmful.has(id)
          ? 'harmful'
          : helpful.has(id)
            ? 'helpful'
            : 'not_proven'
    const worth = {
      id,
      path: paths.get(id) ?? '',
      given: { units: given, mean: meanOf(sums?.s1 ?? 0, given) },
      withheld: { units: withheld, mean: meanOf(sums?.s0 ?? 0, withheld) },
      helps: evidenceOf(ledger.helps),
      harms: evidenceOf(ledger.harms),
      verdict,
    } as const
    return { ...worth, says: sayVerdict(worth) }
  })
}

function sayVerdict({ given, withheld, helps, harms, verdict }: Omit<ItemWorth, 'says'>): string {
  const rate = ({ mean, units }: ItemWorth['given']) =>
    `${((mean ?? 0) * 100).toFixed(1)} % of ${units}`
  const compared = `${rate(given)} units with it, ${rate(withheld)} without`
  switch (verdict) {
    case 'not_estimable':
      return withheld.units === 0
        ? `not estimable: it was never left out, in ${given.units} units`
        : `not estimable: it was left out of every unit, ${withheld.units} of them`
    case 'harmful':
      return `does harm, retire it: ${compared}; evidence E = ${harms.toPrecision(3)}`
    case 'helpful':
      return `helps: ${compared}; evidence E = ${helps.toPrecision(3)}`
    case 'not_proven':
      return `not proven either way: ${compared}; evidence reaches ${Math.max(helps, harms).toPrecision(3)} of ${shownAt}`
  }
}

const byPlace = (a: ItemWorth, b: ItemWorth) =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : a.id < b.id ? -1 : 1
