import { applyChanges, locateEdits } from '../change/apply.ts'
import type { DraftChange } from '../change/change.ts'
import type { Hash } from '../ids.ts'
import { parseItems } from '../items/items.ts'
import type { MemoryDocument } from '../memory.ts'

/**
 * Why these changes cannot be tried on these documents at the same time, each by a coin of its own; null when they can.
 * Changes that touch one item would speak of each other: they need experiments of their own (spec C.6).
 */
export function findClash(
  documents: readonly MemoryDocument[],
  changes: readonly DraftChange[],
  hash: Hash,
): string | null {
  const [refused] = applyChanges(documents, changes, hash).refused
  if (refused) return `change ${refused.change.key}: ${refused.reason}`
  for (const [path, group] of Map.groupBy(changes, (change) => change.path)) {
    const document = documents.find((one) => one.path === path)
    if (group.length < 2) continue
    if (!document) return `two changes would make ${path}`
    const touched = new Map<string, string>()
    for (const change of group) {
      for (const item of itemsTouched(document, change, hash)) {
        const other = touched.get(item)
        if (other !== undefined && other !== change.key)
          return `two changes touch the same item of ${path}`
        touched.set(item, change.key)
      }
    }
  }
  return null
}

/** Items in which an edit replaces something, or into whose middle it inserts. */
function itemsTouched(document: MemoryDocument, change: DraftChange, hash: Hash): string[] {
  const edits = locateEdits([change])
  return parseItems(document, hash)
    .filter((item) =>
      edits.some(({ start, before }) =>
        before === ''
          ? start > item.start && start < item.end
          : start < item.end && start + before.length > item.start,
      ),
    )
    .map(({ id }) => id)
}
