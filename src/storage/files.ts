import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { FileId } from '../core/ids.ts'
import type { TimeCursor } from './agents.ts'
import { anyOf } from './batches.ts'
import { defaultWorkspace, type Reader, type Scratch, type Writer } from './database.ts'
import type { FilesTable } from './tables/objects.ts'

export interface StoredFile {
  readonly id: FileId
  readonly filename: string
  readonly mimeType: string
  readonly sizeBytes: number
  readonly sha256: string
  /** The session that made it, if one did. */
  readonly scopeId: string | null
  readonly createdAt: string
  readonly expiresAt: string | null
}

/** Bytes of one row of content: what one write or read holds in memory. */
export const fileChunkBytes = 1024 * 1024

/**
 * A file arrives as a transcript does: staged, chunk by chunk, where nobody sees it; then `completeFile` makes
 * it visible in one write, or `discardFile` removes what came.
 */
export async function beginFile(
  scratch: Scratch,
  given: Pick<StoredFile, 'id' | 'filename' | 'mimeType' | 'scopeId'>,
): Promise<void> {
  await scratch.scratch
    .insertInto('files')
    .values({
      id: given.id,
      state: 'staged',
      filename: given.filename,
      mime_type: given.mimeType,
      size_bytes: 0,
      sha256: null,
      scope_id: given.scopeId,
      created_at: scratch.at,
      expires_at: null,
      deleted_at: null,
    })
    .execute()
}

/** In order, from chunk 0; at most `fileChunkBytes` each. */
export async function appendFileChunk(
  scratch: Scratch,
  given: { readonly id: FileId; readonly chunk: number; readonly data: Uint8Array },
): Promise<void> {
  const { id, chunk, data } = given
  await scratch.scratch.insertInto('file_chunks').values({ file_id: id, chunk, data }).execute()
}

export async function completeFile(
  writer: Writer,
  given: Pick<StoredFile, 'id' | 'sizeBytes' | 'sha256' | 'expiresAt'>,
): Promise<StoredFile> {
  const row = await writer.write
    .updateTable('files')
    .set({
      state: 'stored',
      size_bytes: given.sizeBytes,
      sha256: given.sha256,
      created_at: writer.at,
      expires_at: given.expiresAt,
    })
    .where('id', '=', given.id)
    .where('state', '=', 'staged')
    .returningAll()
    .executeTakeFirst()
  if (row) return toFile(row)
  throw new DomainError('conflict', `The upload of file ${given.id} was discarded meanwhile.`)
}

export async function discardFile(scratch: Scratch, id: FileId): Promise<void> {
  const staged = await scratch.read
    .selectFrom('files')
    .select('id')
    .where('id', '=', id)
    .where('state', '=', 'staged')
    .executeTakeFirst()
  if (!staged) return
  await scratch.scratch.deleteFrom('file_chunks').where('file_id', '=', id).execute()
  await scratch.scratch.deleteFrom('files').where('id', '=', id).execute()
}

/** Uploads that began before `before` and never ended: their process is gone. */
export async function listStagedFiles(reader: Reader, before: string): Promise<FileId[]> {
  const rows = await reader.read
    .selectFrom('files')
    .select('id')
    .where('state', '=', 'staged')
    .where('created_at', '<', before)
    .limit(100)
    .execute()
  return rows.map((row) => row.id)
}

export async function findFile(reader: Reader, id: FileId): Promise<StoredFile | null> {
  const row = await reader.read
    .selectFrom('files')
    .selectAll()
    .where('id', '=', id)
    .where('state', '=', 'stored')
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row ? toFile(row) : null
}

export async function getFile(reader: Reader, id: FileId): Promise<StoredFile> {
  const file = await findFile(reader, id)
  if (!file) throw new DomainError('not_found', `There is no file ${id}.`)
  return file
}

export interface FilePage {
  readonly scopeId?: string | undefined
  readonly ids?: readonly FileId[] | undefined
  readonly after?: TimeCursor
  readonly limit: number
}

/** Newest first; ids that name no file are left out. */
export async function listFiles(reader: Reader, page: FilePage): Promise<StoredFile[]> {
  const { scopeId, ids, after, limit } = page
  let query = reader.read
    .selectFrom('files')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .where('state', '=', 'stored')
    .where('deleted_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  if (scopeId !== undefined) query = query.where('scope_id', '=', scopeId)
  if (ids) query = query.where('id', 'in', anyOf(ids))
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id as FileId)),
    )
  }
  return (await query.execute()).map(toFile)
}

/** Null after the last one. */
export async function findFileChunk(
  reader: Reader,
  { id, chunk }: { readonly id: FileId; readonly chunk: number },
): Promise<Uint8Array | null> {
  const row = await reader.read
    .selectFrom('file_chunks')
    .select('data')
    .where('file_id', '=', id)
    .where('chunk', '=', chunk)
    .executeTakeFirst()
  return row?.data ?? null
}

export async function deleteFile(writer: Writer, id: FileId): Promise<void> {
  await getFile(writer, id)
  await writer.write
    .updateTable('files')
    .set({ deleted_at: writer.at })
    .where('id', '=', id)
    .execute()
}

/** Files that a session made go with it. */
export async function deleteFilesOf(writer: Writer, scopeId: string): Promise<void> {
  await writer.write
    .updateTable('files')
    .set({ deleted_at: writer.at })
    .where('scope_id', '=', scopeId)
    .where('deleted_at', 'is', null)
    .execute()
}

const toFile = (row: Selectable<FilesTable>): StoredFile => ({
  id: row.id,
  filename: row.filename,
  mimeType: row.mime_type,
  sizeBytes: row.size_bytes,
  sha256: row.sha256 ?? '',
  scopeId: row.scope_id,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
})
