import type { Reconciliation } from '../core/items/reconcile.ts'
import type { Stale } from '../core/items/staleness.ts'
import type { ComparedBy, Family } from '../core/mining/finding.ts'
import type { TaskPath } from '../core/mining/task-path.ts'
import type { DreamInputs } from '../core/present/dream-report.ts'

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

/** Long work tells how far it is; `total` is null while it is not known. */
export type OnProgress = (progress: {
  readonly stage: string
  readonly done: number
  readonly total: number | null
  readonly unit: string
  /** Of an import, so far. */
  readonly counts?: { readonly sessions: number; readonly events: number }
}) => void
