import type { Selectable } from 'kysely'
import type { Actor } from '../core/audit/record.ts'
import type { EndorsementId, MemoryId, MemoryStoreId, MemoryVersionId } from '../core/ids.ts'
import { type EndorsedText, findEndorsed } from '../core/trust/endorsement.ts'
import type { Taint } from '../core/trust/taint.ts'
import type { Reader, Writer } from './database.ts'
import type { EndorsementsTable } from './tables/changes.ts'

/** One endorsement; one that is void keeps no hash of what it was for. */
export interface StoredEndorsement extends EndorsedText {
  readonly id: EndorsementId
  readonly storeId: MemoryStoreId
  readonly memoryId: MemoryId
  readonly versionId: MemoryVersionId
  readonly lineCount: number
  readonly taintBefore: Taint
  readonly taint: Taint
  readonly person: string
  readonly reason: string
  readonly actor: Actor
  readonly createdAt: string
  readonly voidedAt: string | null
  readonly voidReason: string | null
}

export type NewEndorsement = Pick<
  StoredEndorsement,
  | 'id'
  | 'storeId'
  | 'memoryId'
  | 'versionId'
  | 'whole'
  | 'contentSha256'
  | 'lines'
  | 'taintBefore'
  | 'taint'
  | 'person'
  | 'reason'
>

export async function insertEndorsement(
  writer: Writer,
  given: NewEndorsement,
): Promise<StoredEndorsement> {
  const row = await writer.write
    .insertInto('endorsements')
    .values({
      id: given.id,
      store_id: given.storeId,
      memory_id: given.memoryId,
      version_id: given.versionId,
      whole: given.whole ? 1 : 0,
      content_sha256: given.contentSha256,
      lines: JSON.stringify(given.lines),
      line_count: given.lines.length,
      taint_before: given.taintBefore,
      taint: given.taint,
      person: given.person,
      reason: given.reason,
      actor_type: writer.actor.type,
      actor_id: writer.actor.id,
      created_at: writer.at,
      voided_at: null,
      void_reason: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await writer.audit({
    action: 'memory.endorsed',
    objectType: 'memory',
    objectId: given.memoryId,
    beforeHash: writer.hash(given.taintBefore),
    afterHash: writer.hash(JSON.stringify([given.taint, given.contentSha256, given.lines])),
    reason: `${given.person}: ${given.reason}`,
  })
  return toEndorsement(row)
}

/** Newest first. */
export async function listEndorsements(
  reader: Reader,
  storeId: MemoryStoreId,
  limit: number,
): Promise<StoredEndorsement[]> {
  const rows = await reader.read
    .selectFrom('endorsements')
    .selectAll()
    .where('store_id', '=', storeId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toEndorsement)
}

export async function listStandingEndorsements(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<StoredEndorsement[]> {
  const rows = await reader.read
    .selectFrom('endorsements')
    .selectAll()
    .where('store_id', '=', storeId)
    .where('voided_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(toEndorsement)
}

/**
 * Ends what the new content of a memory is not any more; for memories.ts, in the transaction of the write. Void
 * is for good: the same words written again by somebody are somebody else's.
 */
export async function voidEndorsements(
  writer: Writer,
  { memoryId, content }: { readonly memoryId: MemoryId; readonly content: string | null },
): Promise<void> {
  const rows = await writer.read
    .selectFrom('endorsements')
    .selectAll()
    .where('memory_id', '=', memoryId)
    .where('voided_at', 'is', null)
    .execute()
  for (const row of rows) {
    const stands =
      content !== null && findEndorsed(content, toEndorsement(row), writer.hash) !== null
    if (stands) continue
    await writer.write
      .updateTable('endorsements')
      .set({
        voided_at: writer.at,
        void_reason: content === null ? 'the memory was deleted' : 'the text was changed',
        content_sha256: '',
        lines: '[]',
      })
      .where('id', '=', row.id)
      .execute()
    await writer.audit({
      action: 'memory.endorsement_voided',
      objectType: 'memory',
      objectId: memoryId,
    })
  }
}

const toEndorsement = (row: Selectable<EndorsementsTable>): StoredEndorsement => ({
  id: row.id,
  storeId: row.store_id,
  memoryId: row.memory_id,
  versionId: row.version_id,
  whole: row.whole === 1,
  contentSha256: row.content_sha256,
  lines: JSON.parse(row.lines),
  lineCount: row.line_count,
  taintBefore: row.taint_before,
  taint: row.taint,
  person: row.person,
  reason: row.reason,
  actor: { type: row.actor_type, id: row.actor_id },
  createdAt: row.created_at,
  voidedAt: row.voided_at,
  voidReason: row.void_reason,
})
