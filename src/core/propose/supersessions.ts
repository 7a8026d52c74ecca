import type { ProposedChange } from '../change/change.ts'
import type { Hash } from '../ids.ts'
import type { Supersession } from '../items/contradiction.ts'
import type { MemoryDocument } from '../memory.ts'
import type { LineTaintTable } from '../trust/line-taints.ts'
import { judgeReplacement } from '../trust/replacement.ts'
import { cutItem, nameLine } from './merges.ts'

/**
 * Every superseded line goes; the change keeps it, with what took its place and since when. One that is trusted
 * more than what would take its place stays.
 */
export function proposeSupersessions(
  supersessions: readonly Supersession[],
  documents: readonly MemoryDocument[],
  { hash, taints }: { readonly hash: Hash; readonly taints: LineTaintTable },
): { readonly changes: readonly ProposedChange[]; readonly heldBack: readonly string[] } {
  const byPath = new Map(documents.map((document) => [document.path, document]))
  const newer = new Set(supersessions.map((one) => one.newer.id))
  const heldBack: string[] = []
  const changes = supersessions.flatMap((one): ProposedChange[] => {
    const document = byPath.get(one.older.path)
    // Of a chain of changes the middle goes first; the next dream sees the rest.
    if (!document || newer.has(one.older.id)) return []
    const trust = judgeReplacement(taints, { gone: one.older, stays: one.newer })
    if (trust === null) {
      heldBack.push(
        `${nameLine(byPath, one.newer)} would take the place of ${nameLine(byPath, one.older)}, but is trusted less; not superseded.`,
      )
      return []
    }
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
        trust,
      },
    ]
  })
  return { changes, heldBack }
}
