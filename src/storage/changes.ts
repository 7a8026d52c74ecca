import type { ProposedChange } from '../core/change/change.ts'
import { DomainError } from '../core/errors.ts'
import type { Evidence } from '../core/evidence.ts'
import type { ChangeId, DreamId, MemoryVersionId } from '../core/ids.ts'
import { inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import { insertEvidence, listEvidence } from './evidence.ts'
import type { ChangesTable } from './tables/changes.ts'

export interface NewChange {
  readonly id: ChangeId
  readonly change: ProposedChange
  /** The memory version it is based on; null where the memory does not exist yet. */
  readonly baseVersionId: MemoryVersionId | null
}

export interface StoredChange extends NewChange {
  readonly dreamId: DreamId
  /** From 0, in the order in which the dream gave them. */
  readonly ordinal: number
  readonly status: ChangesTable['status']
  /** How often it was edited. */
  readonly round: number
  /** Why it went back to `proposed`. */
  readonly statusReason: string | null
}

/** All of them proposed. */
export async function insertChanges(
  writer: Writer,
  dreamId: DreamId,
  changes: readonly NewChange[],
): Promise<void> {
  const rows = changes.map(({ id, change, baseVersionId }, ordinal) => ({
    id,
    dream_id: dreamId,
    ordinal,
    key: change.key,
    operation: change.operation,
    path: change.path,
    base_version_id: baseVersionId,
    base_sha256: change.baseSha256,
    status: 'proposed' as const,
    payload: JSON.stringify(payloadOf(change)),
    round: 0,
    status_reason: null,
    taint: null,
  }))
  for (const batch of inBatches(rows, rowsPerInsert)) {
    await writer.write.insertInto('changes').values(batch).execute()
  }
  const owners = changes.map(({ id, change }) => ({ id, evidence: change.evidence }))
  await insertEvidence(writer, 'change', owners)
}

export interface ChangePage {
  readonly dreamId: DreamId
  readonly status?: StoredChange['status'] | undefined
  readonly path?: string | undefined
  /** The ordinal of the last one of the page before. */
  readonly after?: number | undefined
  readonly limit: number
}

/** Some changes of a dream with their evidence, in its order. */
export async function listChangePage(reader: Reader, page: ChangePage): Promise<StoredChange[]> {
  const { status, path, after } = page
  let query = reader.read
    .selectFrom('changes')
    .selectAll()
    .where('dream_id', '=', page.dreamId)
    .orderBy('ordinal')
    .limit(page.limit)
  if (status !== undefined) query = query.where('status', '=', status)
  if (path !== undefined) query = query.where('path', '=', path)
  if (after !== undefined) query = query.where('ordinal', '>', after)
  return withEvidence(reader, await query.execute())
}

/** All changes of a dream with their evidence, in its order. */
export async function listChanges(reader: Reader, dreamId: DreamId): Promise<StoredChange[]> {
  const rows = await reader.read
    .selectFrom('changes')
    .selectAll()
    .where('dream_id', '=', dreamId)
    .orderBy('ordinal')
    .execute()
  return withEvidence(reader, rows)
}

async function withEvidence(
  reader: Reader,
  rows: readonly ChangesTable[],
): Promise<StoredChange[]> {
  const evidence = await listEvidence(
    reader,
    rows.map((row) => row.id),
  )
  return rows.map((row) => toStored(row, evidence.get(row.id) ?? []))
}

async function findChange(reader: Reader, id: ChangeId): Promise<StoredChange | null> {
  const row = await reader.read
    .selectFrom('changes')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return null
  return toStored(row, (await listEvidence(reader, [id])).get(id) ?? [])
}

export async function getChange(reader: Reader, id: ChangeId): Promise<StoredChange> {
  const change = await findChange(reader, id)
  if (!change) throw new DomainError('not_found', `There is no change ${id}.`)
  return change
}

/** Moves a change on; a conflict when its status is not `from` any more. */
export async function updateChangeStatus(
  writer: Writer,
  id: ChangeId,
  step: {
    readonly from: StoredChange['status']
    readonly to: StoredChange['status']
    readonly reason?: string
  },
): Promise<void> {
  const result = await writer.write
    .updateTable('changes')
    .set({ status: step.to, status_reason: step.reason ?? null })
    .where('id', '=', id)
    .where('status', '=', step.from)
    .executeTakeFirst()
  if (result.numUpdatedRows === 1n) return
  const { status } = await getChange(writer, id)
  throw new DomainError('conflict', `Change ${id} is ${status}, not ${step.from}.`)
}

/** Puts an edited text in the place of what was proposed, in its next round; it is a proposal again. */
export async function updateChangeText(
  writer: Writer,
  stored: StoredChange,
  change: ProposedChange,
): Promise<void> {
  const result = await writer.write
    .updateTable('changes')
    .set({
      payload: JSON.stringify(payloadOf(change)),
      round: stored.round + 1,
      status: 'proposed',
      status_reason: null,
    })
    .where('id', '=', stored.id)
    .where('round', '=', stored.round)
    .where('status', '=', stored.status)
    .executeTakeFirst()
  if (result.numUpdatedRows === 1n) return
  throw new DomainError('conflict', `Change ${stored.id} was changed meanwhile; read it again.`)
}

type Payload = Pick<
  ProposedChange,
  'edits' | 'leaves' | 'before' | 'after' | 'rationale' | 'grade' | 'findingKeys' | 'trust'
>

const payloadOf = (change: ProposedChange): Payload => ({
  edits: change.edits,
  leaves: change.leaves,
  before: change.before,
  after: change.after,
  rationale: change.rationale,
  grade: change.grade,
  findingKeys: change.findingKeys,
  trust: change.trust,
})

/** Of changes from before taints were kept. */
const unknownTrust: ProposedChange['trust'] = { taint: 'untrusted', quarantine: [] }

function toStored(row: ChangesTable, evidence: readonly Evidence[]): StoredChange {
  const payload: Payload = { trust: unknownTrust, ...JSON.parse(row.payload) }
  return {
    id: row.id,
    dreamId: row.dream_id,
    ordinal: row.ordinal,
    status: row.status,
    round: row.round,
    statusReason: row.status_reason,
    baseVersionId: row.base_version_id,
    change: {
      key: row.key,
      operation: row.operation,
      path: row.path,
      baseSha256: row.base_sha256,
      ...payload,
      evidence,
    },
  }
}
