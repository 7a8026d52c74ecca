import { type Selectable, sql } from 'kysely'
import { DomainError } from '../core/errors.ts'
import {
  type DreamId,
  type DreamScheduleId,
  type ExperimentId,
  type MemoryStoreId,
  makeId,
  type SessionId,
} from '../core/ids.ts'
import type { Json, JsonObject } from '../core/session.ts'
import { anyOf } from './batches.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { DreamsTable, OutputBehavior } from './tables/dreams.ts'

export type { OutputBehavior } from './tables/dreams.ts'

export interface Dream {
  readonly id: DreamId
  /** From 1, without gaps: the number people call it by. */
  readonly ordinal: number
  readonly status: DreamsTable['status']
  /** Who asked for it. Only a dream of the command line is answered again instead of dreamt again. */
  readonly origin: Selectable<DreamsTable>['origin']
  readonly model: string
  readonly instructions: string | null
  readonly outputBehavior: OutputBehavior
  readonly inputStoreId: MemoryStoreId
  readonly outputStoreId: MemoryStoreId | null
  /** The store that it may write into and no other dream may; null once it has fully stopped. */
  readonly heldStoreId: MemoryStoreId | null
  /** The session that shows what it reads and writes; null before it started, and on the command line. */
  readonly sessionId: SessionId | null
  readonly sessionCount: number
  /** What its sessions were chosen by; null: by their ids. */
  readonly selector: JsonObject | null
  readonly scheduleId: DreamScheduleId | null
  readonly inputsHash: string
  readonly options: JsonObject
  readonly error: DreamError | null
  /** What these steps saw, kept for the report that the last step writes. */
  readonly mined: Json | null
  readonly reconciled: Json | null
  readonly report: Json | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly archivedAt: string | null
  /** Whose agents wrote what it proposes; null of every dream that mines. */
  readonly experimentId: ExperimentId | null
}

export interface DreamError {
  readonly type: string
  readonly message: string
}

export type NewDream = Pick<Dream, 'inputStoreId' | 'inputsHash' | 'options'> &
  Partial<
    Pick<
      Dream,
      | 'origin'
      | 'model'
      | 'instructions'
      | 'outputBehavior'
      | 'heldStoreId'
      | 'selector'
      | 'scheduleId'
      | 'experimentId'
    >
  >

/** Fields left out stay as they are. JSON fields take any value that `JSON.stringify` can write. */
export interface DreamPatch {
  readonly status?: Dream['status']
  readonly outputStoreId?: MemoryStoreId
  readonly sessionId?: SessionId
  readonly error?: DreamError
  readonly mined?: object
  readonly reconciled?: object
  readonly report?: object
}

export interface DreamFilter {
  readonly statuses?: readonly Dream['status'][]
  readonly inputsHash?: string
  /** RFC 3339 UTC, both exclusive. */
  readonly createdAfter?: string
  readonly createdBefore?: string
  readonly archived?: 'hidden' | 'shown'
}

export type DreamCursor = Pick<Dream, 'createdAt' | 'ordinal'>

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

/** Only what tells whether it goes on: the row holds the results of its steps too. */
export async function getDreamState(
  reader: Reader,
  id: DreamId,
): Promise<Pick<Dream, 'status' | 'startedAt' | 'endedAt'>> {
  const row = await reader.read
    .selectFrom('dreams')
    .select(['status', 'started_at as startedAt', 'ended_at as endedAt'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw noDream(id)
  return row
}

/** Newest first; `after` is the last dream of the page before. */
export async function listDreams(
  reader: Reader,
  page: { readonly filter?: DreamFilter; readonly after?: DreamCursor; readonly limit: number },
): Promise<Dream[]> {
  const { filter = {}, after } = page
  const { statuses, inputsHash, createdAfter, createdBefore } = filter
  let query = reader.read
    .selectFrom('dreams')
    .selectAll()
    .where('workspace_id', '=', defaultWorkspace)
    .orderBy('created_at', 'desc')
    .orderBy('ordinal', 'desc')
    .limit(page.limit)
  if (statuses !== undefined) query = query.where('status', 'in', anyOf(statuses))
  if (inputsHash !== undefined) query = query.where('inputs_hash', '=', inputsHash)
  if (createdAfter !== undefined) query = query.where('created_at', '>', createdAfter)
  if (createdBefore !== undefined) query = query.where('created_at', '<', createdBefore)
  if (filter.archived === 'hidden') query = query.where('archived_at', 'is', null)
  if (after !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'ordinal'), '<', tuple(after.createdAt, after.ordinal)),
    )
  }
  return (await query.execute()).map(toDream)
}

/** The dream that may write into the store and has not fully stopped. */
export async function findHolder(reader: Reader, storeId: MemoryStoreId): Promise<Dream | null> {
  const row = await reader.read
    .selectFrom('dreams')
    .selectAll()
    .where('held_store_id', '=', storeId)
    .executeTakeFirst()
  return row ? toDream(row) : null
}

/** Pending, with the next ordinal, over no sessions yet; its id names the inputs and the ordinal. */
export async function insertDream(writer: Writer, given: NewDream): Promise<Dream> {
  const last = await writer.read
    .selectFrom('dreams')
    .select((select) => select.fn.max<number | null>('ordinal').as('ordinal'))
    .where('workspace_id', '=', defaultWorkspace)
    .executeTakeFirst()
  const ordinal = (last?.ordinal ?? 0) + 1
  const id = makeId('drm', writer.hash, [given.inputsHash, String(ordinal)])
  const { selector = null } = given
  const row = await writer.write
    .insertInto('dreams')
    .values({
      id,
      ordinal,
      status: 'pending',
      origin: given.origin ?? 'cli',
      model: given.model ?? 'lucidream-builtin',
      instructions: given.instructions ?? null,
      output_behavior: given.outputBehavior ?? 'create_new',
      held_store_id: given.heldStoreId ?? null,
      selector: selector && JSON.stringify(selector),
      schedule_id: given.scheduleId ?? null,
      experiment_id: given.experimentId ?? null,
      input_store_id: given.inputStoreId,
      inputs_hash: given.inputsHash,
      options: JSON.stringify(given.options),
      created_at: writer.at,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toDream(row)
}

/** A status that ends a dream also notes when; an ended dream takes no more updates. */
export async function updateDream(writer: Writer, id: DreamId, patch: DreamPatch): Promise<void> {
  const { status, outputStoreId, sessionId, error, mined, reconciled, report } = patch
  const result = await writer.write
    .updateTable('dreams')
    .set({
      ...(status === undefined ? {} : { status }),
      ...(status === undefined || isLive(status) ? {} : { ended_at: writer.at }),
      ...(status === 'running' ? { started_at: sql`coalesce(started_at, ${writer.at})` } : {}),
      ...(outputStoreId === undefined ? {} : { output_store_id: outputStoreId }),
      ...(sessionId === undefined ? {} : { session_id: sessionId }),
      ...(error === undefined ? {} : { error: JSON.stringify(error) }),
      ...(mined === undefined ? {} : { mined: JSON.stringify(mined) }),
      ...(reconciled === undefined ? {} : { reconciled: JSON.stringify(reconciled) }),
      ...(report === undefined ? {} : { report: JSON.stringify(report) }),
    })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (result.numUpdatedRows !== 1n) throw await ended(writer, id)
}

/**
 * Holds the row until the write ends: whoever cancels the dream does so before or after, never in between.
 * Throws when it has ended.
 */
export async function holdLiveDream(writer: Writer, id: DreamId): Promise<void> {
  const result = await writer.write
    .updateTable('dreams')
    .set((row) => ({ status: row.ref('status') }))
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  if (result.numUpdatedRows !== 1n) throw await ended(writer, id)
}

/** The dream writes nothing more, so another one may write into its store. */
export async function releaseStore(writer: Writer, id: DreamId): Promise<void> {
  await writer.write
    .updateTable('dreams')
    .set({ held_store_id: null })
    .where('id', '=', id)
    .execute()
}

/** Hides an ended dream from lists, for good; a second time changes nothing. */
export async function archiveDream(writer: Writer, id: DreamId): Promise<void> {
  await writer.write
    .updateTable('dreams')
    .set({ archived_at: writer.at })
    .where('id', '=', id)
    .where('archived_at', 'is', null)
    .execute()
}

export const isLive = (status: Dream['status']) => status === 'pending' || status === 'running'

async function ended(reader: Reader, id: DreamId): Promise<DomainError> {
  const dream = await getDream(reader, id)
  return new DomainError('conflict', `Dream ${id} has ended already: ${dream.status}.`)
}

const noDream = (id: DreamId) => new DomainError('not_found', `There is no dream ${id}.`)

const parse = (text: string | null) => (text === null ? null : JSON.parse(text))

const toDream = (row: Selectable<DreamsTable>): Dream => ({
  id: row.id,
  ordinal: row.ordinal,
  status: row.status,
  origin: row.origin,
  model: row.model,
  instructions: row.instructions,
  outputBehavior: row.output_behavior,
  inputStoreId: row.input_store_id,
  outputStoreId: row.output_store_id,
  heldStoreId: row.held_store_id,
  sessionId: row.session_id,
  sessionCount: row.session_count,
  selector: parse(row.selector),
  scheduleId: row.schedule_id,
  inputsHash: row.inputs_hash,
  options: JSON.parse(row.options),
  error: parse(row.error),
  mined: parse(row.mined),
  reconciled: parse(row.reconciled),
  report: parse(row.report),
  createdAt: row.created_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  archivedAt: row.archived_at,
  experimentId: row.experiment_id,
})
