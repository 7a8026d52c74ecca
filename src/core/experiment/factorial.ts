import { type Arm, armOf } from './assignment.ts'
import type { SeenUnit } from './unit.ts'

/** A change that waits for proof, with the items it touches. */
export interface OpenChange {
  readonly id: string
  readonly items: readonly string[]
}

/**
 * Which changes are tested together: every change has its own coin and its own test over all units, which costs nothing
 * (spec C.6), unless two touch the same item: then one waits. Rounds in the order given; the first may start.
 */
export function planRounds(changes: readonly OpenChange[]): string[][] {
  const rounds: { ids: string[]; touched: Set<string> }[] = []
  for (const { id, items } of changes) {
    const free = rounds.find(({ touched }) => !items.some((item) => touched.has(item)))
    const round = free ?? { ids: [], touched: new Set<string>() }
    if (free === undefined) rounds.push(round)
    round.ids.push(id)
    for (const item of items) round.touched.add(item)
  }
  return rounds.map(({ ids }) => ids)
}

/** The arm of a unit over several changes, one digit each in their order: 1 with the change. Coins are independent. */
export function armDigits(coins: readonly number[], pi: number): string {
  return coins.map((coin) => (armOf(coin, pi) === 'candidate' ? '1' : '0')).join('')
}

/** A unit as the test of one of the changes sees it. */
export function unitOfChange(
  unit: Omit<SeenUnit, 'arm'> & { readonly arm: string },
  ordinal: number,
): SeenUnit {
  const digit = unit.arm[ordinal]
  if (digit !== '0' && digit !== '1') {
    throw new RangeError(`arm ${unit.arm} says nothing of change ${ordinal}`)
  }
  const arm: Arm = digit === '1' ? 'candidate' : 'incumbent'
  return { ...unit, arm }
}
