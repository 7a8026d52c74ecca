import type { z } from 'zod'
import {
  deletedMemory,
  type memory,
  memoryAddress,
  memoryDeletion,
  memoryPage,
  memoryPatch,
  memoryQuery,
  memory as memorySchema,
  newMemory,
  readView,
  writtenView,
} from '../../contract/v1/memories.ts'
import { memoryStorePath } from '../../contract/v1/memory-stores.ts'
import { DomainError } from '../../core/errors.ts'
import type { MemoryId, MemoryStoreId } from '../../core/ids.ts'
import { findPrefixFault } from '../../core/memory-path.ts'
import type { Reader } from '../../storage/database.ts'
import { deleteMemory, findMemory, insertMemory, updateMemory } from '../../storage/memories.ts'
import { type ListedMemory, listMemoryPage } from '../../storage/memory-pages.ts'
import { getMemoryStore } from '../../storage/memory-stores.ts'
import type { StoredMemory } from '../../storage/stored-memory.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'
import { pageSize, reading, type View, writing } from './memory-frame.ts'

const family = 'memory'
const objectType = 'memory'

export const memoryEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/v1/memory_stores/{memory_store_id}/memories',
    family,
    scopes: writing,
    summary: 'Makes a memory at a path that is free, above and below too.',
    params: memoryStorePath,
    query: writtenView,
    body: newMemory,
    response: memorySchema,
    async handle({ context, actor, params, query, body }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const made = await context.database.write(actor, async (writer) => {
        const content = body.content ?? ''
        const stored = await insertMemory(writer, { storeId, path: body.path, content })
        const { id: objectId, contentSha256: afterHash } = stored
        await writer.audit({ action: 'memory.created', objectType, objectId, afterHash })
        return stored
      })
      return present(made, query.view)
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/memory_stores/{memory_store_id}/memories',
    family,
    scopes: reading,
    summary: 'Memories in the order of their paths, by code point; with depth 1 as directories.',
    params: memoryStorePath,
    query: memoryQuery,
    response: memoryPage,
    async handle({ context, params, query }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const { path_prefix: prefix = '/', depth, view, page } = query
      refusePrefix(prefix)
      const list = `memories ${storeId}`
      const after = page === undefined ? null : readCursor(context.keyring, list, page)
      const { entries, next } = await context.database.read(async (reader) => {
        await getMemoryStore(reader, storeId)
        return listMemoryPage(reader, {
          storeId,
          prefix,
          depth: depth === '1' ? 'children' : 'all',
          view,
          after: after as string | null,
          limit: pageSize(query),
        })
      })
      return {
        data: entries.map((entry) =>
          entry.type === 'memory'
            ? present(entry, view)
            : { type: 'memory_prefix' as const, path: entry.path },
        ),
        next_page: next === null ? null : writeCursor(context.keyring, list, next),
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/memory_stores/{memory_store_id}/memories/{memory_id}',
    family,
    scopes: reading,
    summary: 'One memory.',
    params: memoryAddress,
    query: readView,
    response: memorySchema,
    async handle({ context, params, query }) {
      return context.database.read(async (reader) =>
        present(await getAddressed(reader, params), query.view),
      )
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/memory_stores/{memory_store_id}/memories/{memory_id}',
    family,
    scopes: writing,
    summary: 'Changes content, path or both, as one version; what changes nothing makes none.',
    params: memoryAddress,
    query: writtenView,
    body: memoryPatch,
    response: memorySchema,
    async handle({ context, actor, params, query, body }) {
      return context.database.write(actor, async (writer) => {
        const before = await getAddressed(writer, params)
        const after = await updateMemory(writer, {
          id: before.id,
          content: body.content,
          path: body.path,
          expectedSha256: body.precondition?.content_sha256 ?? null,
        })
        if (after.versionId !== before.versionId) {
          await writer.audit({
            action: 'memory.modified',
            objectType,
            objectId: before.id,
            beforeHash: before.contentSha256,
            afterHash: after.contentSha256,
          })
        }
        return present(after, query.view)
      })
    },
  }),
  defineEndpoint({
    method: 'DELETE',
    path: '/v1/memory_stores/{memory_store_id}/memories/{memory_id}',
    family,
    scopes: writing,
    summary: 'Deletes the memory; its versions stay.',
    params: memoryAddress,
    query: memoryDeletion,
    response: deletedMemory,
    async handle({ context, actor, params, query }) {
      return context.database.write(actor, async (writer) => {
        const { id, contentSha256: beforeHash } = await getAddressed(writer, params)
        const expectedSha256 = query.expected_content_sha256 ?? null
        await deleteMemory(writer, { id, expectedSha256 })
        await writer.audit({ action: 'memory.deleted', objectType, objectId: id, beforeHash })
        return { id, type: 'memory_deleted' as const }
      })
    },
  }),
]

/** A memory is found under its own store only, and under none that was deleted. */
async function getAddressed(
  reader: Reader,
  params: z.output<typeof memoryAddress>,
): Promise<StoredMemory> {
  const store = await getMemoryStore(reader, params.memory_store_id as MemoryStoreId)
  const found = await findMemory(reader, params.memory_id as MemoryId)
  if (found?.storeId === store.id) return found
  throw new DomainError(
    'not_found',
    `Memory store ${store.id} has no memory ${params.memory_id}; it may have been deleted.`,
  )
}

function refusePrefix(prefix: string): void {
  const fault = findPrefixFault(prefix)
  if (fault !== null) throw new DomainError('invalid_argument', `path_prefix: ${fault}.`)
}

const present = (stored: StoredMemory | ListedMemory, view: View): z.input<typeof memory> => ({
  id: stored.id,
  type: 'memory',
  memory_store_id: stored.storeId,
  memory_version_id: stored.versionId,
  path: stored.path,
  content: view === 'full' ? stored.content : null,
  content_sha256: stored.contentSha256,
  content_size_bytes: stored.contentSizeBytes,
  created_at: stored.createdAt,
  updated_at: stored.updatedAt,
})
