import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { MemoryStoreId } from '../core/ids.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import { unindexOwner } from './search-index.ts'
import type { MemoryStoresTable } from './tables/memory.ts'

export interface MemoryStore {
  readonly id: MemoryStoreId
  readonly name: string
  readonly description: string
  readonly metadata: Readonly<Record<string, string>>
  readonly createdAt: string
  /** Of its name, description, metadata or archiving; what happens to its memories does not move it. */
  readonly updatedAt: string
  readonly archivedAt: string | null
}

export type NewMemoryStore = Pick<MemoryStore, 'id' | 'name' | 'description' | 'metadata'>

export interface MemoryStorePage {
  readonly after?: Pick<MemoryStore, 'createdAt' | 'id'> | null
  readonly limit: number
  /** Left out: excluded. */
  readonly archived?: 'included' | 'excluded' | undefined
  /** Stores that arms of experiments write into. Left out: excluded. */
  readonly overlays?: 'included' | 'excluded' | undefined
  /** RFC 3339 UTC with milliseconds, both inclusive. */
  readonly createdFrom?: string | undefined
  readonly createdTo?: string | undefined
}

/** A deleted store is as if it had never been. */
export async function findMemoryStore(
  reader: Reader,
  id: MemoryStoreId,
): Promise<MemoryStore | null> {
  const row = await reader.read
    .selectFrom('memory_stores')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
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
  page: MemoryStorePage,
): Promise<MemoryStore[]> {
  const {
    after,
    limit,
    archived = 'excluded',
    overlays = 'excluded',
    createdFrom,
    createdTo,
  } = page
  let query = reader.read
    .selectFrom('memory_stores')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .where('deleted_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  if (archived === 'excluded') query = query.where('archived_at', 'is', null)
  if (overlays === 'excluded') {
    query = query.where('id', 'not in', (select) =>
      select
        .selectFrom('experiment_arms')
        .select((arm) => arm.ref('overlay_store_id').$notNull().as('id'))
        .where('overlay_store_id', 'is not', null),
    )
  }
  if (createdFrom !== undefined) query = query.where('created_at', '>=', createdFrom)
  if (createdTo !== undefined) query = query.where('created_at', '<=', createdTo)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
    )
  }
  return (await query.execute()).map(toStore)
}

/** Archived and deleted ones too: a number that never falls, to make ids of. */
export async function countMemoryStoresEver(reader: Reader): Promise<number> {
  const { count } = await reader.read
    .selectFrom('memory_stores')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('workspace_id', '=', defaultWorkspace)
    .executeTakeFirstOrThrow()
  return Number(count)
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

/** A patch that changes nothing leaves `updatedAt` as it is. An archived store is refused. */
export async function updateMemoryStore(
  writer: Writer,
  id: MemoryStoreId,
  patch: Partial<Pick<MemoryStore, 'name' | 'description' | 'metadata'>>,
): Promise<MemoryStore> {
  const store = await getOpenMemoryStore(writer, id)
  const { name = store.name, description = store.description, metadata = store.metadata } = patch
  const same =
    name === store.name &&
    description === store.description &&
    JSON.stringify(metadata) === JSON.stringify(store.metadata)
  if (same) return store
  return setColumns(writer, id, {
    name,
    description,
    metadata: JSON.stringify(metadata),
    updated_at: writer.at,
  })
}

/** For good. A second time changes nothing and answers with the first one's time. */
export async function archiveMemoryStore(writer: Writer, id: MemoryStoreId): Promise<MemoryStore> {
  const store = await getMemoryStore(writer, id)
  if (store.archivedAt !== null) return store
  return setColumns(writer, id, { archived_at: writer.at, updated_at: writer.at })
}

/** The store, its memories and their versions are gone from everywhere; their rows stay. */
export async function deleteMemoryStore(writer: Writer, id: MemoryStoreId): Promise<void> {
  await getMemoryStore(writer, id)
  await setColumns(writer, id, { deleted_at: writer.at })
  await unindexOwner(writer, id)
}

/** The store, unless it is archived: then nothing may be written into it or changed about it. */
export async function getOpenMemoryStore(reader: Reader, id: MemoryStoreId): Promise<MemoryStore> {
  const store = await getMemoryStore(reader, id)
  if (store.archivedAt === null) return store
  throw new DomainError(
    'invalid_argument',
    `Memory store ${id} was archived at ${store.archivedAt}: it can be read, and its memories deleted, but not changed. Write to another store.`,
    { details: { error_code: 'memory_store_archived' } },
  )
}

/** For memories.ts alone. */
export async function countMemoryIn(
  writer: Writer,
  id: MemoryStoreId,
): Promise<{ readonly live: number; readonly ever: number }> {
  const { live_memories: live, memories_ever: ever } = await writer.write
    .updateTable('memory_stores')
    .set(({ eb }) => ({
      live_memories: eb('live_memories', '+', 1),
      memories_ever: eb('memories_ever', '+', 1),
    }))
    .where('id', '=', id)
    .returning(['live_memories', 'memories_ever'])
    .executeTakeFirstOrThrow()
  return { live, ever }
}

/** For memories.ts alone. */
export async function countMemoryOut(writer: Writer, id: MemoryStoreId): Promise<void> {
  await writer.write
    .updateTable('memory_stores')
    .set(({ eb }) => ({ live_memories: eb('live_memories', '-', 1) }))
    .where('id', '=', id)
    .execute()
}

async function setColumns(
  writer: Writer,
  id: MemoryStoreId,
  columns: Partial<Selectable<MemoryStoresTable>>,
): Promise<MemoryStore> {
  const row = await writer.write
    .updateTable('memory_stores')
    .set(columns)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return toStore(row)
}

const noStore = (id: MemoryStoreId) =>
  new DomainError('not_found', `There is no memory store ${id}.`)

const toStore = (row: Selectable<MemoryStoresTable>): MemoryStore => ({
  id: row.id,
  name: row.name,
  description: row.description,
  metadata: JSON.parse(row.metadata),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  archivedAt: row.archived_at,
})
