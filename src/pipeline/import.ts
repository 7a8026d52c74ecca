import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { DomainError, type ErrorCode, isOutage } from '../core/errors.ts'
import type { FileReport, ImportReport } from '../core/present/import-report.ts'
import type { JsonObject } from '../core/session.ts'
import { listFiles } from '../importers/files.ts'
import { importers } from '../importers/formats.ts'
import { openTranscript, recogniseBeside, type Transcript } from '../importers/open.ts'
import { findImportedFile, insertImportedFile } from '../storage/imported-files.ts'
import { discardTranscript, listStaged } from '../storage/transcripts.ts'
import type { Context } from './context.ts'
import { FileTally, sumReports } from './file-tally.ts'
import { makeHeapSmall } from './heap.ts'
import type { OnProgress } from './reports.ts'
import { openSessionSink, type SessionSink } from './session-sink.ts'
import { parseTaskMap, readTaskMap, type TaskMap, taskMapName } from './task-map.ts'

export const formatNames: readonly string[] = importers.map((importer) => importer.format)

/**
 * Imports every transcript under `paths`. One bad file never stops the others: its error stands in its
 * report. Importing the same bytes again changes nothing and says so. Stops between sessions when the
 * context's signal is aborted, with everything stored so far kept.
 */
export async function importPaths(
  context: Context,
  paths: readonly string[],
  onProgress: OnProgress,
): Promise<ImportReport> {
  makeHeapSmall()
  await discardAbandoned(context)
  const files: FileReport[] = []
  const list = await listFiles(paths)
  const total = list.reduce((sum, file) => sum + ('bytes' in file ? file.bytes : 0), 0)
  let read = 0
  for (const found of list) {
    if (context.signal.aborted) throw new DomainError('interrupted', 'The import was stopped.')
    const tally = new FileTally(found.path)
    if ('error' in found) files.push(tally.fail(found.error))
    else {
      const onBytes = (done: number) =>
        onProgress({
          stage: 'import',
          done: read + done,
          total,
          unit: 'bytes',
          counts: countSoFar(files, tally),
        })
      files.push(await importFile(context, found.path, { tally, onBytes }))
      read += found.bytes
    }
  }
  return { files, totals: sumReports(files) }
}

const countSoFar = (files: readonly FileReport[], { sessions, events }: FileTally) => ({
  sessions: files.reduce((sum, file) => sum + file.sessions, sessions),
  events: files.reduce((sum, file) => sum + file.events, events),
})

interface FileWork {
  readonly tally: FileTally
  readonly onBytes: (done: number) => void
}

/** Faults that are not the file's: going on with the next one would only meet them again. */
const fatal = new Set<ErrorCode>(['interrupted', 'database_damaged', 'database_newer'])

async function importFile(context: Context, path: string, work: FileWork): Promise<FileReport> {
  const { tally } = work
  try {
    if (basename(path) === taskMapName) return await checkTaskMap(path, tally)
    const besideFormat = await recogniseBeside(path)
    if (besideFormat !== null) {
      tally.format = besideFormat
      return tally.report()
    }
    const tasks = await readTaskMap(path, context.hash)
    const transcript = await openTranscript(path, {
      mask: context.mask,
      hash: context.hash,
      taskIds: tasks.taskIds,
      onBytes: work.onBytes,
    })
    tally.format = transcript.format
    await storeTranscript(context, transcript, { tally, tasks })
  } catch (error) {
    if (isOutage(error) || (error instanceof DomainError && fatal.has(error.code))) throw error
    return tally.fail(error instanceof DomainError ? error : describeBug(context, path, error))
  }
  return tally.report()
}

function describeBug({ log }: Context, path: string, cause: unknown): DomainError {
  log.error({ path, err: cause }, 'an importer failed')
  const what = cause instanceof Error ? cause.message : String(cause)
  return new DomainError('bug', `${path}: its importer failed (${what}); please report this.`, {
    cause,
  })
}

/** A file that was imported whole, by this importer with the same files beside it, is not read again. */
async function storeTranscript(
  context: Context,
  transcript: Transcript,
  { tally, tasks }: { tally: FileTally; tasks: TaskMap },
): Promise<void> {
  const importer = `${transcript.format}@${transcript.importerVersion}`
  const beside = { tasks: tasks.fingerprint, beside: transcript.besideFingerprint }
  const marks = Object.entries(beside).flatMap(([what, mark]) => (mark ? [`+${what}:${mark}`] : []))
  const version = [importer, ...marks].join('')
  const sha256 = await hashFile(transcript.path)
  const known = await context.database.read((reader) =>
    findImportedFile(reader, { sha256, importer: version }),
  )
  if (known) return tally.recall(known.report as unknown as FileReport)
  const sink = openSessionSink(context, importer, tally)
  await drain(context, transcript, { sink, tally })
  await context.database.write({ type: 'importer', id: importer }, async (writer) => {
    const report = tally.report()
    const fresh = await insertImportedFile(writer, {
      ...report,
      sha256,
      importer: version,
      format: transcript.format,
      bytes: transcript.bytes,
      report: report as unknown as JsonObject,
    })
    if (!fresh) return
    await writer.audit({ action: 'file.imported', objectType: 'file', objectId: sha256 })
  })
}

/** Whole sessions that came before a fault in the file are kept; the one it broke is not. */
async function drain(
  context: Context,
  transcript: Transcript,
  { sink, tally }: { sink: SessionSink; tally: FileTally },
): Promise<void> {
  try {
    for await (const item of transcript.items) {
      if (context.signal.aborted) throw new DomainError('interrupted', 'The import was stopped.')
      if (item.type === 'skipped') tally.skip(item)
      else await sink.take(item)
    }
  } finally {
    await sink.abandon()
    await sink.flush()
  }
}

async function checkTaskMap(path: string, tally: FileTally): Promise<FileReport> {
  parseTaskMap(path, await readFile(path, 'utf8'))
  tally.format = 'lucidream-tasks'
  return tally.report()
}

async function hashFile(path: string): Promise<string> {
  const sha256 = createHash('sha256')
  for await (const chunk of createReadStream(path)) sha256.update(chunk)
  return sha256.digest('hex')
}

/** What a killed import left behind is invisible; here it is removed. */
async function discardAbandoned({ database, owner, isAlive }: Context): Promise<void> {
  await database.scratch(async (scratch) => {
    for (const staged of await listStaged(scratch)) {
      if (staged.owner !== owner && !isAlive(staged.owner))
        await discardTranscript(scratch, staged.id)
    }
  })
}
