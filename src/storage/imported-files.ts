import type { Json } from '../core/session.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'

/** One file that was imported whole. The same bytes are read again only by another importer or version. */
export interface ImportedFile {
  readonly sha256: string
  /** `format@version`, and whatever else changes what the importer makes of the bytes. */
  readonly importer: string
  readonly format: string
  readonly path: string
  readonly bytes: number
  readonly sessions: number
  readonly events: number
  readonly outcomeSignals: number
  readonly report: Json
}

export async function findImportedFile(
  reader: Reader,
  { sha256, importer }: Pick<ImportedFile, 'sha256' | 'importer'>,
): Promise<ImportedFile | null> {
  const row = await reader.read
    .selectFrom('imported_files')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .where('sha256', '=', sha256)
    .where('importer', '=', importer)
    .executeTakeFirst()
  if (!row) return null
  return {
    sha256,
    importer,
    format: row.format,
    path: row.path,
    bytes: row.bytes,
    sessions: row.sessions,
    events: row.events,
    outcomeSignals: row.outcome_signals,
    report: JSON.parse(row.report),
  }
}

/** Another process may have imported the same bytes meanwhile; its row then stays. Answers whether ours went in. */
export async function insertImportedFile(writer: Writer, file: ImportedFile): Promise<boolean> {
  const result = await writer.write
    .insertInto('imported_files')
    .values({
      sha256: file.sha256,
      importer: file.importer,
      format: file.format,
      path: file.path,
      bytes: file.bytes,
      sessions: file.sessions,
      events: file.events,
      outcome_signals: file.outcomeSignals,
      report: JSON.stringify(file.report),
      imported_at: writer.at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return result.numInsertedOrUpdatedRows === 1n
}
