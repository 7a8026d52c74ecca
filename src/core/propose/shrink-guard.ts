import type { ProposedChange } from '../change/change.ts'
import type { MemoryDocument } from '../memory.ts'

/** Shares of a store's characters that one dream may take away (spec A.2); small stores are let off. */
export const largestLoss = 0.2
export const smallStore = 2_000

/**
 * Removals that together would take too much of a store are held back: a dream that empties a memory is
 * more likely wrong than right. Every removal says where its text went on, and still it stops here. Removals
 * are taken in key order until the room is used up; the rest comes in the next dream.
 */
export function guardShrinking(
  removals: readonly ProposedChange[],
  documents: readonly MemoryDocument[],
): { readonly kept: readonly ProposedChange[]; readonly heldBack: readonly string[] } {
  const size = documents.reduce((sum, { content }) => sum + content.length, 0)
  let room = size <= smallStore ? Number.POSITIVE_INFINITY : size * largestLoss
  const kept: ProposedChange[] = []
  let left = 0
  for (const change of removals.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    const loss = change.edits.reduce((sum, edit) => sum + edit.before.length - edit.after.length, 0)
    if (loss > room) left += 1
    else {
      room -= loss
      kept.push(change)
    }
  }
  return {
    kept: removals.filter((change) => kept.includes(change)),
    heldBack:
      left === 0
        ? []
        : [
            `${left} removals would take the memory below ${100 - 100 * largestLoss} % of its size in one dream; they are left for the next one.`,
          ],
  }
}
