import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { FileId, ImportId } from '../core/ids.ts'
import type { ImportReport } from '../core/present/import-report.ts'
import { defaultWorkspace, type Reader, type Scratch, type Writer } from './database.ts'
import type { ImportsTable } from './tables/sessions.ts'

export interface StoredImport {
  readonly id: ImportId
  readonly state: ImportsTable['state']
  readonly source: ImportsTable['source']
  readonly name: string
  readonly sha256: string | null
  readonly program: string
  readonly bytes: number
  readonly fileId: FileId | null
  readonly cancelRequestedAt: string | null
  readonly result: ImportReport | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly createdAt: string
  readonly endedAt: string | null
  readonly progress: ImportProgress
}

export interface ImportProgress {
  readonly bytesDone: number
  readonly bytesTotal: number | null
  readonly sessions: number
  readonly events: number
}

export type NewImport = Pick<
  StoredImport,
  'id' | 'source' | 'name' | 'sha256' | 'program' | 'bytes' | 'fileId'
>

export async function insertImport(writer: Writer, given: NewImport): Promise<StoredImport> {
  const row = await writer.write
    .insertInto('imports')
    .values({
      id: given.id,
      state: 'queued',
      source: given.source,
      name: given.name,
      sha256: given.sha256,
      program: given.program,
      bytes: given.bytes,
      file_id: given.fileId,
      cancel_requested_at: null,
      result: null,
      error: null,
      created_at: writer.at,
      ended_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toImport(row, nothingYet)
}

export async function getImport(reader: Reader, id: ImportId): Promise<StoredImport> {
  const row = await reader.read
    .selectFrom('imports')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (row) return withProgress(reader, row)
  throw new DomainError('not_found', `There is no import ${id}.`)
}

/** Of the same bytes by the same program, unless it failed or was canceled. */
export async function findSameImport(
  reader: Reader,
  { sha256, program }: { readonly sha256: string; readonly program: string },
): Promise<StoredImport | null> {
  const row = await reader.read
    .selectFrom('imports')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .where('sha256', '=', sha256)
    .where('program', '=', program)
    .where('state', 'in', ['queued', 'running', 'completed'])
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? withProgress(reader, row) : null
}

export interface ImportPage {
  readonly state?: StoredImport['state'] | undefined
  readonly after?: Pick<StoredImport, 'createdAt' | 'id'> | undefined
  readonly limit: number
}

/** Newest first. */
export async function listImports(reader: Reader, page: ImportPage): Promise<StoredImport[]> {
  const { after, state } = page
  let query = reader.read
    .selectFrom('imports')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (state !== undefined) query = query.where('state', '=', state)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
    )
  }
  const found: StoredImport[] = []
  for (const row of await query.execute()) found.push(await withProgress(reader, row))
  return found
}

/** Seen by everybody who asks, and lost with nothing but the bar it draws. */
export async function noteImportProgress(
  scratch: Scratch,
  id: ImportId,
  { bytesDone, bytesTotal, sessions, events }: ImportProgress,
): Promise<void> {
  const columns = { bytes_done: bytesDone, bytes_total: bytesTotal, sessions, events }
  await scratch.scratch
    .insertInto('import_progress')
    .values({ import_id: id, ...columns })
    .onConflict((conflict) => conflict.column('import_id').doUpdateSet(columns))
    .execute()
}

export async function startImport(writer: Writer, id: ImportId): Promise<void> {
  await writer.write
    .updateTable('imports')
    .set({ state: 'running' })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .execute()
}

/** One that waits ends at once; one that runs ends at its next safe point. */
export async function cancelImport(writer: Writer, id: ImportId): Promise<StoredImport> {
  const found = await getImport(writer, id)
  if (found.endedAt !== null) {
    throw new DomainError('conflict', `Import ${id} has ended already: ${found.state}.`)
  }
  if (found.state === 'queued') return endImport(writer, id, { state: 'canceled' })
  await writer.write
    .updateTable('imports')
    .set({ cancel_requested_at: found.cancelRequestedAt ?? writer.at })
    .where('id', '=', id)
    .execute()
  return getImport(writer, id)
}

export interface ImportEnd {
  readonly state: 'completed' | 'failed' | 'canceled'
  readonly result?: ImportReport
  readonly error?: StoredImport['error']
}

/** For good; the bytes of its upload go, because the raw records of what became a session are kept with it. */
export async function endImport(
  writer: Writer,
  id: ImportId,
  { state, result, error }: ImportEnd,
): Promise<StoredImport> {
  const { fileId } = await getImport(writer, id)
  await writer.write
    .updateTable('imports')
    .set({
      state,
      result: result === undefined ? null : JSON.stringify(result),
      error: error ? JSON.stringify(error) : null,
      ended_at: writer.at,
      file_id: null,
    })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .execute()
  if (fileId !== null) {
    await writer.write
      .updateTable('files')
      .set({ deleted_at: writer.at })
      .where('id', '=', fileId)
      .execute()
    await writer.write.deleteFrom('file_chunks').where('file_id', '=', fileId).execute()
  }
  return getImport(writer, id)
}

const nothingYet: ImportProgress = { bytesDone: 0, bytesTotal: null, sessions: 0, events: 0 }

async function withProgress(reader: Reader, row: Selectable<ImportsTable>): Promise<StoredImport> {
  const progress = await reader.read
    .selectFrom('import_progress')
    .select(['bytes_done as bytesDone', 'bytes_total as bytesTotal', 'sessions', 'events'])
    .where('import_id', '=', row.id)
    .executeTakeFirst()
  return toImport(row, progress ?? nothingYet)
}

const toImport = (row: Selectable<ImportsTable>, progress: ImportProgress): StoredImport => ({
  id: row.id,
  state: row.state,
  source: row.source,
  name: row.name,
  sha256: row.sha256,
  program: row.program,
  bytes: row.bytes,
  fileId: row.file_id,
  cancelRequestedAt: row.cancel_requested_at,
  result: row.result === null ? null : JSON.parse(row.result),
  error: row.error === null ? null : JSON.parse(row.error),
  createdAt: row.created_at,
  endedAt: row.ended_at,
  progress,
})
