import type { MemoryStoreId } from '../core/ids.ts'
import type { Memory } from '../core/memory.ts'
import { findEndorsed } from '../core/trust/endorsement.ts'
import { LineTaints, type LineTaintTable, taintAll } from '../core/trust/line-taints.ts'
import { originOfWriter } from '../core/trust/origin.ts'
import type { Reader, Writer } from './database.ts'
import { listStandingEndorsements } from './endorsements.ts'
import { findMemory } from './memories.ts'
import {
  findInputStore,
  hasForeignWriters,
  listTextsOfDream,
  listWrittenVersions,
} from './memory-lineage.ts'

/** Stores that were dreamt one out of another; from further back nothing is more than an agent's. */
const maxStores = 16

type HashingReader = Reader & Pick<Writer, 'hash'>

/** The taint of every line of the memories that a dream works from, followed through all that was written. */
export async function readLineTaints(
  reader: HashingReader,
  storeId: MemoryStoreId,
  memories: readonly Memory[],
): Promise<LineTaintTable> {
  // Most stores were written by people and keys alone; then no history has to be read.
  if (!(await hasForeignWriters(reader, storeId))) return taintAll(memories, 'operator')
  return (await replay(reader, storeId, new Set())).table
}

async function replay(
  reader: HashingReader,
  storeId: MemoryStoreId,
  above: ReadonlySet<MemoryStoreId>,
): Promise<LineTaints> {
  const taints = new LineTaints()
  const known = new Set([...above, storeId])
  const inputs = new Map<string, LineTaints | null>()
  for await (const version of listWrittenVersions(reader, storeId)) {
    const { path, content, actor, dreamId, sessionId } = version
    if (path === null) continue
    if (dreamId !== null && !inputs.has(dreamId)) {
      const input = await findInputStore(reader, dreamId)
      const follow = input !== null && !known.has(input) && known.size < maxStores
      inputs.set(dreamId, follow ? await replay(reader, input, known) : null)
    }
    taints.write({
      path,
      content,
      writer: originOfWriter(actor, sessionId),
      known: dreamId === null ? [] : await listTextsOfDream(reader, dreamId, path),
      takenFrom: dreamId === null ? null : (inputs.get(dreamId) ?? null),
    })
  }
  await raiseEndorsed(reader, storeId, taints)
  return taints
}

/** Lines for which a person's word stands. */
async function raiseEndorsed(
  reader: HashingReader,
  storeId: MemoryStoreId,
  taints: LineTaints,
): Promise<void> {
  for (const endorsement of await listStandingEndorsements(reader, storeId)) {
    const memory = await findMemory(reader, endorsement.memoryId)
    const lines = memory && findEndorsed(memory.content, endorsement, reader.hash)
    for (const line of lines ?? []) taints.raise(memory?.path ?? '', line, endorsement.taint)
  }
}
