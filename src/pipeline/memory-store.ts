import { basename } from 'node:path'
import type { Actor } from '../core/audit/record.ts'
import { DomainError } from '../core/errors.ts'
import { type MemoryStoreId, makeId } from '../core/ids.ts'
import { memoryLimits } from '../core/memory.ts'
import type { Writer } from '../storage/database.ts'
import { deleteMemory, insertMemory, listMemories, updateMemory } from '../storage/memories.ts'
import {
  countMemoryStoresEver,
  insertMemoryStore,
  listMemoryStores,
  type MemoryStore,
} from '../storage/memory-stores.ts'
import type { Context } from './context.ts'
import type { MemoryFolder } from './memory-folder.ts'

/**
 * The memory store that mirrors a folder, brought up to date with it: every file that differs becomes a new
 * version, a file that is gone a deletion (which is a version too). Nothing differing, nothing is written.
 */
export async function mirrorFolder(
  context: Context,
  folder: MemoryFolder,
  actor: Actor,
): Promise<MemoryStoreId> {
  const { documents } = folder
  if (documents.length > memoryLimits.memoriesPerStore) {
    throw new DomainError(
      'limit_exceeded',
      `${folder.root} holds ${documents.length} documents; a memory store holds at most ${memoryLimits.memoriesPerStore}. Choose a smaller folder.`,
    )
  }
  return context.database.write(actor, async (writer) => {
    const store = await findOrCreate(writer, { folder: folder.root }, basename(folder.root))
    const known = new Map((await listMemories(writer, store.id)).map((one) => [one.path, one]))
    // First what is gone: a file may stand where a folder was, and a folder where a file was.
    const wanted = new Set(documents.map(({ path }) => path))
    for (const gone of [...known.values()].filter(({ path }) => !wanted.has(path))) {
      await deleteMemory(writer, { id: gone.id, expectedSha256: gone.contentSha256 })
      await writer.audit({
        action: 'memory.deleted',
        objectType: 'memory',
        objectId: gone.id,
        beforeHash: gone.contentSha256,
      })
    }
    for (const { path, content } of documents) {
      const memory = known.get(path)
      if (memory?.content === content) continue
      const written = memory
        ? await updateMemory(writer, {
            id: memory.id,
            content,
            expectedSha256: memory.contentSha256,
          })
        : await insertMemory(writer, { storeId: store.id, path, content })
      await writer.audit({
        action: memory ? 'memory.modified' : 'memory.created',
        objectType: 'memory',
        objectId: written.id,
        beforeHash: memory?.contentSha256 ?? null,
        afterHash: written.contentSha256,
      })
    }
    return store.id
  })
}

/** The store that dreams without a memory folder read: empty until something is accepted into it. */
export function openDefaultStore({ database }: Context, actor: Actor): Promise<MemoryStoreId> {
  return database.write(
    actor,
    async (writer) => (await findOrCreate(writer, { default: 'true' }, 'memory')).id,
  )
}

/**
 * Found by its metadata, unless it was archived or deleted: then a new one takes its place. The id of a new store names its place in the database and not the folder, so that
 * the same work in another checkout has the same ids.
 */
async function findOrCreate(
  writer: Writer,
  metadata: Readonly<Record<string, string>>,
  name: string,
): Promise<MemoryStore> {
  const stores = await listOpenStores(writer)
  const wanted = Object.entries(metadata)
  const found = stores.find((one) => wanted.every(([key, value]) => one.metadata[key] === value))
  if (found) return found
  const ever = await countMemoryStoresEver(writer)
  const id = makeId('memstore', writer.hash, ['mirror', String(ever)])
  const store = await insertMemoryStore(writer, { id, name, description: '', metadata })
  await writer.audit({ action: 'memory_store.created', objectType: 'memory_store', objectId: id })
  return store
}

async function listOpenStores(writer: Writer): Promise<MemoryStore[]> {
  const stores: MemoryStore[] = []
  for (;;) {
    const after = stores.at(-1)
    const page = await listMemoryStores(writer, { limit: 100, ...(after ? { after } : {}) })
    stores.push(...page)
    if (page.length < 100) return stores
  }
}
