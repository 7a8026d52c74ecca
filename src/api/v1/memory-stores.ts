import type { z } from 'zod'
import {
  deletedMemoryStore,
  memoryStorePage,
  memoryStorePatch,
  memoryStorePath,
  memoryStoreQuery,
  memoryStore as memoryStoreSchema,
  newMemoryStore,
} from '../../contract/v1/memory-stores.ts'
import type { MemoryStoreId } from '../../core/ids.ts'
import { mergeMetadata } from '../../core/metadata.ts'
import type { Writer } from '../../storage/database.ts'
import {
  archiveMemoryStore,
  deleteMemoryStore,
  getMemoryStore,
  getOpenMemoryStore,
  insertMemoryStore,
  listMemoryStores,
  type MemoryStore,
  updateMemoryStore,
} from '../../storage/memory-stores.ts'
import { emitWebhookEvent, toOutbox } from '../../storage/webhook-deliveries.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { reading, writing } from './memory-frame.ts'
import { cutPage, readTimeCursor, writeTimeCursor } from './time-pages.ts'

const family = 'memory'
const objectType = 'memory_store'
const list = 'memory_stores desc'

export const memoryStoreEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/v1/memory_stores',
    family,
    scopes: writing,
    summary: 'Makes an empty memory store. Names need not be unique.',
    body: newMemoryStore,
    response: memoryStoreSchema,
    async handle({ context, actor, body }) {
      const id = context.newId('memstore')
      return context.database.write(actor, async (writer) => {
        const store = await insertMemoryStore(writer, {
          id,
          name: body.name,
          description: body.description ?? '',
          metadata: mergeMetadata({}, body.metadata ?? {}),
        })
        await record(writer, context, { type: 'memory_store.created', id })
        return present(store)
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/memory_stores',
    family,
    scopes: reading,
    summary: 'Memory stores, newest first.',
    query: memoryStoreQuery,
    response: memoryStorePage,
    async handle({ context, query }) {
      const { created_at: within = {}, include_archived: archived, limit, page } = query
      const overlays = query.include_overlays ? 'included' : 'excluded'
      const after = readTimeCursor(context.keyring, { list, page, created: within })
      const stores = await context.database.read((reader) =>
        listMemoryStores(reader, {
          after: after as Pick<MemoryStore, 'createdAt' | 'id'> | null,
          limit: limit + 1,
          archived: archived ? 'included' : 'excluded',
          overlays,
          createdFrom: within.gte,
          createdTo: within.lte,
        }),
      )
      return cutPage(stores, limit, {
        present,
        cursor: (last) => writeTimeCursor(context.keyring, list, last),
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/memory_stores/{memory_store_id}',
    family,
    scopes: reading,
    summary: 'One memory store, archived or not.',
    params: memoryStorePath,
    response: memoryStoreSchema,
    async handle({ context, params }) {
      const id = params.memory_store_id as MemoryStoreId
      return present(await context.database.read((reader) => getMemoryStore(reader, id)))
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/memory_stores/{memory_store_id}',
    family,
    scopes: writing,
    summary: 'Changes name, description or metadata; refused once the store is archived.',
    params: memoryStorePath,
    body: memoryStorePatch,
    response: memoryStoreSchema,
    async handle({ context, actor, params, body }) {
      const id = params.memory_store_id as MemoryStoreId
      return context.database.write(actor, async (writer) => {
        const before = await getOpenMemoryStore(writer, id)
        const after = await updateMemoryStore(writer, id, {
          name: body.name ?? before.name,
          description: body.description ?? before.description,
          metadata: body.metadata ? mergeMetadata(before.metadata, body.metadata) : before.metadata,
        })
        if (JSON.stringify(after) !== JSON.stringify(before)) {
          await writer.audit({ action: 'memory_store.updated', objectType, objectId: id })
        }
        return present(after)
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/memory_stores/{memory_store_id}/archive',
    family,
    scopes: writing,
    summary: 'Closes the store for good: it can be read and deleted from, and no longer changed.',
    params: memoryStorePath,
    response: memoryStoreSchema,
    async handle({ context, actor, params }) {
      const id = params.memory_store_id as MemoryStoreId
      return context.database.write(actor, async (writer) => {
        const before = await getMemoryStore(writer, id)
        if (before.archivedAt !== null) return present(before)
        const store = await archiveMemoryStore(writer, id)
        await record(writer, context, { type: 'memory_store.archived', id })
        return present(store)
      })
    },
  }),
  defineEndpoint({
    method: 'DELETE',
    path: '/v1/memory_stores/{memory_store_id}',
    family,
    scopes: writing,
    summary: 'Deletes the store with its memories and their versions.',
    params: memoryStorePath,
    response: deletedMemoryStore,
    async handle({ context, actor, params }) {
      const id = params.memory_store_id as MemoryStoreId
      await context.database.write(actor, async (writer) => {
        await deleteMemoryStore(writer, id)
        await record(writer, context, { type: 'memory_store.deleted', id })
      })
      return { id, type: 'memory_store_deleted' as const }
    },
  }),
]

/** The audit record of what happened to a store, and the event that tells who subscribed to it. */
async function record(
  writer: Writer,
  context: ApiContext,
  { type, id }: { readonly type: StoreEvent; readonly id: MemoryStoreId },
): Promise<void> {
  await writer.audit({ action: type, objectType, objectId: id })
  await emitWebhookEvent(writer, toOutbox(context), { type, objectId: id })
}

type StoreEvent = 'memory_store.created' | 'memory_store.archived' | 'memory_store.deleted'

const present = (store: MemoryStore): z.input<typeof memoryStoreSchema> => ({
  id: store.id,
  type: 'memory_store',
  name: store.name,
  description: store.description,
  metadata: { ...store.metadata },
  created_at: store.createdAt,
  updated_at: store.updatedAt,
  archived_at: store.archivedAt,
})
