import { mkdir, open, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DomainError, isOutage } from '../core/errors.ts'
import type { FileId, ImportId } from '../core/ids.ts'
import type { ImportReport } from '../core/present/import-report.ts'
import { findFileChunk } from '../storage/files.ts'
import {
  endImport,
  getImport,
  type ImportEnd,
  type ImportProgress,
  noteImportProgress,
  type StoredImport,
  startImport,
} from '../storage/imports.ts'
import type { Job } from '../storage/jobs.ts'
import type { Context } from './context.ts'
import { importPaths } from './import.ts'

const actor = { type: 'service_account', id: 'imports' } as const
/** How often progress is written, the lease prolonged and a cancellation looked for. */
const beatMs = 1_000
const maxAttempts = 3

/**
 * One import that was asked for over the API. Killed anywhere, the next attempt goes on: whole sessions that were
 * stored are found again, and nothing doubles.
 */
export async function runImportJob(context: Context, job: Job): Promise<void> {
  const id = job.payload.import_id as ImportId
  const found = await context.database.read((reader) => getImport(reader, id))
  const end = found.endedAt === null ? await run(context, job, found) : null
  await context.database.write(actor, async (writer) => {
    await context.jobs.settle(writer, { id: job.id, attempt: job.attempt, state: 'done' })
    if (end !== null) await endImport(writer, id, end)
    await writer.audit({
      action: `import.${end?.state ?? 'left'}`,
      objectType: 'import',
      objectId: id,
      reason: end?.error?.message ?? null,
    })
  })
}

async function run(context: Context, job: Job, found: StoredImport): Promise<ImportEnd> {
  // An earlier attempt that was cut off has begun it already.
  if (found.state !== 'running') {
    await context.database.write(actor, async (writer) => {
      await startImport(writer, found.id)
      await writer.audit({ action: 'import.started', objectType: 'import', objectId: found.id })
    })
  }
  const folder = await makeFolder(job)
  const watch = watchOver(context, job, found)
  try {
    const path = await locate(context, found, folder)
    const report = await importPaths(
      { ...context, signal: AbortSignal.any([context.signal, watch.signal]) },
      [path],
      ({ done, total, counts }) =>
        watch.note({ bytesDone: done, bytesTotal: total, sessions: 0, events: 0, ...counts }),
    )
    watch.finish(report)
    return toEnd(nameFiles(report, { folder, found }))
  } catch (error) {
    if (watch.canceled()) return { state: 'canceled' }
    // Neither a stop nor an outage says anything about the import, however often they happen.
    if (isInterrupt(error) || isOutage(error)) throw error
    const refusal = error instanceof DomainError
    if (!refusal && job.attempt < maxAttempts) throw error
    const message = error instanceof Error ? error.message : String(error)
    return { state: 'failed', error: { code: refusal ? error.code : 'bug', message } }
  } finally {
    await watch.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const isInterrupt = (error: unknown) => error instanceof DomainError && error.code === 'interrupted'

/** Where no file could be read, the import failed; the result still says why, file by file. */
function toEnd(report: ImportReport): ImportEnd {
  const { files, failedFiles } = report.totals
  return { state: files > 0 && failedFiles === files ? 'failed' : 'completed', result: report }
}

/** Of this attempt alone. A killed attempt could not remove its own, which may hold a large upload. */
async function makeFolder({ id, attempt }: Job): Promise<string> {
  const name = (nth: number) => join(tmpdir(), `lucidream-import-${id}-${nth}`)
  for (let nth = 1; nth < attempt; nth += 1) await rm(name(nth), { recursive: true, force: true })
  await rm(name(attempt), { recursive: true, force: true })
  await mkdir(name(attempt), { mode: 0o700 })
  return name(attempt)
}

async function locate(context: Context, found: StoredImport, folder: string): Promise<string> {
  if (found.fileId !== null) return spool(context, found.fileId, join(folder, 'upload'))
  // It was judged by its real place; whoever put a link there since leads somewhere else.
  if ((await realpath(found.name).catch(() => null)) === found.name) return found.name
  throw new DomainError('path_outside', `${found.name} is not what it was when it was asked for.`)
}

async function spool({ database }: Context, id: FileId, path: string): Promise<string> {
  const file = await open(path, 'wx', 0o600)
  try {
    for (let chunk = 0; ; chunk += 1) {
      const data = await database.read((reader) => findFileChunk(reader, { id, chunk }))
      if (data === null) return path
      await file.write(data)
    }
  } finally {
    await file.close()
  }
}

/** An upload is told by the name it was given, not by where its bytes lay meanwhile. */
function nameFiles(
  report: ImportReport,
  { folder, found }: { readonly folder: string; readonly found: StoredImport },
): ImportReport {
  const rename = (text: string) => text.replaceAll(join(folder, 'upload'), found.name)
  const files = report.files.map((file) => ({
    ...file,
    path: rename(file.path),
    error: file.error && { ...file.error, message: rename(file.error.message) },
  }))
  return { ...report, files }
}

/** Keeps the job's lease and tells how far it is; aborts when somebody cancels or another worker took over. */
function watchOver(context: Context, job: Job, { id, bytes }: StoredImport) {
  const { database, jobs, log } = context
  const stopping = new AbortController()
  let progress: ImportProgress | null = null
  let canceled = false
  let beating: Promise<void> = Promise.resolve()
  const beat = async () => {
    const attempt = { id: job.id, attempt: job.attempt, leaseMs: context.leaseMs }
    const kept = await jobs.heartbeat(attempt)
    const { cancelRequestedAt } = await database.read((reader) => getImport(reader, id))
    canceled = cancelRequestedAt !== null
    if (!kept || canceled) stopping.abort()
    const noted = progress
    if (noted) await database.scratch((scratch) => noteImportProgress(scratch, id, noted))
  }
  const timer = setInterval(() => {
    beating = beating
      .then(beat)
      .catch((error) => log.warn({ job: job.id, err: error }, 'a beat failed'))
  }, beatMs)
  return {
    signal: stopping.signal,
    canceled: () => canceled,
    note(now: ImportProgress) {
      progress = now
    },
    finish({ totals: { sessions, events } }: ImportReport) {
      // What an earlier attempt stored is not read again.
      const bytesTotal = progress?.bytesTotal ?? bytes
      progress = { bytesDone: bytesTotal ?? 0, bytesTotal, sessions, events }
    },
    async stop() {
      clearInterval(timer)
      await beating
      const noted = progress
      if (noted) await database.scratch((scratch) => noteImportProgress(scratch, id, noted))
    },
  }
}
