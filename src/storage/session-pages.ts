import { type Expression, type SqlBool, sql } from 'kysely'
import type { AgentId, MemoryStoreId, SessionId } from '../core/ids.ts'
import type { SessionStatus } from '../core/session.ts'
import type { CreatedRange } from './agents.ts'
import { anyOf } from './batches.ts'
import { defaultWorkspace, type Reader } from './database.ts'
import { type StoredSession, toStored } from './sessions.ts'

/** The filters of the wire's list; those left out let everything through. */
interface SessionPageFilter {
  readonly agentId?: AgentId | undefined
  readonly agentVersion?: number | undefined
  readonly memoryStoreId?: MemoryStoreId | undefined
  readonly statuses?: readonly SessionStatus[] | undefined
  readonly created?: CreatedRange | undefined
  readonly includeArchived: 'yes' | 'no'
}

/** Where a page begins (`after`) or ends (`before`), both exclusive, in the order of the list. */
export interface SessionPosition {
  readonly beganAt: string
  readonly id: SessionId
  readonly side: 'after' | 'before'
}

export interface SessionPageRequest {
  readonly filter: SessionPageFilter
  readonly order: 'asc' | 'desc'
  readonly from?: SessionPosition
  readonly limit: number
}

export interface BothWayPage {
  readonly sessions: readonly StoredSession[]
  readonly hasNext: boolean
  readonly hasPrevious: boolean
}

/**
 * Sessions by their beginning, a page at a time and both ways: the page before a page holds the same rows in
 * the same order as it did on the way there. Each page costs one step into an index, however far it is.
 */
export async function listSessionPage(
  reader: Reader,
  request: SessionPageRequest,
): Promise<BothWayPage> {
  const { order, from, limit } = request
  const backwards = from?.side === 'before'
  const rows = await selectFrom(reader, {
    ...request,
    limit: limit + 1,
    direction: backwards === (order === 'asc') ? 'desc' : 'asc',
  })
  const more = rows.length > limit
  const page = rows.slice(0, limit)
  const sessions = backwards ? page.toReversed() : page
  const [first] = sessions
  if (backwards) return { sessions, hasNext: true, hasPrevious: more }
  const hasPrevious = from !== undefined && first !== undefined
  return { sessions, hasNext: more, hasPrevious }
}

interface Selection extends SessionPageRequest {
  readonly direction: 'asc' | 'desc'
}

async function selectFrom(reader: Reader, selection: Selection): Promise<StoredSession[]> {
  const { filter, from, limit, direction } = selection
  const conditions = toConditions(filter)
  if (from) {
    const operator = sql.raw(direction === 'asc' ? '>' : '<')
    conditions.push(sql<SqlBool>`(began_at, id) ${operator} (${from.beganAt}, ${from.id})`)
  }
  const rows = await reader.read
    .selectFrom('sessions')
    .selectAll()
    .where((where) => where.and(conditions))
    .orderBy('began_at', direction)
    .orderBy('id', direction)
    .limit(limit)
    .execute()
  return rows.map(toStored)
}

function toConditions(filter: SessionPageFilter): Expression<SqlBool>[] {
  const { agentId, agentVersion, memoryStoreId, statuses, created = {} } = filter
  const conditions = [
    sql<SqlBool>`workspace_id = ${defaultWorkspace}`,
    sql<SqlBool>`deleted_at is null`,
  ]
  if (filter.includeArchived === 'no') conditions.push(sql<SqlBool>`archived_at is null`)
  if (agentId !== undefined) conditions.push(sql<SqlBool>`agent_id = ${agentId}`)
  if (agentVersion !== undefined) conditions.push(sql<SqlBool>`agent_number = ${agentVersion}`)
  if (statuses !== undefined) conditions.push(sql<SqlBool>`status in ${anyOf(statuses)}`)
  if (memoryStoreId !== undefined) {
    conditions.push(
      sql<SqlBool>`id in (select session_id from session_resources
        where memory_store_id = ${memoryStoreId} and deleted_at is null)`,
    )
  }
  const operators = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const
  for (const [name, operator] of Object.entries(operators)) {
    const value = created[name as keyof typeof operators]
    if (value !== undefined) {
      conditions.push(sql<SqlBool>`began_at ${sql.raw(operator)} ${value}`)
    }
  }
  return conditions
}
