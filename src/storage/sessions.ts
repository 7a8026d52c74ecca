import { type Expression, type SqlBool, sql } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { SessionId } from '../core/ids.ts'
import type { Session } from '../core/session.ts'
import { anyOf } from './batches.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { SessionsTable } from './tables.ts'

/** A session with what storing adds to it. */
export interface StoredSession {
  readonly session: Session
  readonly transcriptId: number
  readonly transcriptHash: string
  readonly eventCount: number
  readonly createdAt: string
  readonly updatedAt: string
}

export interface SessionFilter {
  readonly format?: string
  readonly agentName?: string
  readonly taskType?: string
  readonly taskId?: string
  /** RFC 3339 UTC: started then or later; where the source has no clock, stored then or later. */
  readonly since?: string
  readonly ids?: readonly SessionId[]
}

/** The last session of a page; the next page begins after it. */
export interface SessionCursor {
  readonly startedAt: string | null
  readonly id: SessionId
}

export interface SessionPage {
  readonly sessions: readonly StoredSession[]
  readonly next: SessionCursor | null
}

export async function findSession(reader: Reader, id: SessionId): Promise<StoredSession | null> {
  const row = await reader.read
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toStored(row) : null
}

export async function getSession(reader: Reader, id: SessionId): Promise<StoredSession> {
  const found = await findSession(reader, id)
  if (!found) throw new DomainError('not_found', `There is no session ${id}.`)
  return found
}

/** Newest start first, those without a start last, then by id: an order that importing again repeats. */
export async function listSessions(
  reader: Reader,
  page: { readonly filter?: SessionFilter; readonly after?: SessionCursor; readonly limit: number },
): Promise<SessionPage> {
  const { filter = {}, after, limit } = page
  const rows = await reader.read
    .selectFrom('sessions')
    .selectAll()
    .where((where) => where.and(filterConditions(filter)))
    .$if(after !== undefined, (query) => query.where(comesAfter(after as SessionCursor)))
    .orderBy('start_key', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const sessions = rows.slice(0, limit).map(toStored)
  const last = rows.length > limit ? sessions.at(-1)?.session : undefined
  return { sessions, next: last ? { startedAt: last.startedAt, id: last.id } : null }
}

/** Every session that passes the filter with its current transcript, by id: what a dream pins. */
export async function listCurrentTranscripts(
  reader: Reader,
  filter: SessionFilter,
): Promise<{ readonly sessionId: SessionId; readonly transcriptHash: string }[]> {
  return reader.read
    .selectFrom('sessions')
    .select(['id as sessionId', 'transcript_hash as transcriptHash'])
    .where((where) => where.and(filterConditions(filter)))
    .orderBy('id')
    .execute()
}

export async function countSessions(reader: Reader, filter: SessionFilter = {}): Promise<number> {
  const row = await reader.read
    .selectFrom('sessions')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where((where) => where.and(filterConditions(filter)))
    .executeTakeFirstOrThrow()
  return row.count
}

/** The transcript must be complete: nobody ever sees a session whose events are still arriving. */
export async function insertSession(
  writer: Writer,
  session: Session,
  transcriptId: number,
): Promise<void> {
  const transcript = await writer.read
    .selectFrom('transcripts')
    .select(['hash', 'event_count'])
    .where('id', '=', transcriptId)
    .where('session_id', '=', session.id)
    .where('state', '=', 'current')
    .executeTakeFirst()
  if (!transcript || transcript.hash === null) {
    throw new DomainError(
      'conflict',
      `Transcript ${transcriptId} is not the complete transcript of session ${session.id}; complete it before the session is inserted.`,
    )
  }
  await writer.write
    .insertInto('sessions')
    .values({
      id: session.id,
      ...describingColumns(session),
      transcript_id: transcriptId,
      transcript_hash: transcript.hash,
      event_count: transcript.event_count,
      created_at: writer.at,
      updated_at: writer.at,
    })
    .execute()
}

/** What a source says about a session; its transcript changes only through `completeTranscript`. */
export async function updateSession(writer: Writer, session: Session): Promise<void> {
  const result = await writer.write
    .updateTable('sessions')
    .set({ ...describingColumns(session), updated_at: writer.at })
    .where('id', '=', session.id)
    .executeTakeFirst()
  if (result.numUpdatedRows !== 1n) {
    throw new DomainError('not_found', `There is no session ${session.id}.`)
  }
}

/** One comparison of the pair, which the index answers: a later page costs no more than the first. */
function comesAfter({ startedAt, id }: SessionCursor): Expression<SqlBool> {
  return sql<SqlBool>`(start_key, id) < (${startedAt ?? ''}, ${id})`
}

function filterConditions(filter: SessionFilter): Expression<SqlBool>[] {
  const equal: [column: keyof SessionsTable, value: string | undefined][] = [
    ['workspace_id', defaultWorkspace],
    ['format', filter.format],
    ['agent_name', filter.agentName],
    ['task_type', filter.taskType],
    ['task_id', filter.taskId],
  ]
  const conditions = equal.flatMap(([column, value]) =>
    value === undefined ? [] : [sql<SqlBool>`${sql.ref(column)} = ${value}`],
  )
  if (filter.since !== undefined) {
    conditions.push(sql<SqlBool>`coalesce(started_at, created_at) >= ${filter.since}`)
  }
  if (filter.ids) conditions.push(sql<SqlBool>`id in ${anyOf(filter.ids)}`)
  return conditions
}

function describingColumns(session: Session) {
  return {
    key: session.key,
    format: session.format,
    agent_name: session.agent.name,
    agent_version: session.agent.version,
    agent_model: session.agent.model,
    task_type: session.task.type,
    task_id: session.task.id,
    title: session.title,
    principal: session.principal,
    labels: JSON.stringify(session.labels),
    status: session.status,
    started_at: session.startedAt,
    ended_at: session.endedAt,
  }
}

/** Keys in the order of `Session`, so that equal sessions are equal as JSON text too. */
function toStored(row: Omit<SessionsTable, 'workspace_id' | 'start_key'>): StoredSession {
  return {
    session: {
      id: row.id,
      key: row.key,
      format: row.format,
      agent: { name: row.agent_name, version: row.agent_version, model: row.agent_model },
      task: { type: row.task_type, id: row.task_id },
      title: row.title,
      startedAt: row.started_at,
      endedAt: row.ended_at,
      status: row.status,
      principal: row.principal,
      labels: JSON.parse(row.labels),
    },
    transcriptId: row.transcript_id,
    transcriptHash: row.transcript_hash,
    eventCount: row.event_count,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
