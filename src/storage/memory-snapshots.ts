import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { MemorySnapshotId, MemoryStoreId, MemoryVersionId } from '../core/ids.ts'
import type { StateEntry } from '../core/store-state.ts'
import type { Reader, Writer } from './database.ts'
import type { MemorySnapshotsTable } from './tables/memory.ts'

/** A named moment of a memory store: which versions stood there. It holds no texts of its own. */
export interface MemorySnapshot {
  readonly id: MemorySnapshotId
  readonly storeId: MemoryStoreId
  readonly name: string
  /** The moment it shows. */
  readonly at: string
  readonly versionIds: readonly MemoryVersionId[]
  readonly memories: number
  readonly sizeBytes: number
  readonly createdAt: string
}

/** One takes some 60 KB where a store is full. */
const mostSnapshots = 1_000

export type NewSnapshot = Pick<MemorySnapshot, 'id' | 'storeId' | 'name' | 'at'> & {
  readonly entries: readonly StateEntry[]
}

export async function insertSnapshot(writer: Writer, given: NewSnapshot): Promise<MemorySnapshot> {
  await refuseTooMany(writer, given.storeId)
  const { entries } = given
  const row = await writer.write
    .insertInto('memory_snapshots')
    .values({
      id: given.id,
      store_id: given.storeId,
      name: given.name,
      at: given.at,
      version_ids: JSON.stringify(entries.map(({ versionId }) => versionId)),
      memories: entries.length,
      size_bytes: entries.reduce((sum, one) => sum + (one.contentSizeBytes ?? 0), 0),
      created_at: writer.at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toSnapshot(row)
}

export async function getSnapshot(
  reader: Reader,
  { id, storeId }: Pick<MemorySnapshot, 'id' | 'storeId'>,
): Promise<MemorySnapshot> {
  const row = await reader.read
    .selectFrom('memory_snapshots')
    .selectAll()
    .where('id', '=', id)
    .where('store_id', '=', storeId)
    .executeTakeFirst()
  if (row) return toSnapshot(row)
  throw new DomainError('not_found', `Memory store ${storeId} has no snapshot ${id}.`)
}

export interface SnapshotPage {
  readonly storeId: MemoryStoreId
  readonly after?: Pick<MemorySnapshot, 'createdAt' | 'id'> | undefined
  readonly limit: number
}

/** Newest first. */
export async function listSnapshots(reader: Reader, page: SnapshotPage): Promise<MemorySnapshot[]> {
  const { after } = page
  let query = reader.read
    .selectFrom('memory_snapshots')
    .selectAll()
    .where('store_id', '=', page.storeId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
    )
  }
  return (await query.execute()).map(toSnapshot)
}

async function refuseTooMany(reader: Reader, storeId: MemoryStoreId): Promise<void> {
  const { count } = await reader.read
    .selectFrom('memory_snapshots')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('store_id', '=', storeId)
    .executeTakeFirstOrThrow()
  if (Number(count) < mostSnapshots) return
  throw new DomainError(
    'limit_exceeded',
    `Memory store ${storeId} has ${mostSnapshots} snapshots, the most it may. Use a time instead: every moment can be read, compared and restored without one.`,
  )
}

const toSnapshot = (row: Selectable<MemorySnapshotsTable>): MemorySnapshot => ({
  id: row.id,
  storeId: row.store_id,
  name: row.name,
  at: row.at,
  versionIds: JSON.parse(row.version_ids),
  memories: row.memories,
  sizeBytes: row.size_bytes,
  createdAt: row.created_at,
})
