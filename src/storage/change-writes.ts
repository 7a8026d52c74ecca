import type { Selectable } from 'kysely'
import type { Actor } from '../core/audit/record.ts'
import type { Edit } from '../core/change/change.ts'
import {
  type ChangeId,
  type ChangeWriteId,
  type DreamId,
  type MemoryId,
  type MemoryStoreId,
  type MemoryVersionId,
  makeId,
} from '../core/ids.ts'
import { anyOf } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import type { ChangeWritesTable } from './tables/changes.ts'

/** One memory written by review: changes that came in, or were taken back, or were put back. */
export interface ChangeWrite {
  readonly id: ChangeWriteId
  readonly storeId: MemoryStoreId
  /** From 0 within its store, in the order of writing. */
  readonly ordinal: number
  readonly dreamId: DreamId
  readonly kind: ChangeWritesTable['kind']
  readonly path: string
  readonly memoryId: MemoryId
  /** Null: the memory did not exist before, or went. */
  readonly versionBefore: MemoryVersionId | null
  readonly versionAfter: MemoryVersionId | null
  readonly actor: Actor
  readonly createdAt: string
  readonly parts: readonly WritePart[]
}

interface WritePart {
  readonly owner: ChangeId | MemoryVersionId
  /** What it wrote, in offsets of the version before; nothing when it was only hidden or shown again. */
  readonly edits: readonly Edit[]
}

export type NewChangeWrite = Omit<ChangeWrite, 'id' | 'ordinal' | 'actor' | 'createdAt'> & {
  readonly bytesAdded: number
  readonly bytesRemoved: number
}

export async function insertChangeWrite(writer: Writer, given: NewChangeWrite): Promise<void> {
  const { storeId, parts } = given
  const last = await writer.read
    .selectFrom('change_writes')
    .select((select) => select.fn.max<number | null>('ordinal').as('ordinal'))
    .where('store_id', '=', storeId)
    .executeTakeFirst()
  const ordinal = (last?.ordinal ?? -1) + 1
  const id = makeId('chw', writer.hash, [storeId, String(ordinal)])
  await writer.write
    .insertInto('change_writes')
    .values({
      id,
      store_id: storeId,
      ordinal,
      dream_id: given.dreamId,
      kind: given.kind,
      path: given.path,
      memory_id: given.memoryId,
      version_before: given.versionBefore,
      version_after: given.versionAfter,
      bytes_added: given.bytesAdded,
      bytes_removed: given.bytesRemoved,
      actor_type: writer.actor.type,
      actor_id: writer.actor.id,
      created_at: writer.at,
    })
    .execute()
  const rows = parts.map(({ owner, edits }, at) => ({
    write_id: id,
    ordinal: at,
    owner_id: owner,
    edits: JSON.stringify(edits),
  }))
  await writer.write.insertInto('change_write_parts').values(rows).execute()
}

/** In the order of writing. */
export async function listWritesOfPath(
  reader: Reader,
  { storeId, path }: { readonly storeId: MemoryStoreId; readonly path: string },
): Promise<ChangeWrite[]> {
  const rows = await reader.read
    .selectFrom('change_writes')
    .selectAll()
    .where('store_id', '=', storeId)
    .where('path', '=', path)
    .orderBy('ordinal')
    .execute()
  return withParts(reader, rows)
}

/** Under whatever path it had then; in the order of writing. */
export async function listWritesOfMemory(
  reader: Reader,
  memoryId: MemoryId,
): Promise<ChangeWrite[]> {
  const rows = await reader.read
    .selectFrom('change_writes')
    .selectAll()
    .where('memory_id', '=', memoryId)
    .orderBy('ordinal')
    .execute()
  return withParts(reader, rows)
}

/** The write by which a change came into its store. */
export async function findFirstWrite(reader: Reader, id: ChangeId): Promise<ChangeWrite | null> {
  const row = await reader.read
    .selectFrom('change_writes')
    .innerJoin('change_write_parts', 'change_write_parts.write_id', 'change_writes.id')
    .selectAll('change_writes')
    .where('change_write_parts.owner_id', '=', id)
    .orderBy('change_writes.ordinal')
    .limit(1)
    .executeTakeFirst()
  return row ? ((await withParts(reader, [row]))[0] ?? null) : null
}

async function withParts(
  reader: Reader,
  rows: readonly Selectable<ChangeWritesTable>[],
): Promise<ChangeWrite[]> {
  const parts = await reader.read
    .selectFrom('change_write_parts')
    .selectAll()
    .where('write_id', 'in', anyOf(rows.map(({ id }) => id)))
    .orderBy('write_id')
    .orderBy('ordinal')
    .execute()
  const byWrite = Map.groupBy(parts, (part) => part.write_id)
  return rows.map((row) => ({
    id: row.id,
    storeId: row.store_id,
    ordinal: row.ordinal,
    dreamId: row.dream_id,
    kind: row.kind,
    path: row.path,
    memoryId: row.memory_id,
    versionBefore: row.version_before,
    versionAfter: row.version_after,
    actor: { type: row.actor_type, id: row.actor_id },
    createdAt: row.created_at,
    parts: (byWrite.get(row.id) ?? []).map((part) => ({
      owner: part.owner_id,
      edits: JSON.parse(part.edits),
    })),
  }))
}
