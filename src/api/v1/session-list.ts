import type { z } from 'zod'
import type { sessionListQuery } from '../../contract/v1/sessions.ts'
import type { AgentId, MemoryStoreId, SessionId } from '../../core/ids.ts'
import { listSessionPage, type SessionPosition } from '../../storage/session-pages.ts'
import { listResourcesOf } from '../../storage/session-resources.ts'
import type { StoredSession } from '../../storage/sessions.ts'
import type { ApiContext } from '../context.ts'
import { readCursor, writeCursor } from '../pages.ts'
import { presentSession } from './session-wire.ts'
import { refuseExcluded } from './time-pages.ts'

type Query = z.output<typeof sessionListQuery>

/** One page, with the way on and the way back. */
export async function listWireSessions(context: ApiContext, query: Query) {
  const { database, keyring, hash, clock } = context
  const list = `sessions ${query.order}`
  const from = readPosition(context, list, query)
  // There are no deployments here, so none made a session.
  if (query.deployment_id !== undefined) return { data: [], next_page: null, prev_page: null }
  const { page, resources } = await database.read(async (reader) => {
    const found = await listSessionPage(reader, {
      filter: {
        agentId: query.agent_id as AgentId | undefined,
        agentVersion: query.agent_id === undefined ? undefined : query.agent_version,
        memoryStoreId: query.memory_store_id as MemoryStoreId | undefined,
        statuses: query.statuses,
        created: query.created_at,
        includeArchived: query.include_archived ? 'yes' : 'no',
      },
      order: query.order,
      ...(from ? { from } : {}),
      limit: query.limit,
    })
    const ids = found.sessions.map(({ session }) => session.id)
    return { page: found, resources: await listResourcesOf(reader, ids) }
  })
  const cursor = (stored: StoredSession | undefined, side: SessionPosition['side']) =>
    stored ? writeCursor(keyring, list, [stored.beganAt, stored.session.id, side]) : null
  return {
    data: page.sessions.map((stored) =>
      presentSession(stored, resources.get(stored.session.id) ?? [], { hash, now: clock() }),
    ),
    next_page: page.hasNext ? cursor(page.sessions.at(-1), 'after') : null,
    prev_page: page.hasPrevious ? cursor(page.sessions[0], 'before') : null,
  }
}

function readPosition(
  { keyring }: ApiContext,
  list: string,
  { page, created_at: created = {} }: Query,
): SessionPosition | null {
  if (page === undefined) return null
  const position = readCursor(keyring, list, page) as [string, SessionId, SessionPosition['side']]
  const [beganAt, id, side] = position
  refuseExcluded(beganAt, created)
  return { beganAt, id, side }
}
