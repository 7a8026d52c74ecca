import { DomainError } from '../core/errors.ts'
import { type DreamId, type MemoryStoreId, makeId, type SessionId } from '../core/ids.ts'
import type { Json, JsonObject } from '../core/session.ts'
import { inBatches, rowsPerInsert } from './batches.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { DreamsTable } from './tables.ts'

export interface Dream {
  readonly id: DreamId
  /** From 1, without gaps: the number people call it by. */
  readonly ordinal: number
  readonly status: DreamsTable['status']
  readonly inputStoreId: MemoryStoreId
  readonly outputStoreId: MemoryStoreId | null
  readonly inputsHash: string
  readonly options: JsonObject
  readonly error: DreamError | null
  /** What these steps saw, kept for the report that the last step writes. */
  readonly mined: Json | null
  readonly reconciled: Json | null
  readonly report: Json | null
  readonly createdAt: string
  readonly endedAt: string | null
}

interface DreamError {
  readonly type: string
  readonly message: string
}

/** What a dream reads, pinned: later imports do not change it. */
export interface DreamSession {
  readonly sessionId: SessionId
  readonly transcriptHash: string
  /** The first so many events, since a live transcript grows on; left out: all of them. */
  readonly eventCount?: number
}

export type NewDream = Pick<Dream, 'inputStoreId' | 'inputsHash' | 'options'> & {
  readonly sessions: readonly DreamSession[]
}

/** Fields left out stay as they are. JSON fields take any value that `JSON.stringify` can write. */
export interface DreamPatch {
  readonly status?: Dream['status']
  readonly outputStoreId?: MemoryStoreId
  readonly error?: DreamError
  readonly mined?: object
  readonly reconciled?: object
  readonly report?: object
}

export interface DreamFilter {
  readonly status?: Dream['status']
  readonly inputsHash?: string
}

export async function findDream(reader: Reader, id: DreamId): Promise<Dream | null> {
  const row = await reader.read
    .selectFrom('dreams')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toDream(row) : null
}

export async function getDream(reader: Reader, id: DreamId): Promise<Dream> {
  const dream = await findDream(reader, id)
  if (!dream) throw noDream(id)
  return dream
}

/** Newest first, those with an ordinal below `beforeOrdinal`. */
export async function listDreams(
  reader: Reader,
  page: { readonly filter?: DreamFilter; readonly beforeOrdinal?: number; readonly limit: number },
): Promise<Dream[]> {
  const { status, inputsHash } = page.filter ?? {}
  let query = reader.read
    .selectFrom('dreams')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .orderBy('ordinal', 'desc')
    .limit(page.limit)
  if (status !== undefined) query = query.where('status', '=', status)
  if (inputsHash !== undefined) query = query.where('inputs_hash', '=', inputsHash)
  if (page.beforeOrdinal !== undefined) query = query.where('ordinal', '<', page.beforeOrdinal)
  return (await query.execute()).map(toDream)
}

/** In the order in which the dream was given them. */
export async function listDreamSessions(reader: Reader, id: DreamId): Promise<DreamSession[]> {
  const rows = await reader.read
    .selectFrom('dream_sessions')
    .select(['session_id', 'transcript_hash', 'event_count'])
    .where('dream_id', '=', id)
    .orderBy('ordinal')
    .execute()
  return rows.map((row) => ({
    sessionId: row.session_id,
    transcriptHash: row.transcript_hash,
    ...(row.event_count === null ? {} : { eventCount: row.event_count }),
  }))
}

/** Pending, with the next ordinal; its id names the inputs and the ordinal. */
export async function insertDream(writer: Writer, given: NewDream): Promise<Dream> {
  const last = await writer.read
    .selectFrom('dreams')
    .select((select) => select.fn.max<number | null>('ordinal').as('ordinal'))
    .where('workspace_id', '=', defaultWorkspace)
    .executeTakeFirst()
  const ordinal = (last?.ordinal ?? 0) + 1
  const id = makeId('drm', writer.hash, [given.inputsHash, String(ordinal)])
  const row = await writer.write
    .insertInto('dreams')
    .values({
      id,
      ordinal,
      status: 'pending',
      input_store_id: given.inputStoreId,
      output_store_id: null,
      inputs_hash: given.inputsHash,
      options: JSON.stringify(given.options),
      error: null,
      mined: null,
      reconciled: null,
      report: null,
      created_at: writer.at,
      ended_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await insertDreamSessions(writer, id, given.sessions)
  return toDream(row)
}

/** A status that ends a dream also notes when; an ended dream takes no more updates. */
export async function updateDream(writer: Writer, id: DreamId, patch: DreamPatch): Promise<void> {
  const { status, outputStoreId, error, mined, reconciled, report } = patch
  const result = await writer.write
    .updateTable('dreams')
    .set({
      ...(status === undefined ? {} : { status }),
      ...(status === undefined || isLive(status) ? {} : { ended_at: writer.at }),
      ...(outputStoreId === undefined ? {} : { output_store_id: outputStoreId }),
      ...(error === undefined ? {} : { error: JSON.stringify(error) }),
      ...(mined === undefined ? {} : { mined: JSON.stringify(mined) }),
      ...(reconciled === undefined ? {} : { reconciled: JSON.stringify(reconciled) }),
      ...(report === undefined ? {} : { report: JSON.stringify(report) }),
    })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (result.numUpdatedRows === 1n) return
  const dream = await getDream(writer, id)
  throw new DomainError('conflict', `Dream ${id} has ended already: ${dream.status}.`)
}

async function insertDreamSessions(
  writer: Writer,
  id: DreamId,
  sessions: readonly DreamSession[],
): Promise<void> {
  const rows = sessions.map((session, ordinal) => ({
    dream_id: id,
    ordinal,
    session_id: session.sessionId,
    transcript_hash: session.transcriptHash,
    event_count: session.eventCount ?? null,
  }))
  for (const batch of inBatches(rows, rowsPerInsert)) {
    await writer.write.insertInto('dream_sessions').values(batch).execute()
  }
}

const isLive = (status: Dream['status']) => status === 'pending' || status === 'running'

const noDream = (id: DreamId) => new DomainError('not_found', `There is no dream ${id}.`)

const parse = (text: string | null) => (text === null ? null : JSON.parse(text))

const toDream = (row: Omit<DreamsTable, 'workspace_id'>): Dream => ({
  id: row.id,
  ordinal: row.ordinal,
  status: row.status,
  inputStoreId: row.input_store_id,
  outputStoreId: row.output_store_id,
  inputsHash: row.inputs_hash,
  options: JSON.parse(row.options),
  error: parse(row.error),
  mined: parse(row.mined),
  reconciled: parse(row.reconciled),
  report: parse(row.report),
  createdAt: row.created_at,
  endedAt: row.ended_at,
})
