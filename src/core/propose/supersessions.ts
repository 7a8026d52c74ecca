import type { ProposedChange } from '../change/change.ts'
import type { Hash } from '../ids.ts'
import type { Supersession } from '../items/contradiction.ts'
import type { MemoryDocument } from '../memory.ts'
import { cutItem, nameLine } from './merges.ts'

/** Every superseded line goes; the change keeps it, with what took its place and since when. */
export function proposeSupersessions(
  supersessions: readonly Supersession[],
  documents: readonly MemoryDocument[],
  hash: Hash,
): ProposedChange[] {
  const byPath = new Map(documents.map((document) => [document.path, document]))
  const newer = new Set(supersessions.map((one) => one.newer.id))
  return supersessions.flatMap((one) => {
    const document = byPath.get(one.older.path)
    // Of a chain of changes the middle goes first; the next dream sees the rest.
    if (!document || newer.has(one.older.id)) return []
    const until = one.validFrom === null ? '' : ` It held until ${one.validFrom}.`
    return [
      {
        key: hash(`supersede\0${one.older.id}\0${one.newer.id}`).slice(0, 24),
        operation: 'supersede' as const,
        path: document.path,
        baseSha256: document.contentSha256,
        edits: [cutItem(document.content, one.older)],
        leaves: 'content' as const,
        before: one.older.text,
        after: one.newer.text,
        rationale: `Superseded by ${nameLine(byPath, one.newer)}: ${one.reason}.${until}`,
        grade: 'D' as const,
        findingKeys: [],
        evidence: [],
      },
    ]
  })
}
