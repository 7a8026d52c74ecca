import type { Selectable } from 'kysely'
import type { IncidentId } from '../core/ids.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { IncidentsTable } from './tables/changes.ts'

interface NewIncident {
  readonly id: IncidentId
  readonly kind: IncidentsTable['kind']
  readonly source: object
  readonly reason: string
  readonly report: object
}

/** With the audit record that commits to what was done. */
export async function insertIncident(
  writer: Writer,
  { id, kind, source, reason, report }: NewIncident,
): Promise<void> {
  const text = JSON.stringify(report)
  await writer.write
    .insertInto('incidents')
    .values({
      id,
      kind,
      source: JSON.stringify(source),
      reason,
      report: text,
      actor_type: writer.actor.type,
      actor_id: writer.actor.id,
      created_at: writer.at,
    })
    .execute()
  await writer.audit({
    action: `${kind}.completed`,
    objectType: kind,
    objectId: id,
    afterHash: writer.hash(text),
  })
}

/** Newest first. */
export const listIncidentRows = (
  reader: Reader,
  kind: IncidentsTable['kind'],
  limit: number,
): Promise<Selectable<IncidentsTable>[]> =>
  reader.read
    .selectFrom('incidents')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .where('kind', '=', kind)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
