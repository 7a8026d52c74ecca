import type { ErrorCode } from '../core/errors.ts'
import type { DreamId, MemoryStoreId } from '../core/ids.ts'
import type { Reconciliation } from '../core/items/reconcile.ts'
import type { Stale } from '../core/items/staleness.ts'
import type { ComparedBy, Family } from '../core/mining/finding.ts'
import type { TaskPath } from '../core/mining/task-path.ts'

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

/** What one dream read, found and proposes; findings and changes themselves are rows. */
export interface DreamReport {
  readonly dreamId: DreamId
  readonly inputStoreId: MemoryStoreId
  readonly outputStoreId: MemoryStoreId
  readonly read: DreamInputs
  readonly families: readonly Family[]
  readonly paths: readonly TaskPath[]
  readonly comparedBy: ComparedBy
  readonly silences: readonly string[]
  readonly reconciliation: ReconciliationReport
  /** Why nothing (more) was proposed. */
  readonly heldBack: readonly string[]
  readonly findings: number
  readonly changes: number
}

/** What the mining step leaves for the dream's report. */
export interface Mined {
  readonly read: Omit<DreamInputs, 'memories' | 'items'>
  readonly families: readonly Family[]
  readonly paths: readonly TaskPath[]
  readonly comparedBy: ComparedBy
  readonly silences: readonly string[]
}

/** What the reconciling step leaves for the proposing one. */
export interface Reconciled {
  readonly reconciliation: Reconciliation
  readonly stale: readonly Stale[]
}

interface DreamInputs {
  readonly sessions: number
  readonly steps: number
  readonly succeeded: number
  readonly failed: number
  readonly undecided: number
  readonly agents: number
  readonly tasks: number
  readonly taskTypes: readonly string[]
  readonly memories: number
  readonly items: number
}

export interface ReconciliationReport {
  readonly duplicates: number
  /** Lines that newer lines take the place of. */
  readonly supersessions: number
  readonly conflicts: readonly Conflict[]
  /** Lines that were said to hold so long ago that they should be looked at again. */
  readonly stale: readonly StalePlace[]
  readonly notAnalysable: readonly string[]
}

interface Conflict {
  readonly reason: string
  readonly first: Place
  readonly second: Place
}

interface StalePlace extends Place {
  readonly since: string
}

export interface Place {
  readonly path: string
  readonly line: number
  readonly text: string
}

/** Long work tells how far it is; `total` is null while it is not known. */
export type OnProgress = (progress: {
  readonly stage: string
  readonly done: number
  readonly total: number | null
  readonly unit: string
}) => void
