import {
  newSnapshot,
  pageQuery,
  snapshotPage,
  snapshotPath,
  snapshot as snapshotSchema,
  snapshotWithMemories,
  storePath,
} from '../../contract/lucid/stores.ts'
import type { MemorySnapshotId, MemoryStoreId } from '../../core/ids.ts'
import type { StateEntry } from '../../core/store-state.ts'
import {
  getSnapshot,
  insertSnapshot,
  listSnapshots,
  type MemorySnapshot,
} from '../../storage/memory-snapshots.ts'
import { listPinnedState } from '../../storage/memory-states.ts'
import { getMemoryStore } from '../../storage/memory-stores.ts'
import { readMoment } from '../../storage/store-moments.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'
import { reading, writing } from '../v1/memory-frame.ts'

const family = 'lucid'

export const storeSnapshotEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/memory_stores/{memory_store_id}/snapshots',
    family,
    scopes: writing,
    summary: 'Names a moment of a memory store. Nothing is copied: versions are kept anyway.',
    params: storePath,
    body: newSnapshot,
    response: snapshotSchema,
    async handle({ context, actor, params, body }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const id = context.newId('msnap')
      return context.database.write(actor, async (writer) => {
        await getMemoryStore(writer, storeId)
        const moment = await readMoment(writer, { storeId, at: body.at, now: writer.at })
        const made = await insertSnapshot(writer, { id, storeId, name: body.name, ...moment })
        await writer.audit({
          action: 'memory_snapshot.created',
          objectType: 'memory_snapshot',
          objectId: id,
          afterHash: context.hash(JSON.stringify(made.versionIds)),
        })
        return present(made)
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/memory_stores/{memory_store_id}/snapshots',
    family,
    scopes: reading,
    summary: 'The snapshots of a memory store, newest first.',
    params: storePath,
    query: pageQuery,
    response: snapshotPage,
    async handle({ context, params, query }) {
      const storeId = params.memory_store_id as MemoryStoreId
      const list = `snapshots ${storeId}`
      const { keyring } = context
      const position =
        query.page === undefined ? null : (readCursor(keyring, list, query.page) as Position)
      const found = await context.database.read(async (reader) => {
        await getMemoryStore(reader, storeId)
        const after = position ? { createdAt: position[0], id: position[1] } : undefined
        return listSnapshots(reader, { storeId, after, limit: query.limit + 1 })
      })
      const shown = found.slice(0, query.limit)
      const last = found.length > query.limit ? shown.at(-1) : undefined
      return {
        data: shown.map(present),
        next_page: last ? writeCursor(keyring, list, [last.createdAt, last.id]) : null,
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/memory_stores/{memory_store_id}/snapshots/{snapshot_id}',
    family,
    scopes: reading,
    summary: 'A snapshot and the memory versions that stood there.',
    params: snapshotPath,
    response: snapshotWithMemories,
    async handle({ context, params }) {
      const storeId = params.memory_store_id as MemoryStoreId
      return context.database.read(async (reader) => {
        await getMemoryStore(reader, storeId)
        const id = params.snapshot_id as MemorySnapshotId
        const found = await getSnapshot(reader, { id, storeId })
        const entries = await listPinnedState(reader, found.versionIds)
        return { ...present(found), data: entries.map(presentEntry) }
      })
    },
  }),
]

type Position = [createdAt: string, id: MemorySnapshotId]

const present = (made: MemorySnapshot) => ({
  id: made.id,
  type: 'memory_snapshot' as const,
  memory_store_id: made.storeId,
  name: made.name,
  at: made.at,
  memories: made.memories,
  content_size_bytes: made.sizeBytes,
  created_at: made.createdAt,
})

const presentEntry = (entry: StateEntry) => ({
  memory_id: entry.memoryId,
  memory_version_id: entry.versionId,
  path: entry.path,
  content_sha256: entry.contentSha256,
  content_size_bytes: entry.contentSizeBytes,
})
