import type { ProposedChange } from '../change/change.ts'
import type { Hash } from '../ids.ts'
import type { RepeatedSentence } from '../items/repeated-sentences.ts'
import type { MemoryDocument } from '../memory.ts'
import { nameLine } from './merges.ts'

/** The sentence goes from the later item, with the space beside it; the rest of the item stays. */
export function cutRepeatedSentences(
  repeated: readonly RepeatedSentence[],
  documents: readonly MemoryDocument[],
  hash: Hash,
): ProposedChange[] {
  const byPath = new Map(documents.map((document) => [document.path, document]))
  return repeated.flatMap(({ kept, cut, sentence }) => {
    const document = byPath.get(cut.path)
    if (!document) return []
    const [start, end] = withSpace(cut.text, sentence)
    const after = cut.text.slice(0, start) + cut.text.slice(end)
    return [
      {
        key: hash(`cut\0${cut.id}\0${kept.id}\0${sentence.text}`).slice(0, 24),
        operation: 'edit' as const,
        path: cut.path,
        baseSha256: document.contentSha256,
        edits: [{ start: cut.start + start, before: cut.text.slice(start, end), after: '' }],
        leaves: 'content' as const,
        before: cut.text,
        after,
        rationale: `${nameLine(byPath, kept)} says this sentence too, and keeps it.`,
        grade: 'D' as const,
        findingKeys: [],
        evidence: [],
      },
    ]
  })
}

/** With the white space behind it, or before it where it is the last. */
function withSpace(text: string, { start, end }: { start: number; end: number }): [number, number] {
  const behind = /^[ \t]+/.exec(text.slice(end))?.[0].length ?? 0
  if (behind > 0) return [start, end + behind]
  const before = /[ \t]+$/.exec(text.slice(0, start))?.[0].length ?? 0
  return [start - before, end]
}
