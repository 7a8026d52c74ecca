import { type SelectQueryBuilder, sql } from 'kysely'
import type { Actor } from '../core/audit/record.ts'
import { DomainError } from '../core/errors.ts'
import type { DreamId, MemoryId, MemoryStoreId, MemoryVersionId, SessionId } from '../core/ids.ts'
import { eraseAuditSalts } from './audit-records.ts'
import type { Reader, Writer } from './database.ts'
import type { StoredMemory } from './stored-memory.ts'
import type { MemoryVersionsTable } from './tables/memory.ts'
import type { Tables } from './tables.ts'

export interface MemoryVersion {
  readonly id: MemoryVersionId
  readonly memoryId: MemoryId
  readonly storeId: MemoryStoreId
  /** From 0, without gaps, within its memory. */
  readonly ordinal: number
  readonly operation: 'created' | 'modified' | 'deleted'
  /** Null once it was redacted. */
  readonly path: string | null
  readonly content: string | null
  readonly contentSha256: string | null
  readonly contentSizeBytes: number | null
  readonly actor: Actor
  readonly dreamId: DreamId | null
  /** The session it was written in: the actor itself, or the own session of the dream that acted. */
  readonly sessionId: SessionId | null
  readonly createdAt: string
  readonly redactedAt: string | null
  readonly redactedBy: Actor | null
}

export interface MemoryVersionFilter {
  readonly memoryId?: MemoryId | undefined
  readonly operation?: MemoryVersion['operation'] | undefined
  readonly sessionId?: SessionId | undefined
  /** Only versions that no session wrote. */
  readonly actor?: { readonly id: string; readonly types: readonly Actor['type'][] } | undefined
  /** RFC 3339 UTC with milliseconds, both inclusive. */
  readonly createdFrom?: string | undefined
  readonly createdTo?: string | undefined
}

type MemoryVersionPosition = Pick<MemoryVersion, 'createdAt' | 'ordinal' | 'id'>

export interface MemoryVersionPage {
  readonly storeId: MemoryStoreId
  readonly filter: MemoryVersionFilter
  /** The last version of the page before. */
  readonly after: MemoryVersionPosition | null
  readonly limit: number
  /** Without content, which is null then, in `basic`. */
  readonly view: 'basic' | 'full'
}

interface NewMemoryVersion {
  readonly operation: MemoryVersion['operation']
  readonly dreamId: DreamId | undefined
  readonly sessionId: SessionId | undefined
}

/** Every version of one memory, oldest first. Versions outlive their memory. */
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

/** Newest first; of one memory's versions in the same millisecond the later one first. */
export async function listMemoryVersionPage(
  reader: Reader,
  { storeId, filter, after, limit, view }: MemoryVersionPage,
): Promise<MemoryVersion[]> {
  let query = reader.read
    .selectFrom('memory_versions')
    .select(columns)
    .select(view === 'full' ? 'content' : sql<string | null>`NULL`.as('content'))
    .where('store_id', '=', storeId)
    .orderBy('created_at', 'desc')
    .orderBy('ordinal', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  query = applyFilter(query, filter)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple('created_at', 'ordinal', 'id'),
        '<',
        tuple(after.createdAt, after.ordinal, after.id),
      ),
    )
  }
  return (await query.execute()).map(toVersion)
}

export async function findMemoryVersion(
  reader: Reader,
  id: MemoryVersionId,
): Promise<MemoryVersion | null> {
  const row = await reader.read
    .selectFrom('memory_versions')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toVersion(row) : null
}

export async function getMemoryVersion(
  reader: Reader,
  id: MemoryVersionId,
): Promise<MemoryVersion> {
  const version = await findMemoryVersion(reader, id)
  if (!version) throw new DomainError('not_found', `There is no memory version ${id}.`)
  return version
}

/** For memories.ts alone, which moves the head in the same transaction. */
export async function insertMemoryVersion(
  writer: Writer,
  head: StoredMemory,
  { operation, dreamId, sessionId }: NewMemoryVersion,
): Promise<void> {
  const { actor } = writer
  const deleted = operation === 'deleted'
  await writer.write
    .insertInto('memory_versions')
    .values({
      id: head.versionId,
      memory_id: head.id,
      store_id: head.storeId,
      ordinal: head.versionOrdinal,
      operation,
      path: head.path,
      content: deleted ? null : head.content,
      content_sha256: deleted ? null : head.contentSha256,
      content_size_bytes: deleted ? null : head.contentSizeBytes,
      actor_type: actor.type,
      actor_id: actor.id,
      dream_id: dreamId ?? null,
      session_id: sessionId ?? (actor.type === 'session' ? (actor.id as SessionId) : null),
      created_at: head.updatedAt,
      redacted_at: null,
    })
    .execute()
}

/**
 * Erases what the version said and keeps who said it and when; a second time changes nothing. The head of a
 * live memory is refused: it is what the memory says now.
 */
export async function redactMemoryVersion(
  writer: Writer,
  id: MemoryVersionId,
): Promise<MemoryVersion> {
  const version = await getMemoryVersion(writer, id)
  if (version.redactedAt !== null) return version
  await refuseLiveHead(writer, version)
  const { memoryId, contentSha256: contentHash } = version
  // A hash of a text that can be guessed tells the text.
  if (contentHash !== null)
    await eraseAuditSalts(writer, { type: 'memory', id: memoryId, contentHash })
  const row = await writer.write
    .updateTable('memory_versions')
    .set({
      path: null,
      content: null,
      content_sha256: null,
      content_size_bytes: null,
      redacted_at: writer.at,
      redacted_by_type: writer.actor.type,
      redacted_by_id: writer.actor.id,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
  // The row of a deleted memory still names its last path and hash, which nothing reads any more.
  await writer.write
    .updateTable('memories')
    .set({ path: '', content_sha256: '', content_size_bytes: 0 })
    .where('id', '=', version.memoryId)
    .where('deleted_at', 'is not', null)
    .execute()
  return toVersion(row)
}

async function refuseLiveHead(reader: Reader, { id, memoryId }: MemoryVersion): Promise<void> {
  const head = await reader.read
    .selectFrom('memories')
    .select('id')
    .where('id', '=', memoryId)
    .where('version_id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (!head) return
  throw new DomainError(
    'invalid_argument',
    `Memory version ${id} is what memory ${memoryId} holds now and cannot be redacted. Update or delete the memory first.`,
    { details: { error_code: 'memory_version_is_head' } },
  )
}

const columns = [
  'id',
  'memory_id',
  'store_id',
  'ordinal',
  'operation',
  'path',
  'content_sha256',
  'content_size_bytes',
  'actor_type',
  'actor_id',
  'dream_id',
  'session_id',
  'created_at',
  'redacted_at',
  'redacted_by_type',
  'redacted_by_id',
] as const

function applyFilter<O>(
  given: SelectQueryBuilder<Tables, 'memory_versions', O>,
  filter: MemoryVersionFilter,
) {
  const { memoryId, operation, sessionId, actor, createdFrom, createdTo } = filter
  let query = given
  if (memoryId !== undefined) query = query.where('memory_id', '=', memoryId)
  if (operation !== undefined) query = query.where('operation', '=', operation)
  if (sessionId !== undefined) query = query.where('session_id', '=', sessionId)
  if (actor !== undefined) {
    query = query
      .where('actor_id', '=', actor.id)
      .where('actor_type', 'in', actor.types)
      .where('session_id', 'is', null)
  }
  if (createdFrom !== undefined) query = query.where('created_at', '>=', createdFrom)
  if (createdTo !== undefined) query = query.where('created_at', '<=', createdTo)
  return query
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
  sessionId: row.session_id,
  createdAt: row.created_at,
  redactedAt: row.redacted_at,
  redactedBy:
    row.redacted_by_type === null
      ? null
      : { type: row.redacted_by_type, id: row.redacted_by_id ?? '' },
})
