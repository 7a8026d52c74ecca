import type { MemoryStoreId } from '../core/ids.ts'
import type { Difference, StateEntry, WantedText } from '../core/store-state.ts'
import type { Writer } from './database.ts'
import { deleteMemory, insertMemory, updateMemory } from './memories.ts'
import { getOpenMemoryStore } from './memory-stores.ts'

/** One path of a store, as it is and as it shall be. */
export type PathWrite = Difference<StateEntry & WantedText, WantedText>

interface Writes {
  readonly storeId: MemoryStoreId
  readonly writes: readonly PathWrite[]
  /** The text that shall stand at the path. */
  readonly textOf: (write: PathWrite) => Promise<string>
}

/**
 * Brings memories to what they shall be, each by a new version. Deletions come first, so that a path that becomes
 * a directory is free. The caller writes the audit record. An archived store is refused.
 */
export async function writePaths(
  writer: Writer,
  { storeId, writes, textOf }: Writes,
): Promise<void> {
  await getOpenMemoryStore(writer, storeId)
  for (const { before, after } of writes) {
    if (before && !after) {
      await deleteMemory(writer, { id: before.memoryId, expectedSha256: before.contentSha256 })
    }
  }
  for (const write of writes) {
    const { path, before, after } = write
    if (!after) continue
    const content = await textOf(write)
    if (before) {
      const expectedSha256 = before.contentSha256
      await updateMemory(writer, { id: before.memoryId, content, expectedSha256 })
    } else await insertMemory(writer, { storeId, path, content })
  }
}
