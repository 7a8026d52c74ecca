import { DomainError } from '../core/errors.ts'
import type { MemoryId, MemoryStoreId, MemoryVersionId } from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'
import type { Writer } from '../storage/database.ts'
import type { Dream } from '../storage/dreams.ts'
import {
  deleteMemory,
  findMemoryByPath,
  insertMemory,
  type NewMemory,
  updateMemory,
} from '../storage/memories.ts'
import { countMemoryOut } from '../storage/memory-stores.ts'

export interface Publication {
  readonly dream: Pick<Dream, 'id' | 'sessionId'>
  readonly storeId: MemoryStoreId
  /** The memories that the dream worked from, and as it leaves them. */
  readonly before: readonly MemoryDocument[]
  readonly after: readonly MemoryDocument[]
}

export interface Published {
  readonly written: readonly Written[]
  /** Not written, because somebody else wrote there first or the store refuses it. */
  readonly left: readonly { readonly path: string; readonly why: string }[]
}

interface Written {
  readonly path: string
  readonly how: 'created' | 'modified' | 'deleted'
  readonly versionId: MemoryVersionId | null
  readonly memoryId: MemoryId
  /** Null: it did not exist. */
  readonly versionBefore: MemoryVersionId | null
}

interface Pair {
  readonly path: string
  readonly base: MemoryDocument | undefined
  readonly next: MemoryDocument | undefined
}

/** Writes every document that differs, each only where the store still holds what the dream worked from. */
export async function publishDocuments(writer: Writer, given: Publication): Promise<Published> {
  const written: Written[] = []
  const left: Published['left'][number][] = []
  for (const pair of listDifferences(given)) {
    try {
      written.push(await publishOne(writer, given, pair))
    } catch (error) {
      if (!(error instanceof DomainError && refusals.has(error.code))) throw error
      left.push({ path: pair.path, why: error.message })
    }
  }
  return { written, left }
}

const refusals: ReadonlySet<DomainError['code']> = new Set([
  'conflict',
  'memory_path_conflict',
  'memory_precondition_failed',
  'limit_exceeded',
])

function listDifferences({ before, after }: Publication): Pair[] {
  const bases = new Map(before.map((one) => [one.path, one]))
  const nexts = new Map(after.map((one) => [one.path, one]))
  const paths = [...new Set([...bases.keys(), ...nexts.keys()])].toSorted()
  return paths
    .map((path) => ({ path, base: bases.get(path), next: nexts.get(path) }))
    .filter(({ base, next }) => base?.contentSha256 !== next?.contentSha256)
}

async function publishOne(
  writer: Writer,
  { dream, storeId }: Publication,
  { path, base, next }: Pair,
): Promise<Written> {
  const origin = {
    dreamId: dream.id,
    ...(dream.sessionId === null ? {} : { sessionId: dream.sessionId }),
  }
  const head = await findMemoryByPath(writer, { storeId, path })
  if (head?.contentSha256 !== base?.contentSha256) {
    throw new DomainError('conflict', 'it was changed while the dream ran.')
  }
  if (!head) {
    const made = await insertOrUncount(writer, {
      storeId,
      path,
      content: next?.content ?? '',
      ...origin,
    })
    return {
      path,
      how: 'created',
      versionId: made.versionId,
      memoryId: made.id,
      versionBefore: null,
    }
  }
  const was = { memoryId: head.id, versionBefore: head.versionId }
  if (!next) {
    await deleteMemory(writer, { id: head.id, expectedSha256: head.contentSha256, ...origin })
    return { path, how: 'deleted', versionId: null, ...was }
  }
  const expectedSha256 = head.contentSha256
  const made = await updateMemory(writer, {
    id: head.id,
    content: next.content,
    expectedSha256,
    ...origin,
  })
  return { path, how: 'modified', versionId: made.versionId, ...was }
}

/** The store counts a memory before it refuses one; this write goes on without it. */
async function insertOrUncount(writer: Writer, given: NewMemory) {
  try {
    return await insertMemory(writer, given)
  } catch (error) {
    if (error instanceof DomainError && refusals.has(error.code)) {
      await countMemoryOut(writer, given.storeId)
    }
    throw error
  }
}
