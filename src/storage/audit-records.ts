import type { SelectQueryBuilder } from 'kysely'
import { commit, formatEntry, hashEntry, type LoggedRecord } from '../core/audit/entry.ts'
import type { Actor, AuditEntry, AuditRecord, NewSalt } from '../core/audit/record.ts'
import { DomainError } from '../core/errors.ts'
import { type Hash, makeId } from '../core/ids.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { AuditRecordsTable, AuditSaltsTable } from './tables/audit.ts'
import type { Tables } from './tables.ts'

export interface AuditRecordFilter {
  readonly objectType?: string
  readonly objectId?: string
  readonly actorId?: string
  readonly action?: string
  readonly at?: {
    readonly gt?: string
    readonly gte?: string
    readonly lt?: string
    readonly lte?: string
  }
}

/** In `seq` order, after `afterSeq`. */
export async function listAuditRecords(
  reader: Reader,
  page: { readonly filter?: AuditRecordFilter; readonly afterSeq?: number; readonly limit: number },
): Promise<AuditRecord[]> {
  const query = whereMatches(selectRecords(reader), page.filter ?? {})
    .where('audit_records.seq', '>', page.afterSeq ?? 0)
    .orderBy('audit_records.seq')
    .limit(page.limit)
  return (await query.execute()).map(toRecord)
}

/** Newest first, before `beforeSeq`. */
export async function listNewestAuditRecords(
  reader: Reader,
  page: {
    readonly filter: AuditRecordFilter
    readonly beforeSeq: number | null
    readonly limit: number
  },
): Promise<AuditRecord[]> {
  const query = whereMatches(selectRecords(reader), page.filter)
    .where('audit_records.seq', '<', page.beforeSeq ?? Number.MAX_SAFE_INTEGER)
    .orderBy('audit_records.seq', 'desc')
    .limit(page.limit)
  return (await query.execute()).map(toRecord)
}

export async function getAuditRecord(reader: Reader, seq: number): Promise<AuditRecord> {
  const row = await selectRecords(reader).where('audit_records.seq', '=', seq).executeTakeFirst()
  if (row) return toRecord(row)
  throw new DomainError('not_found', `There is no audit record ${seq}.`)
}

/** How many there are: they are counted from 1 without gaps. */
export async function countAuditRecords({ read }: Reader): Promise<number> {
  const last = await read
    .selectFrom('audit_records')
    .select((select) => select.fn.max('seq').as('seq'))
    .executeTakeFirst()
  return last?.seq ?? 0
}

/** What `Writer.audit` does in every database: the next seq, the leaf, and the content beside it. */
export async function appendAuditRecord(
  write: Writer['write'],
  given: {
    readonly actor: Actor
    readonly at: string
    readonly hash: Hash
    readonly salt: NewSalt
  },
  entry: AuditEntry,
): Promise<AuditRecord> {
  const { hash } = given
  const content = {
    beforeHash: entry.beforeHash ?? null,
    afterHash: entry.afterHash ?? null,
    reason: entry.reason === undefined || entry.reason === null ? null : toStorable(entry.reason),
  }
  const salt = given.salt()
  const logged = {
    seq: (await countAuditRecords({ read: write })) + 1,
    at: given.at,
    actor: { type: given.actor.type, id: toStorable(given.actor.id) },
    action: entry.action,
    objectType: entry.objectType,
    objectId: toStorable(entry.objectId),
    workspaceId: defaultWorkspace,
    commitments: commit(hash, salt, content),
  }
  const leaf = hashEntry(hash, formatEntry(logged))
  const record = { id: nameRecord(hash, logged), ...logged, ...content, salt, leaf }
  await write.insertInto('audit_records').values(toRow(record)).execute()
  await write.insertInto('audit_salts').values(toSaltRow(record, salt)).execute()
  return record
}

/**
 * Erases what the records about one object say of its content, or of that content alone: the hashes, the reasons
 * and the salts. The log and every proof stay as they are. Answers how many records said something.
 */
export async function eraseAuditSalts(
  { write }: Pick<Writer, 'write'>,
  object: { readonly type: string; readonly id: string; readonly contentHash?: string },
): Promise<number> {
  const { contentHash } = object
  let rows = write.deleteFrom('audit_salts')
  if (contentHash !== undefined) {
    rows = rows.where((is) =>
      is.or([is('before_hash', '=', contentHash), is('after_hash', '=', contentHash)]),
    )
  }
  const { numDeletedRows } = await rows
    .where('seq', 'in', (about) =>
      about
        .selectFrom('audit_records')
        .select('seq')
        .where('object_type', '=', object.type)
        .where('object_id', '=', object.id),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** Columns of a record with its content, where that was not erased. */
export const loggedColumns = [
  'audit_records.seq as seq',
  'id',
  'at',
  'actor_type',
  'actor_id',
  'action',
  'object_type',
  'object_id',
  'workspace_id',
  'before_commitment',
  'after_commitment',
  'reason_commitment',
  'leaf',
  'salt',
  'before_hash',
  'after_hash',
  'reason',
] as const

const selectRecords = ({ read }: Reader) =>
  read
    .selectFrom('audit_records')
    .leftJoin('audit_salts', 'audit_salts.seq', 'audit_records.seq')
    .select(loggedColumns)

function whereMatches<O>(
  query: SelectQueryBuilder<
    Tables & { audit_salts: Nullable<AuditSaltsTable> },
    'audit_records' | 'audit_salts',
    O
  >,
  filter: AuditRecordFilter,
) {
  const { objectType, objectId, actorId, action, at = {} } = filter
  let found = query
  if (objectType !== undefined) found = found.where('object_type', '=', objectType)
  if (objectId !== undefined) found = found.where('object_id', '=', objectId)
  if (actorId !== undefined) found = found.where('actor_id', '=', actorId)
  if (action !== undefined) found = found.where('action', '=', action)
  if (at.gt !== undefined) found = found.where('at', '>', at.gt)
  if (at.gte !== undefined) found = found.where('at', '>=', at.gte)
  if (at.lt !== undefined) found = found.where('at', '<', at.lt)
  if (at.lte !== undefined) found = found.where('at', '<=', at.lte)
  return found
}

type Nullable<T> = { [K in keyof T]: T[K] | null }

/** Who did what and when, and nothing of the content: an id must not tell what was erased. */
function nameRecord(
  hash: Hash,
  { seq, at, actor, action, objectType, objectId }: LoggedRecord,
): AuditRecord['id'] {
  const rest = JSON.stringify([at, actor.type, actor.id, action, objectType, objectId])
  return makeId('aud', hash, [String(seq), rest])
}

/** As every database stores it, so that hashes of what was said are hashes of what is read again. */
const toStorable = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd')

const toRow = (record: AuditRecord) => ({
  seq: record.seq,
  id: record.id,
  at: record.at,
  actor_type: record.actor.type,
  actor_id: record.actor.id,
  action: record.action,
  object_type: record.objectType,
  object_id: record.objectId,
  workspace_id: record.workspaceId,
  before_commitment: record.commitments.before,
  after_commitment: record.commitments.after,
  reason_commitment: record.commitments.reason,
  leaf: record.leaf,
})

const toSaltRow = (record: AuditRecord, salt: string): AuditSaltsTable => ({
  seq: record.seq,
  salt,
  before_hash: record.beforeHash,
  after_hash: record.afterHash,
  reason: record.reason,
})

type RecordRow = Omit<AuditRecordsTable, 'workspace_id'> & {
  readonly workspace_id: string
} & Nullable<Omit<AuditSaltsTable, 'seq'>>

export const toRecord = (row: RecordRow): AuditRecord => ({
  id: row.id,
  seq: row.seq,
  at: row.at,
  actor: { type: row.actor_type, id: row.actor_id },
  action: row.action,
  objectType: row.object_type,
  objectId: row.object_id,
  workspaceId: row.workspace_id,
  beforeHash: row.before_hash,
  afterHash: row.after_hash,
  reason: row.reason,
  salt: row.salt,
  commitments: {
    before: row.before_commitment,
    after: row.after_commitment,
    reason: row.reason_commitment,
  },
  leaf: row.leaf ?? '',
})
