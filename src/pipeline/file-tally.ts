import type { DomainError } from '../core/errors.ts'
import type { FileReport, ImportTotals, Skipped } from '../core/present/import-report.ts'
import type { SinkCount } from './session-sink.ts'

const zero: Record<SinkCount, number> = {
  sessions: 0,
  events: 0,
  outcomeSignals: 0,
  added: 0,
  replaced: 0,
  unchanged: 0,
  shorter: 0,
  secretsMasked: 0,
}

/** Counts one file's import as it goes on. */
export class FileTally {
  readonly path: string
  format: string | null = null
  #counts = { ...zero }
  #skipped = new Map<string, Skipped>()

  constructor(path: string) {
    this.path = path
  }

  get sessions(): number {
    return this.#counts.sessions
  }

  get events(): number {
    return this.#counts.events
  }

  add(counts: Partial<Record<SinkCount, number>>): void {
    for (const [name, count] of Object.entries(counts)) this.#counts[name as SinkCount] += count
  }

  skip({ reason, count, kept }: Skipped): void {
    const before = this.#skipped.get(reason)?.count ?? 0
    this.#skipped.set(reason, { reason, count: before + count, kept })
  }

  /** A file that was imported before: the same numbers, nothing of it new. */
  recall(report: FileReport): void {
    this.#counts = { ...report, added: 0, replaced: 0, shorter: 0, unchanged: report.sessions }
    for (const skipped of report.skipped) this.skip(skipped)
  }

  report(): FileReport {
    return this.#finish(null)
  }

  fail({ code, message }: DomainError): FileReport {
    return this.#finish({ code, message })
  }

  #finish(error: FileReport['error']): FileReport {
    const { path, format } = this
    const skipped = [...this.#skipped.values()].toSorted((a, b) => (a.reason < b.reason ? -1 : 1))
    return { path, format, ...pickCounts(this.#counts), skipped, error }
  }
}

export function sumReports(files: readonly FileReport[]): ImportTotals {
  const totals = { ...zero }
  for (const file of files) {
    for (const name of Object.keys(zero) as SinkCount[]) totals[name] += file[name]
  }
  return {
    ...totals,
    files: files.length,
    failedFiles: files.filter((file) => file.error !== null).length,
    skippedRecords: files
      .flatMap((file) => file.skipped)
      .reduce((sum, { count }) => sum + count, 0),
  }
}

function pickCounts(counts: Record<SinkCount, number>): Record<SinkCount, number> {
  return Object.fromEntries(
    (Object.keys(zero) as SinkCount[]).map((name) => [name, counts[name]]),
  ) as Record<SinkCount, number>
}
