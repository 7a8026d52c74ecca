import type { SessionUpdate } from '../../contract/v1/sessions.ts'
import { DomainError } from '../../core/errors.ts'
import { mergeMetadata } from '../../core/metadata.ts'
import type { JsonObject } from '../../core/session.ts'
import type { Writer } from '../../storage/database.ts'
import { appendSessionEvents } from '../../storage/live-events.ts'
import { patchSession, type SessionPatch } from '../../storage/live-sessions.ts'
import { getSession, type StoredSession } from '../../storage/sessions.ts'
import type { ApiContext } from '../context.ts'
import { recordChange } from '../record.ts'
import { checkServers, toMcpServers, toTools } from './agent-config.ts'
import type { SessionAgent } from './session-agent.ts'
import { presentAgent } from './session-wire.ts'

/** Changes what differs, and says so in the session's own events; what is the same leaves no trace. */
export async function updateSessionFields(
  writer: Writer,
  context: ApiContext,
  { stored, given }: { readonly stored: StoredSession; readonly given: SessionUpdate },
): Promise<StoredSession> {
  refuseFixed(stored, given)
  const { id } = stored.session
  const patch = findChanges(stored, given)
  if (Object.keys(patch).length === 0) return stored
  const patched = await patchSession(writer, id, patch)
  await recordChange(writer, context, { action: 'session.updated', id })
  if (!stored.isLive) return patched
  const { title, metadata, budget, agentSnapshot } = patch
  await appendSessionEvents(writer, id, [
    {
      type: 'session.updated',
      ...(title === undefined ? {} : { title }),
      ...(metadata === undefined || Object.keys(metadata).length === 0 ? {} : { metadata }),
      ...(budget === undefined ? {} : { budget }),
      ...(agentSnapshot === undefined
        ? {}
        : { agent: presentAgent(patched, context.hash) as unknown as JsonObject }),
    },
  ])
  return getSession(writer, id)
}

function findChanges(stored: StoredSession, given: SessionUpdate): SessionPatch {
  const metadata = mergeMetadata(stored.metadata, given.metadata ?? {})
  const title = given.title === undefined ? stored.session.title : given.title
  const budget = given.budget === undefined ? stored.budget : given.budget
  const snapshot = given.agent && changeAgent(stored, given.agent)
  return {
    ...(title === stored.session.title ? {} : { title }),
    ...(isSame(metadata, stored.metadata) ? {} : { metadata }),
    ...(isSame(budget, stored.budget) ? {} : { budget }),
    ...(!snapshot || isSame(snapshot, stored.agentSnapshot) ? {} : { agentSnapshot: snapshot }),
  }
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

function changeAgent(
  { agentSnapshot }: StoredSession,
  { tools, mcp_servers: servers }: NonNullable<SessionUpdate['agent']>,
): JsonObject {
  const before = agentSnapshot as unknown as SessionAgent
  const after: SessionAgent = {
    ...before,
    ...(tools === undefined ? {} : { tools: toTools(tools) }),
    ...(servers === undefined ? {} : { mcp_servers: toMcpServers(servers) }),
  }
  if (after.tools.length === 0 && after.skills.length > 0) {
    throw refused('agent.tools: cannot be cleared while the agent has skills.')
  }
  checkServers(after)
  return after as unknown as JsonObject
}

function refuseFixed(stored: StoredSession, given: SessionUpdate): void {
  const { session, archivedAt, budget } = stored
  if (archivedAt !== null) throw refused(`Session ${session.id} is archived and read-only.`)
  if (given.vault_ids !== undefined) {
    throw refused('vault_ids: vaults are attached when a session is created, never later.')
  }
  if (given.budget && budget === null) {
    throw refused('budget: only a session that was created with one can have it changed.', {
      error_code: 'budget_create_only',
    })
  }
  if (given.budget !== undefined && session.status === 'terminated') {
    throw refused(`budget: session ${session.id} is terminated.`)
  }
  if (!given.agent) return
  if (stored.agentSnapshot === null) {
    throw refused('agent: this session was imported; its agent is as it was.')
  }
  if (session.status !== 'idle') {
    throw refused(`agent: session ${session.id} is ${session.status}; wait until it is idle.`)
  }
}

const refused = (message: string, details: Record<string, string> = {}) =>
  new DomainError('invalid_argument', message, { details })
