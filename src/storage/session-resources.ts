import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { FileId, MemoryStoreId, SessionId, SessionResourceId } from '../core/ids.ts'
import type { JsonObject } from '../core/session.ts'
import { anyOf, inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import type { SessionResourcesTable } from './tables/sessions.ts'

/** What a session may reach beside its tools: mounted stores, files, repositories. */
export interface SessionResource {
  readonly id: SessionResourceId
  readonly sessionId: SessionId
  readonly ordinal: number
  readonly type: SessionResourcesTable['type']
  /** The wire's fields less id and times. */
  readonly body: JsonObject
  readonly createdAt: string
  readonly updatedAt: string
}

export interface NewSessionResource extends Pick<SessionResource, 'id' | 'type' | 'body'> {
  readonly memoryStoreId: MemoryStoreId | null
  readonly fileId: FileId | null
}

/** Those of each session in the order in which they were added. */
export async function listResourcesOf(
  reader: Reader,
  sessionIds: readonly SessionId[],
): Promise<Map<SessionId, SessionResource[]>> {
  const found = new Map<SessionId, SessionResource[]>()
  for (const batch of inBatches(sessionIds, 1_000)) {
    const rows = await reader.read
      .selectFrom('session_resources')
      .selectAll()
      .where('session_id', 'in', anyOf(batch))
      .where('deleted_at', 'is', null)
      .orderBy('session_id')
      .orderBy('ordinal')
      .execute()
    for (const row of rows) {
      const list = found.get(row.session_id) ?? []
      list.push(toResource(row))
      found.set(row.session_id, list)
    }
  }
  return found
}

export async function listSessionResources(
  reader: Reader,
  page: { readonly sessionId: SessionId; readonly after?: number; readonly limit: number },
): Promise<SessionResource[]> {
  const rows = await reader.read
    .selectFrom('session_resources')
    .selectAll()
    .where('session_id', '=', page.sessionId)
    .where('ordinal', '>', page.after ?? -1)
    .where('deleted_at', 'is', null)
    .orderBy('ordinal')
    .limit(page.limit)
    .execute()
  return rows.map(toResource)
}

export async function countSessionFiles(reader: Reader, sessionId: SessionId): Promise<number> {
  const { count } = await reader.read
    .selectFrom('session_resources')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('session_id', '=', sessionId)
    .where('type', '=', 'file')
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** After the ones that are there. */
export async function insertSessionResources(
  writer: Writer,
  sessionId: SessionId,
  given: readonly NewSessionResource[],
): Promise<SessionResource[]> {
  const last = await writer.read
    .selectFrom('session_resources')
    .select((select) => select.fn.max<number | null>('ordinal').as('ordinal'))
    .where('session_id', '=', sessionId)
    .executeTakeFirst()
  const first = (last?.ordinal ?? -1) + 1
  const rows = given.map((resource, index) => ({
    id: resource.id,
    session_id: sessionId,
    ordinal: first + index,
    type: resource.type,
    memory_store_id: resource.memoryStoreId,
    file_id: resource.fileId,
    body: JSON.stringify(resource.body),
    created_at: writer.at,
    updated_at: writer.at,
    deleted_at: null,
  }))
  for (const batch of inBatches(rows, rowsPerInsert)) {
    await writer.write.insertInto('session_resources').values(batch).execute()
  }
  return rows.map(toResource)
}

export interface ResourceRef {
  readonly sessionId: SessionId
  readonly id: SessionResourceId
}

/** A mounted store has no id of its own on the wire: its store's id finds it. */
export async function getSessionResource(
  reader: Reader,
  { sessionId, id }: ResourceRef,
): Promise<SessionResource> {
  const row = await reader.read
    .selectFrom('session_resources')
    .selectAll()
    .where(({ eb, or }) =>
      or([eb('id', '=', id), eb('memory_store_id', '=', id as string as MemoryStoreId)]),
    )
    .where('session_id', '=', sessionId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (row) return toResource(row)
  throw new DomainError('not_found', `Session ${sessionId} has no resource ${id}.`)
}

/** Notes when; what changed is write-only and not kept. */
export async function touchSessionResource(
  writer: Writer,
  ref: ResourceRef,
): Promise<SessionResource> {
  await writer.write
    .updateTable('session_resources')
    .set({ updated_at: writer.at })
    .where('id', '=', ref.id)
    .where('session_id', '=', ref.sessionId)
    .where('deleted_at', 'is', null)
    .execute()
  return getSessionResource(writer, ref)
}

export async function deleteSessionResource(writer: Writer, ref: ResourceRef): Promise<void> {
  await getSessionResource(writer, ref)
  await writer.write
    .updateTable('session_resources')
    .set({ deleted_at: writer.at })
    .where('id', '=', ref.id)
    .execute()
}

const toResource = (
  row: Omit<Selectable<SessionResourcesTable>, 'deleted_at'>,
): SessionResource => ({
  id: row.id,
  sessionId: row.session_id,
  ordinal: row.ordinal,
  type: row.type,
  body: JSON.parse(row.body),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
