import type { ChangeId, ExperimentId, IncidentId, MemoryStoreId } from '../core/ids.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'

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

export async function insertRegression(
  writer: Writer,
  { id, experimentId, reason, report }: Omit<Regression, 'createdAt'>,
): Promise<void> {
  const text = JSON.stringify(report)
  await writer.write
    .insertInto('incidents')
    .values({
      id,
      kind: 'regression',
      source: JSON.stringify({ type: 'experiment', id: experimentId }),
      reason,
      report: text,
      actor_type: writer.actor.type,
      actor_id: writer.actor.id,
      created_at: writer.at,
    })
    .execute()
  await writer.audit({
    action: 'regression.completed',
    objectType: 'regression',
    objectId: id,
    afterHash: writer.hash(text),
  })
}

/** Newest first. */
export async function listRegressions(reader: Reader, limit: number): Promise<Regression[]> {
  const rows = await reader.read
    .selectFrom('incidents')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .where('kind', '=', 'regression')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    experimentId: JSON.parse(row.source).id,
    reason: row.reason,
    report: JSON.parse(row.report),
    createdAt: row.created_at,
  }))
}
