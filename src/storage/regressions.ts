import type { ChangeId, ExperimentId, IncidentId, MemoryStoreId } from '../core/ids.ts'
import type { Reader, Writer } from './database.ts'
import { insertIncident, listIncidentRows } from './incident-rows.ts'

/** A promotion that did harm: what was found, and what was done about it without a person. */
export interface Regression {
  readonly id: IncidentId
  readonly experimentId: ExperimentId
  readonly reason: string
  readonly report: RegressionReport
  readonly createdAt: string
}

interface RegressionReport {
  readonly storeId: MemoryStoreId
  readonly changeIds: readonly ChangeId[]
  /** Memories that are what they were before. */
  readonly paths: readonly string[]
  /** False: somebody had built on it, so a person has to. */
  readonly isRolledBack: boolean
}

export const insertRegression = (
  writer: Writer,
  { experimentId, ...regression }: Omit<Regression, 'createdAt'>,
): Promise<void> =>
  insertIncident(writer, {
    ...regression,
    kind: 'regression',
    source: { type: 'experiment', id: experimentId },
  })

/** Newest first. */
export async function listRegressions(reader: Reader, limit: number): Promise<Regression[]> {
  const rows = await listIncidentRows(reader, 'regression', limit)
  return rows.map((row) => ({
    id: row.id,
    experimentId: JSON.parse(row.source).id,
    reason: row.reason,
    report: JSON.parse(row.report),
    createdAt: row.created_at,
  }))
}
