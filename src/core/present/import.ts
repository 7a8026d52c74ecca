import type { FileReport, ImportReport } from './import-report.ts'

/** What an import did, file by file, in the shape of the contract. */
export function presentImport({ files, totals }: ImportReport) {
  return {
    files: files.map((file) => ({
      path: file.path,
      format: file.format,
      ...presentCounts(file),
      skipped: file.skipped.map((one) => ({ ...one })),
      error: file.error,
    })),
    totals: {
      files: totals.files,
      failed_files: totals.failedFiles,
      skipped_records: totals.skippedRecords,
      ...presentCounts(totals),
    },
  }
}

function presentCounts(from: Omit<FileReport, 'path' | 'format' | 'skipped' | 'error'>) {
  return {
    sessions: from.sessions,
    events: from.events,
    outcome_signals: from.outcomeSignals,
    added: from.added,
    replaced: from.replaced,
    unchanged: from.unchanged,
    shorter: from.shorter,
    secrets_masked: from.secretsMasked,
  }
}
