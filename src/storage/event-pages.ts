import { type Expression, type SqlBool, sql } from 'kysely'
import type { EventId } from '../core/ids.ts'
import type { SessionEvent } from '../core/session.ts'
import type { CreatedRange } from './agents.ts'
import { anyOf } from './batches.ts'
import type { Reader } from './database.ts'
import { countFitting, toEvent } from './session-events.ts'
import type { StoredSession } from './sessions.ts'

export interface EventPageRequest {
  readonly session: StoredSession
  readonly order: 'asc' | 'desc'
  /** The seq of the last event of the page before. */
  readonly from?: number
  readonly types?: readonly string[] | undefined
  /** Of when events took effect; imported events without a time count as of the session's beginning. */
  readonly processed?: CreatedRange | undefined
  readonly limit: number
}

export interface FilteredEvents {
  readonly events: readonly SessionEvent[]
  readonly hasMore: boolean
}

/** Events of the current transcript, filtered, either way round. A page may be short: bytes bound it too. */
export async function listEventPage(
  reader: Reader,
  request: EventPageRequest,
): Promise<FilteredEvents> {
  const { session, order, limit } = request
  const conditions = toConditions(request)
  const sizes = await reader.read
    .selectFrom('session_events')
    .select(['seq', sql<number>`octet_length(body)`.as('bytes')])
    .where('transcript_id', '=', session.transcriptId)
    .where((where) => where.and(conditions))
    .orderBy('seq', order)
    .limit(limit + 1)
    .execute()
  const fitting = countFitting(sizes.slice(0, limit))
  const last = sizes[fitting - 1]?.seq
  if (last === undefined) return { events: [], hasMore: false }
  const rows = await reader.read
    .selectFrom('session_events')
    .selectAll()
    .where('transcript_id', '=', session.transcriptId)
    .where((where) => where.and(conditions))
    .where('seq', order === 'asc' ? '<=' : '>=', last)
    .orderBy('seq', order)
    .execute()
  return { events: rows.map(toEvent), hasMore: fitting < sizes.length }
}

function toConditions(request: EventPageRequest): Expression<SqlBool>[] {
  const { session, order, from, types, processed = {} } = request
  const conditions: Expression<SqlBool>[] = []
  if (from !== undefined) {
    conditions.push(sql<SqlBool>`seq ${sql.raw(order === 'asc' ? '>' : '<')} ${from}`)
  }
  if (types) conditions.push(sql<SqlBool>`type in ${anyOf(types)}`)
  const at = session.isLive ? sql`processed_at` : sql`coalesce(processed_at, ${session.beganAt})`
  const operators = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const
  for (const [name, operator] of Object.entries(operators)) {
    const value = processed[name as keyof typeof operators]
    if (value !== undefined) conditions.push(sql<SqlBool>`${at} ${sql.raw(operator)} ${value}`)
  }
  return conditions
}

/** The types of those of the events that are there. */
export async function listEventTypes(
  reader: Reader,
  { transcriptId }: Pick<StoredSession, 'transcriptId'>,
  ids: readonly EventId[],
): Promise<Map<EventId, string>> {
  if (ids.length === 0) return new Map()
  const rows = await reader.read
    .selectFrom('session_events')
    .select(['id', 'type'])
    .where('transcript_id', '=', transcriptId)
    .where('id', 'in', anyOf(ids))
    .execute()
  return new Map(rows.map(({ id, type }) => [id, type]))
}
