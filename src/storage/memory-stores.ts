import { DomainError } from '../core/errors.ts'
import type { MemoryStoreId } from '../core/ids.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { MemoryStoresTable } from './tables.ts'

export interface MemoryStore {
  readonly id: MemoryStoreId
  readonly name: string
  readonly description: string
  readonly metadata: Readonly<Record<string, string>>
  readonly createdAt: string
  readonly updatedAt: string
  readonly archivedAt: string | null
}

export type NewMemoryStore = Pick<MemoryStore, 'id' | 'name' | 'description' | 'metadata'>

export async function findMemoryStore(
  reader: Reader,
  id: MemoryStoreId,
): Promise<MemoryStore | null> {
  const row = await reader.read
    .selectFrom('memory_stores')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toStore(row) : null
}

export async function getMemoryStore(reader: Reader, id: MemoryStoreId): Promise<MemoryStore> {
  const store = await findMemoryStore(reader, id)
  if (!store) throw noStore(id)
  return store
}

/** Newest first; `after` is the last store of the page before. */
export async function listMemoryStores(
  reader: Reader,
  page: { readonly after?: Pick<MemoryStore, 'createdAt' | 'id'>; readonly limit: number },
): Promise<MemoryStore[]> {
  const { after, limit } = page
  let query = reader.read
    .selectFrom('memory_stores')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
    )
  }
  return (await query.execute()).map(toStore)
}

export async function insertMemoryStore(
  writer: Writer,
  store: NewMemoryStore,
): Promise<MemoryStore> {
  const row = await writer.write
    .insertInto('memory_stores')
    .values({
      id: store.id,
      name: store.name,
      description: store.description,
      metadata: JSON.stringify(store.metadata),
      created_at: writer.at,
      updated_at: writer.at,
      archived_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toStore(row)
}

export async function updateMemoryStore(
  writer: Writer,
  id: MemoryStoreId,
  patch: Partial<Pick<MemoryStore, 'name' | 'description' | 'metadata'>>,
): Promise<MemoryStore> {
  const row = await writer.write
    .updateTable('memory_stores')
    .set({
      ...(patch.name === undefined ? {} : { name: patch.name }),
      ...(patch.description === undefined ? {} : { description: patch.description }),
      ...(patch.metadata === undefined ? {} : { metadata: JSON.stringify(patch.metadata) }),
      updated_at: writer.at,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  if (!row) throw noStore(id)
  return toStore(row)
}

const noStore = (id: MemoryStoreId) =>
  new DomainError('not_found', `There is no memory store ${id}.`)

const toStore = (row: Omit<MemoryStoresTable, 'workspace_id'>): MemoryStore => ({
  id: row.id,
  name: row.name,
  description: row.description,
  metadata: JSON.parse(row.metadata),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  archivedAt: row.archived_at,
})
