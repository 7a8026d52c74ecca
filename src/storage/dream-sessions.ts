import { type Expression, type SqlBool, sql } from 'kysely'
import type { DreamId, MemoryStoreId, SessionId } from '../core/ids.ts'
import { anyOf, inBatches, rowsPerInsert } from './batches.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'

/** What a dream reads, pinned: later imports and later events do not change it. */
export interface DreamSession {
  readonly sessionId: SessionId
  readonly transcriptHash: string
  /** The first so many events, since a live transcript grows on; left out: all of them. */
  readonly eventCount?: number
}

/** Which sessions a dream reads, as callers say it; it is kept so. A dream's own session is never among them. */
export interface SessionChoice {
  readonly agent_id?: string | undefined
  readonly agent_name?: string | undefined
  readonly task_type?: string | undefined
  /** All of them, exactly. */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** RFC 3339 UTC; by start, or where the source has no clock by arrival. `until` is exclusive. */
  readonly since?: string | undefined
  readonly until?: string | undefined
  /** Only transcripts that no dream over the store has read or is about to read; failed ones do not count. */
  readonly new_since_last_dream?: boolean | undefined
}

export interface SessionSelector {
  readonly ids?: readonly SessionId[]
  readonly choice?: SessionChoice
  /** What `new_since_last_dream` refers to. */
  readonly storeId?: MemoryStoreId
  /** RFC 3339 UTC: only what was stored or grew then or later. */
  readonly changedSince?: string
}

/** The format of the sessions in which dreams show their work. */
export const dreamFormat = 'lucidream'

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

/** The first `most` session ids of each dream. */
export async function listSessionIds(
  reader: Reader,
  ids: readonly DreamId[],
  most: number,
): Promise<Map<DreamId, SessionId[]>> {
  const rows = await reader.read
    .selectFrom('dream_sessions')
    .select(['dream_id', 'session_id'])
    .where('dream_id', 'in', anyOf(ids))
    .where('ordinal', '<', most)
    .orderBy('dream_id')
    .orderBy('ordinal')
    .execute()
  const found = new Map<DreamId, SessionId[]>(ids.map((id) => [id, []]))
  for (const row of rows) found.get(row.dream_id)?.push(row.session_id)
  return found
}

/** Pins what the selector finds now, in the order of ids, without reading a row; answers with their number. */
export async function pinSessions(
  writer: Writer,
  id: DreamId,
  selector: SessionSelector,
): Promise<number> {
  const { numInsertedOrUpdatedRows = 0n } = await writer.write
    .insertInto('dream_sessions')
    .columns(['dream_id', 'ordinal', 'session_id', 'transcript_hash', 'event_count'])
    .expression((from) =>
      from
        .selectFrom('sessions')
        .select([
          sql<DreamId>`cast(${id} as text)`.as('dream_id'),
          sql<number>`row_number() over (order by sessions.id) - 1`.as('ordinal'),
          'sessions.id',
          'sessions.transcript_hash',
          'sessions.event_count',
        ])
        .where((where) => where.and(toConditions(selector))),
    )
    .executeTakeFirst()
  const count = Number(numInsertedOrUpdatedRows)
  await noteCount(writer, id, count)
  return count
}

/** Pins these, in this order. */
export async function insertDreamSessions(
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
  await noteCount(writer, id, sessions.length)
}

/** Counts no further than `most`. */
export async function countSelected(
  reader: Reader,
  selector: SessionSelector,
  most: number,
): Promise<number> {
  const rows = await reader.read
    .selectFrom('sessions')
    .select('id')
    .where((where) => where.and(toConditions(selector)))
    .limit(most)
    .execute()
  return rows.length
}

/** Those of the ids that cannot be dreamt over: unknown, deleted, or a dream's own session. */
export async function findMissingSessions(
  reader: Reader,
  ids: readonly SessionId[],
): Promise<SessionId[]> {
  const rows = await reader.read
    .selectFrom('sessions')
    .select('id')
    .where((where) => where.and(toConditions({ ids })))
    .execute()
  const known = new Set(rows.map((row) => row.id))
  return ids.filter((id) => !known.has(id))
}

/** A pinned session that was deleted since, if there is one. */
export async function findLostSession(reader: Reader, id: DreamId): Promise<SessionId | null> {
  const row = await reader.read
    .selectFrom('dream_sessions')
    .innerJoin('sessions', 'sessions.id', 'dream_sessions.session_id')
    .select('sessions.id')
    .where('dream_sessions.dream_id', '=', id)
    .where('sessions.deleted_at', 'is not', null)
    .limit(1)
    .executeTakeFirst()
  return row?.id ?? null
}

async function noteCount(writer: Writer, id: DreamId, count: number): Promise<void> {
  await writer.write
    .updateTable('dreams')
    .set({ session_count: count })
    .where('id', '=', id)
    .execute()
}

function toConditions(selector: SessionSelector): Expression<SqlBool>[] {
  const { ids, choice = {}, storeId, changedSince } = selector
  return [
    sql<SqlBool>`sessions.workspace_id = ${defaultWorkspace}`,
    sql<SqlBool>`sessions.format <> ${dreamFormat}`,
    sql<SqlBool>`sessions.deleted_at is null`,
    ...(ids ? [sql<SqlBool>`sessions.id in ${anyOf(ids)}`] : []),
    ...(changedSince === undefined ? [] : [sql<SqlBool>`sessions.updated_at >= ${changedSince}`]),
    ...choose(choice),
    ...(choice.new_since_last_dream && storeId ? [isNewFor(storeId)] : []),
  ]
}

function choose(choice: SessionChoice): Expression<SqlBool>[] {
  const equal: [column: string, value: string | undefined][] = [
    ['sessions.agent_id', choice.agent_id],
    ['sessions.agent_name', choice.agent_name],
    ['sessions.task_type', choice.task_type],
  ]
  return [
    ...equal.flatMap(([column, value]) =>
      value === undefined ? [] : [sql<SqlBool>`${sql.ref(column)} = ${value}`],
    ),
    ...(choice.since === undefined ? [] : [sql<SqlBool>`${beganAt} >= ${choice.since}`]),
    ...(choice.until === undefined ? [] : [sql<SqlBool>`${beganAt} < ${choice.until}`]),
    ...Object.entries(choice.labels ?? {}).map(([name, value]) => hasLabel(name, value)),
  ]
}

const beganAt = sql`coalesce(sessions.started_at, sessions.created_at)`

/**
 * Labels are one JSON object in text. Inside of its strings every quote is escaped, so `{"name":"value"` and
 * `,"name":"value"` stand there only as a pair; `replace` is the one search that minds the case everywhere.
 */
function hasLabel(name: string, value: string): Expression<SqlBool> {
  const pair = `${JSON.stringify(name)}:${JSON.stringify(value)}`
  return sql<SqlBool>`(replace(sessions.labels, ${`{${pair}`}, '') <> sessions.labels
    or replace(sessions.labels, ${`,${pair}`}, '') <> sessions.labels)`
}

function isNewFor(storeId: MemoryStoreId): Expression<SqlBool> {
  return sql<SqlBool>`not exists (
    select 1 from dream_sessions
    join dreams on dreams.id = dream_sessions.dream_id
    where dream_sessions.session_id = sessions.id
      and dream_sessions.transcript_hash = sessions.transcript_hash
      and dreams.input_store_id = ${storeId}
      and dreams.experiment_id is null
      and dreams.status in ('pending', 'running', 'completed'))`
}
