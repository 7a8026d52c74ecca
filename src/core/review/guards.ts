import type { Edit, ProposedChange } from '../change/change.ts'
import type { Hash } from '../ids.ts'
import { parseItems } from '../items/items.ts'
import type { MemoryDocument } from '../memory.ts'
import { largestLoss, smallStore } from '../propose/shrink-guard.ts'

/** Why changes of one dream together would take too much of the store that it read; null when they do not. */
export function findShrinking(
  changes: readonly ProposedChange[],
  store: readonly MemoryDocument[],
): string | null {
  const size = store.reduce((sum, { content }) => sum + content.length, 0)
  const loss = changes
    .flatMap(({ edits }) => edits)
    .reduce((sum, { before, after }) => sum + before.length - after.length, 0)
  if (size <= smallStore || loss <= size * largestLoss) return null
  return `Together they would take ${loss} of ${size} characters away; one dream may take at most ${100 * largestLoss} %. Apply fewer of them.`
}

/**
 * Counts before a write: the length is what the edits say, and every item that no edit touches still stands. Says
 * what is not conserved; null when all is. A breach is a fault of ours, and is caught before anything is stored.
 */
export function findUnconserved(
  before: MemoryDocument | null,
  after: MemoryDocument | null,
  { edits, hash }: { readonly edits: readonly Edit[]; readonly hash: Hash },
): string | null {
  const path = before?.path ?? after?.path ?? ''
  const grown = edits.reduce((sum, edit) => sum + edit.after.length - edit.before.length, 0)
  const [old, now] = [before?.content.length ?? 0, after?.content.length ?? 0]
  if (old + grown !== now) {
    return `${path} would have ${now} characters where the edits make ${old + grown}`
  }
  const left = countTexts(after ? parseItems(after, hash) : [])
  const untouched = (before ? parseItems(before, hash) : []).filter(
    (item) =>
      !edits.some(
        (edit) => edit.start <= item.end && edit.start + edit.before.length >= item.start,
      ),
  )
  for (const [text, count] of countTexts(untouched)) {
    if ((left.get(text) ?? 0) < count)
      return `${path} would lose “${text.slice(0, 80)}”, which no change touches`
  }
  return null
}

function countTexts(items: readonly { readonly text: string }[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { text } of items) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}
