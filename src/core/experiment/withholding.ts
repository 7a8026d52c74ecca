import { advance, type EProcess, evidenceOf, openProcess } from './betting.ts'
import { emptyStratum, type StratumSums, scoreUnit } from './centre.ts'
import { chooseByEvidence } from './season.ts'

/** An item about to be given to a session. `coin`: of the hash of item and session. */
export interface Retrieved {
  readonly item: string
  readonly kind: string
  readonly coin: number
}

/** What is logged with the exposure. */
export interface Offered {
  readonly item: string
  readonly given: boolean
  /** The chance that it was given: 1 for what is never withheld. */
  readonly pi: number
}

/** Nobody is left without these to learn something. */
const neverWithheld: ReadonlySet<string> = new Set(['safety', 'compliance'])

/**
 * Leaves out each retrieved item with a chance of 5 to 10 %, by its own coin (spec C.9): what an item does is then
 * known as if it were an experiment, at the cost of that share of its benefit, and a memory cannot confirm itself.
 */
export function offerItems(items: readonly Retrieved[], share: number): Offered[] {
  if (!(share >= 0.05 && share <= 0.1)) {
    throw new RangeError(`a share to withhold is between 0.05 and 0.1, not ${share}`)
  }
  return items.map(({ item, kind, coin }) =>
    neverWithheld.has(kind)
      ? { item, given: true, pi: 1 }
      : { item, given: coin >= share, pi: 1 - share },
  )
}

/** Benefit and harm of one item: spec C.2 with π the chance that it was given. Plain JSON. */
export interface ItemLedger {
  readonly item: string
  readonly strata: readonly StratumSums[]
  readonly helps: EProcess
  readonly harms: EProcess
  readonly given: number
  readonly withheld: number
}

export interface ItemUse {
  readonly stratum: string
  readonly offered: Offered
  readonly value: number
  readonly priorRate: number
}

export function openLedger(item: string): ItemLedger {
  const process = openProcess()
  return { item, strata: [], helps: process, harms: process, given: 0, withheld: 0 }
}

/** The ledger with one session more, in the order of assignment. What could not be withheld teaches nothing. */
export function commitUse(ledger: ItemLedger, use: ItemUse): ItemLedger {
  const { pi, given } = use.offered
  if (pi >= 1) return ledger
  const at = ledger.strata.findIndex(({ name }) => name === use.stratum)
  const { score, sums } = scoreUnit(
    {
      sums: ledger.strata[at] ?? emptyStratum(use.stratum),
      priorRate: use.priorRate,
      graded: false,
    },
    { pi, arm: given ? 'candidate' : 'incumbent', value: use.value },
  )
  return {
    item: ledger.item,
    strata: at === -1 ? [...ledger.strata, sums] : ledger.strata.with(at, sums),
    helps: advance(ledger.helps, score, { sign: 1, delta: 0 }),
    harms: advance(ledger.harms, score, { sign: -1, delta: 0 }),
    given: ledger.given + (given ? 1 : 0),
    withheld: ledger.withheld + (given ? 0 : 1),
  }
}

/** Below this nothing is shown of an item, however few items there are. */
export const shownAt = 20

/**
 * Items shown to help and items shown to harm, each among all items by e-BH; a harmful one should be retired. What is
 * below the threshold counts as no evidence at all, which is an e-value still: so the rate holds for what is left.
 */
export function judgeItems(
  ledgers: readonly ItemLedger[],
  rate = 0.1,
): { helpful: string[]; harmful: string[] } {
  const choose = (side: 'helps' | 'harms') => {
    const chosen = chooseByEvidence(
      ledgers.map((ledger) => {
        const e = evidenceOf(ledger[side])
        return e >= shownAt ? e : 0
      }),
      rate,
    )
    return ledgers.filter((_, at) => chosen[at]).map(({ item }) => item)
  }
  return { helpful: choose('helps'), harmful: choose('harms') }
}
