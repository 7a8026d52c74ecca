import type { ErrorCode } from '../errors.ts'

/** What one `import` did, file by file. Counts are of what this run read, stored or not. */
export interface ImportReport {
  readonly files: readonly FileReport[]
  readonly totals: ImportTotals
}

export interface FileReport {
  readonly path: string
  /** Null when no format was recognised. */
  readonly format: string | null
  readonly sessions: number
  readonly events: number
  readonly outcomeSignals: number
  /** Of `sessions`: new, replaced by a longer transcript, already known and equal, known in a longer form. */
  readonly added: number
  readonly replaced: number
  readonly unchanged: number
  readonly shorter: number
  readonly secretsMasked: number
  readonly skipped: readonly Skipped[]
  readonly error: { readonly code: ErrorCode; readonly message: string } | null
}

export interface Skipped {
  readonly reason: string
  readonly count: number
  /** Kept raw beside the session, though it became no event. */
  readonly kept: boolean
}

export type ImportTotals = Omit<FileReport, 'path' | 'format' | 'skipped' | 'error'> & {
  readonly files: number
  readonly failedFiles: number
  readonly skippedRecords: number
}
