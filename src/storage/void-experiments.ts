import type { ChangeId, ExperimentId, IncidentId } from '../core/ids.ts'
import { anyOf, inBatches } from './batches.ts'
import type { Reader, Writer } from './database.ts'

const idsPerQuery = 5_000
const open = ['draft', 'running', 'paused'] as const

/** Experiments, not ended yet, that try any of the changes; in the order of their ids. */
export async function listExperimentsTouching(
  reader: Reader,
  changes: readonly ChangeId[],
): Promise<ExperimentId[]> {
  const found = new Set<ExperimentId>()
  for (const ids of inBatches(changes, idsPerQuery)) {
    const rows = await reader.read
      .selectFrom('experiments')
      .innerJoin('experiment_changes', 'experiment_changes.experiment_id', 'experiments.id')
      .select('experiments.id')
      .distinct()
      .where('experiment_changes.change_id', 'in', anyOf(ids))
      .where('experiments.state', 'in', open)
      .execute()
    for (const { id } of rows) found.add(id)
  }
  return [...found].toSorted()
}

/** Ends them: what agents read in them was, in part, what is taken back, so they prove nothing. */
export async function voidExperiments(
  writer: Writer,
  { ids, incidentId }: { readonly ids: readonly ExperimentId[]; readonly incidentId: IncidentId },
): Promise<void> {
  for (const id of ids) {
    await writer.write
      .updateTable('experiments')
      .set({ state: 'void', ended_at: writer.at })
      .where('id', '=', id)
      .where('state', 'in', open)
      .execute()
    await writer.audit({
      action: 'experiment.voided',
      objectType: 'experiment',
      objectId: id,
      reason: `what it tries was taken back (${incidentId})`,
    })
  }
}
