import type { Selectable } from 'kysely'
import type { Evidence } from '../core/evidence.ts'
import { type ChangeId, type FindingId, makeId } from '../core/ids.ts'
import { anyOf, inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import type { EvidenceTable } from './tables/changes.ts'

type OwnerId = FindingId | ChangeId

export interface Owner {
  readonly id: OwnerId
  readonly evidence: readonly Evidence[]
}

export async function insertEvidence(
  writer: Writer,
  ownerType: EvidenceTable['owner_type'],
  owners: readonly Owner[],
): Promise<void> {
  const rows = owners.flatMap(({ id, evidence }) =>
    evidence.map((piece, ordinal) => ({
      id: makeId('evd', writer.hash, [id, String(ordinal)]),
      owner_type: ownerType,
      owner_id: id,
      ordinal,
      session_id: piece.sessionId,
      event_id: piece.eventId,
      start: piece.start,
      end: piece.end,
      text: JSON.stringify(piece.text),
      polarity: piece.polarity,
      taint: piece.taint,
    })),
  )
  for (const batch of inBatches(rows, rowsPerInsert)) {
    await writer.write.insertInto('evidence').values(batch).execute()
  }
}

/** In the order in which it was inserted, by owner. */
export async function listEvidence(
  reader: Reader,
  ownerIds: readonly OwnerId[],
): Promise<ReadonlyMap<OwnerId, readonly Evidence[]>> {
  const rows = await reader.read
    .selectFrom('evidence')
    .selectAll()
    .where('owner_id', 'in', anyOf(ownerIds))
    .orderBy('owner_id')
    .orderBy('ordinal')
    .execute()
  const byOwner = new Map<OwnerId, Evidence[]>(ownerIds.map((id) => [id, []]))
  for (const row of rows) byOwner.get(row.owner_id)?.push(toEvidence(row))
  return byOwner
}

const toEvidence = (row: Selectable<EvidenceTable>): Evidence => ({
  sessionId: row.session_id,
  eventId: row.event_id,
  start: row.start,
  end: row.end,
  text: JSON.parse(row.text),
  polarity: row.polarity,
  taint: row.taint,
})
