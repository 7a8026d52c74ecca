import { type Expression, type Selectable, type SqlBool, sql } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { AgentId, EnvironmentId, SessionId } from '../core/ids.ts'
import type { JsonObject, Session } from '../core/session.ts'
import { nameImportedAgent } from './agents.ts'
import { anyOf } from './batches.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { SessionsTable } from './tables/sessions.ts'

/** A session with what storing adds to it. */
export interface StoredSession {
  readonly session: Session
  readonly transcriptId: number
  readonly transcriptHash: string
  readonly eventCount: number
  readonly createdAt: string
  readonly updatedAt: string
  /** When it started, else when it was stored. */
  readonly beganAt: string
  /** Whether events are appended to it; an imported one is replaced as a whole. */
  readonly isLive: boolean
  readonly agentId: AgentId | null
  readonly agentVersion: number | null
  /** The agent as it was when the session began; null: nothing is known but `session.agent`. */
  readonly agentSnapshot: JsonObject | null
  readonly environmentId: EnvironmentId | null
  readonly metadata: Readonly<Record<string, string>>
  readonly vaultIds: readonly string[]
  readonly budget: JsonObject | null
  readonly tally: SessionTally | null
  readonly archivedAt: string | null
  readonly deletedAt: string | null
}

/** What a live session used so far. */
export interface SessionTally {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cacheCreationTokens: number
  readonly cacheReadTokens: number
  /** Milliseconds in status running, up to `runningSince`. */
  readonly activeMs: number
  readonly runningSince: string | null
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

/** Deleted ones too: `deletedAt` says so. */
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
  if (!found || found.deletedAt !== null)
    throw new DomainError('not_found', `There is no session ${id}.`)
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

export interface CurrentTranscript {
  readonly sessionId: SessionId
  readonly transcriptHash: string
  readonly eventCount: number
  readonly format: string
}

/** Every session that passes the filter with its current transcript, by id: what a dream pins. */
export async function listCurrentTranscripts(
  reader: Reader,
  filter: SessionFilter,
): Promise<CurrentTranscript[]> {
  return reader.read
    .selectFrom('sessions')
    .select([
      'id as sessionId',
      'transcript_hash as transcriptHash',
      'event_count as eventCount',
      'format',
    ])
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

/** How far sessions are, deleted ones too: what those who watch them ask over and over. */
export async function listSessionStates(
  reader: Reader,
  ids: readonly SessionId[],
): Promise<{ id: SessionId; eventCount: number; deletedAt: string | null }[]> {
  return reader.read
    .selectFrom('sessions')
    .select(['id', 'event_count as eventCount', 'deleted_at as deletedAt'])
    .where('id', 'in', anyOf(ids))
    .execute()
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
      ...agentColumns(writer, session),
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
    .set({
      ...describingColumns(session),
      ...agentColumns(writer, session),
      updated_at: writer.at,
    })
    .where('id', '=', session.id)
    .executeTakeFirst()
  if (result.numUpdatedRows !== 1n) {
    throw new DomainError('not_found', `There is no session ${session.id}.`)
  }
}

const agentColumns = (writer: Writer, { agent }: Session) => ({
  agent_id: nameImportedAgent(writer.hash, agent),
  agent_number: 1,
})

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
  conditions.push(sql<SqlBool>`deleted_at is null`)
  return conditions
}

export function describingColumns(session: Session) {
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

export async function setSessionEnd(
  writer: Writer,
  { id, endedAt }: { readonly id: SessionId; readonly endedAt: string },
): Promise<void> {
  await writer.write
    .updateTable('sessions')
    .set({ ended_at: endedAt })
    .where('id', '=', id)
    .execute()
}

type SessionRow = Selectable<SessionsTable>

const parse = (text: string | null) => (text === null ? null : JSON.parse(text))

export function toStored(row: SessionRow): StoredSession {
  return {
    session: toSession(row),
    transcriptId: row.transcript_id,
    transcriptHash: row.transcript_hash,
    eventCount: row.event_count,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    beganAt: row.began_at,
    isLive: row.live === 1,
    agentId: row.agent_id,
    agentVersion: row.agent_number,
    agentSnapshot: parse(row.agent_snapshot),
    environmentId: row.environment_id,
    metadata: JSON.parse(row.metadata),
    vaultIds: JSON.parse(row.vault_ids),
    budget: parse(row.budget),
    tally: parse(row.tally),
    archivedAt: row.archived_at,
    deletedAt: row.deleted_at,
  }
}

/** Keys in the order of `Session`, so that equal sessions are equal as JSON text too. */
function toSession(row: SessionRow): Session {
  return {
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
  }
}
