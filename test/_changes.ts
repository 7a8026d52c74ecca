import type { ChangeId, MemoryStoreId, NewId } from '../src/core/ids.ts'
import { insertChanges } from '../src/storage/changes.ts'
import type { Writer } from '../src/storage/database.ts'
import { pinMemories } from '../src/storage/dream-memories.ts'
import { insertDream } from '../src/storage/dreams.ts'
import { listMemories } from '../src/storage/memories.ts'

/** A line behind one of the memories, or in the place of some of its words. */
export interface Line {
  readonly path: string
  readonly line: string
  readonly replaces?: string
}

interface Laying {
  readonly storeId: MemoryStoreId
  readonly lines: readonly Line[]
  readonly newId: NewId
}

/** Proposed changes as a dream would write them, with no transcripts behind them. */
export async function layChanges(
  writer: Writer,
  { storeId, lines, newId }: Laying,
): Promise<ChangeId[]> {
  const inputsHash = writer.hash(newId('req'))
  const dream = await insertDream(writer, { inputStoreId: storeId, inputsHash, options: {} })
  await pinMemories(writer, dream.id, storeId)
  const memories = await listMemories(writer, storeId)
  const made = lines.map(({ path, line, replaces }, index) => {
    const memory = memories.find((one) => one.path === path)
    const content = memory?.content ?? ''
    return {
      id: newId('chg'),
      baseVersionId: memory?.versionId ?? null,
      change: {
        key: `change ${index}`,
        operation: replaces === undefined ? ('add' as const) : ('edit' as const),
        path,
        baseSha256: memory?.contentSha256 ?? null,
        edits: [
          replaces === undefined
            ? { start: content.length, before: '', after: line }
            : { start: content.indexOf(replaces), before: replaces, after: line },
        ],
        leaves: 'content' as const,
        before: replaces ?? null,
        after: line,
        rationale: 'test',
        grade: 'B' as const,
        findingKeys: [],
        evidence: [],
        trust: { taint: 'user' as const, quarantine: [] },
      },
    }
  })
  await insertChanges(writer, dream.id, made)
  return made.map(({ id }) => id)
}
