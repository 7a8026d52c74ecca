import type { Actor } from '../core/audit/record.ts'
import { DomainError } from '../core/errors.ts'
import type { DreamId, MemoryId, MemoryStoreId, MemoryVersionId } from '../core/ids.ts'
import type { Reader, Writer } from './database.ts'
import type { MemoryVersionsTable } from './tables.ts'

export interface MemoryVersion {
  readonly id: MemoryVersionId
  readonly memoryId: MemoryId
  readonly storeId: MemoryStoreId
  /** From 0, without gaps, within its memory. */
  readonly ordinal: number
  readonly operation: 'created' | 'modified' | 'deleted'
  readonly path: string | null
  readonly content: string | null
  readonly contentSha256: string | null
  readonly contentSizeBytes: number | null
  readonly actor: Actor
  readonly dreamId: DreamId | null
  readonly createdAt: string
  readonly redactedAt: string | null
}

type NewMemoryVersion = Pick<
  MemoryVersion,
  'id' | 'memoryId' | 'storeId' | 'ordinal' | 'operation' | 'path' | 'content' | 'dreamId'
>

/** Oldest first. Versions outlive their memory. */
export async function listMemoryVersions(
  reader: Reader,
  memoryId: MemoryId,
): Promise<MemoryVersion[]> {
  const rows = await reader.read
    .selectFrom('memory_versions')
    .selectAll()
    .where('memory_id', '=', memoryId)
    .orderBy('ordinal')
    .execute()
  return rows.map(toVersion)
}

export async function getMemoryVersion(
  reader: Reader,
  id: MemoryVersionId,
): Promise<MemoryVersion> {
  const row = await reader.read
    .selectFrom('memory_versions')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw new DomainError('not_found', `There is no memory version ${id}.`)
  return toVersion(row)
}

/** For memories.ts alone, which moves the head in the same transaction. */
export async function insertMemoryVersion(
  writer: Writer,
  version: NewMemoryVersion,
): Promise<void> {
  const { content } = version
  await writer.write
    .insertInto('memory_versions')
    .values({
      id: version.id,
      memory_id: version.memoryId,
      store_id: version.storeId,
      ordinal: version.ordinal,
      operation: version.operation,
      path: version.path,
      content,
      content_sha256: content === null ? null : writer.hash(content),
      content_size_bytes: content === null ? null : Buffer.byteLength(content),
      actor_type: writer.actor.type,
      actor_id: writer.actor.id,
      dream_id: version.dreamId,
      created_at: writer.at,
      redacted_at: null,
    })
    .execute()
}

const toVersion = (row: MemoryVersionsTable): MemoryVersion => ({
  id: row.id,
  memoryId: row.memory_id,
  storeId: row.store_id,
  ordinal: row.ordinal,
  operation: row.operation,
  path: row.path,
  content: row.content,
  contentSha256: row.content_sha256,
  contentSizeBytes: row.content_size_bytes,
  actor: { type: row.actor_type, id: row.actor_id },
  dreamId: row.dream_id,
  createdAt: row.created_at,
  redactedAt: row.redacted_at,
})
