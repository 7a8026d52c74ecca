import type { Actor, AuditEntry, AuditRecord } from '../core/audit/record.ts'
import { type Hash, makeId } from '../core/ids.ts'
import type { Reader, Writer } from './database.ts'
import type { AuditRecordsTable } from './tables.ts'

export interface AuditRecordFilter {
  readonly objectType?: string
  readonly objectId?: string
}

/** In `seq` order, after `afterSeq`. */
export async function listAuditRecords(
  reader: Reader,
  page: { readonly filter?: AuditRecordFilter; readonly afterSeq?: number; readonly limit: number },
): Promise<AuditRecord[]> {
  const { objectType, objectId } = page.filter ?? {}
  let query = reader.read
    .selectFrom('audit_records')
    .selectAll()
    .where('seq', '>', page.afterSeq ?? 0)
    .orderBy('seq')
    .limit(page.limit)
  if (objectType !== undefined) query = query.where('object_type', '=', objectType)
  if (objectId !== undefined) query = query.where('object_id', '=', objectId)
  return (await query.execute()).map(toRecord)
}

/** What `Writer.audit` does in every database: the next seq, and an id that names the whole record. */
export async function appendAuditRecord(
  write: Writer['write'],
  given: { readonly actor: Actor; readonly at: string; readonly hash: Hash },
  entry: AuditEntry,
): Promise<AuditRecord> {
  const last = await write
    .selectFrom('audit_records')
    .select((select) => select.fn.max('seq').as('seq'))
    .executeTakeFirst()
  const record = nameRecord(given.hash, {
    seq: (last?.seq ?? 0) + 1,
    at: given.at,
    actor: given.actor,
    action: entry.action,
    objectType: entry.objectType,
    objectId: entry.objectId,
    beforeHash: entry.beforeHash ?? null,
    afterHash: entry.afterHash ?? null,
    reason: entry.reason === undefined || entry.reason === null ? null : toStorable(entry.reason),
  })
  await write.insertInto('audit_records').values(toRow(record)).execute()
  return record
}

/** Everything but seq is hashed as JSON, because a reason may contain any character and ids' parts may not. */
function nameRecord(hash: Hash, record: Omit<AuditRecord, 'id'>): AuditRecord {
  const { seq, at, actor, action, objectType, objectId, beforeHash, afterHash, reason } = record
  const rest = JSON.stringify([
    at,
    actor.type,
    actor.id,
    action,
    objectType,
    objectId,
    beforeHash,
    afterHash,
    reason,
  ])
  return { id: makeId('aud', hash, [String(seq), rest]), ...record }
}

/** As every database stores it, so that hashes of what was said are hashes of what is read again. */
const toStorable = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd')

const toRow = (record: AuditRecord): AuditRecordsTable => ({
  seq: record.seq,
  id: record.id,
  at: record.at,
  actor_type: record.actor.type,
  actor_id: record.actor.id,
  action: record.action,
  object_type: record.objectType,
  object_id: record.objectId,
  before_hash: record.beforeHash,
  after_hash: record.afterHash,
  reason: record.reason,
})

const toRecord = (row: AuditRecordsTable): AuditRecord => ({
  id: row.id,
  seq: row.seq,
  at: row.at,
  actor: { type: row.actor_type, id: row.actor_id },
  action: row.action,
  objectType: row.object_type,
  objectId: row.object_id,
  beforeHash: row.before_hash,
  afterHash: row.after_hash,
  reason: row.reason,
})
