import type { MemoryDocument } from '../core/memory.ts'
import type { Place, ReconciliationReport } from '../core/present/dream-report.ts'
import type { Reconciled } from './reports.ts'

/** The reconciliation as people read it: paths, line numbers and texts instead of items. */
export function describeReconciliation(
  documents: readonly MemoryDocument[],
  { reconciliation, stale }: Pick<Reconciled, 'reconciliation' | 'stale'>,
): ReconciliationReport {
  const contents = new Map(documents.map((document) => [document.path, document.content]))
  const place = ({ path, start, text }: { path: string; start: number; text: string }): Place => ({
    path,
    line: (contents.get(path) ?? '').slice(0, start).split('\n').length,
    text,
  })
  return {
    duplicates: reconciliation.duplicates.length,
    supersessions: reconciliation.supersessions.length,
    conflicts: reconciliation.conflicts.map(({ reason, first, second }) => ({
      reason,
      first: place(first),
      second: place(second),
    })),
    stale: stale.map(({ item, since }) => ({ ...place(item), since })),
    notAnalysable: reconciliation.notAnalysable,
  }
}
