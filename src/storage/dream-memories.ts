import { sql } from 'kysely'
import type { DreamId, MemoryStoreId } from '../core/ids.ts'
import type { Memory } from '../core/memory.ts'
import type { Reader, Writer } from './database.ts'

/** Pins the memories of the store as they are now: a dream works from these versions to its end. */
export async function pinMemories(
  writer: Writer,
  id: DreamId,
  storeId: MemoryStoreId,
): Promise<void> {
  await writer.write
    .insertInto('dream_memories')
    .columns(['dream_id', 'memory_id', 'version_id', 'path', 'content_sha256'])
    .expression((from) =>
      from
        .selectFrom('memories')
        .select([
          sql<DreamId>`cast(${id} as text)`.as('dream_id'),
          'memories.id',
          'memories.version_id',
          'memories.path',
          'memories.content_sha256',
        ])
        .where('memories.store_id', '=', storeId)
        .where('memories.deleted_at', 'is', null),
    )
    .execute()
}

/** The pinned versions in path order by code unit; one that was redacted since is not among them. */
export async function listDreamMemories(reader: Reader, id: DreamId): Promise<Memory[]> {
  const rows = await reader.read
    .selectFrom('dream_memories')
    .innerJoin('memory_versions', 'memory_versions.id', 'dream_memories.version_id')
    .select([
      'dream_memories.memory_id as id',
      'memory_versions.store_id as storeId',
      'dream_memories.version_id as versionId',
      'dream_memories.path',
      'memory_versions.content',
      'dream_memories.content_sha256 as contentSha256',
    ])
    .where('dream_memories.dream_id', '=', id)
    .execute()
  const kept = rows.flatMap(({ content, ...row }) =>
    content === null ? [] : [{ ...row, content }],
  )
  // Not in SQL: databases order text by code point, or by a locale.
  return kept.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** Characters and number of what `pinMemories` would pin. */
export async function measureStore(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<{ readonly memories: number; readonly bytes: number }> {
  const row = await reader.read
    .selectFrom('memories')
    .select((select) => [
      select.fn.countAll<number>().as('memories'),
      select.fn.sum<number | null>('content_size_bytes').as('bytes'),
    ])
    .where('store_id', '=', storeId)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow()
  return { memories: Number(row.memories), bytes: Number(row.bytes ?? 0) }
}
