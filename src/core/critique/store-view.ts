import { words } from '../items/words.ts'
import type { MemoryDocument } from '../memory.ts'

/** A store laid out for the critics of many changes. */
export interface StoreView {
  readonly documents: readonly MemoryDocument[]
  readonly lines: readonly StoreLine[]
}

interface StoreLine {
  /** As people call it: `/rules.md:12`. */
  readonly place: string
  readonly text: string
  readonly words: ReadonlySet<string>
}

export const viewStore = (documents: readonly MemoryDocument[]): StoreView => ({
  documents,
  lines: documents.flatMap(({ path, content }) =>
    content.split('\n').map((line, index) => {
      const text = plainLine(line)
      return { place: `${path}:${index + 1}`, text, words: words(text) }
    }),
  ),
})

/** A line without its bullet and without the note on grade and support. */
export const plainLine = (line: string): string =>
  line.replace(/^\s*(?:[-*+]|\d+\.)\s+/, '').replace(/\s*_\([^)_]*\)_\s*$/, '')
