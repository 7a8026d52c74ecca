import type { NewSession } from '../../contract/v1/sessions.ts'
import { DomainError } from '../../core/errors.ts'
import type { EnvironmentId, SessionId } from '../../core/ids.ts'
import { mergeMetadata } from '../../core/metadata.ts'
import type { JsonObject, Session } from '../../core/session.ts'
import type { Reader, Writer } from '../../storage/database.ts'
import { type Environment, getEnvironment } from '../../storage/environments.ts'
import { insertExposure } from '../../storage/exposures.ts'
import { insertLiveSession } from '../../storage/live-sessions.ts'
import { insertSessionResources, type SessionResource } from '../../storage/session-resources.ts'
import type { StoredSession } from '../../storage/sessions.ts'
import type { ApiContext } from '../context.ts'
import { recordChange } from '../record.ts'
import { readForSession } from '../session-readings.ts'
import { resolveSessionAgent } from './session-agent.ts'
import { prepareResources } from './session-mounts.ts'

/** What sessions are called that the wire's own create made. */
const managedFormat = 'managed'

export interface CreatedSession {
  readonly stored: StoredSession
  readonly resources: readonly SessionResource[]
}

/** All of it or nothing: the agent as it is now, the environment, and what is mounted. */
export async function createSession(
  writer: Writer,
  context: ApiContext,
  given: NewSession,
): Promise<CreatedSession> {
  if (given.initial_events && given.initial_events.length > 0) throw noRuntime('initial_events')
  const id = context.newId('sesn')
  const { agent, snapshot } = await resolveSessionAgent(writer, given.agent)
  const environment = await openEnvironment(writer, given.environment_id as EnvironmentId)
  const readings = await readForSession(writer, context, {
    sessionId: id,
    agentId: agent.id,
    resources: given.resources ?? [],
    metadata: given.metadata ?? {},
  })
  const resources = await prepareResources(writer, context.newId, readings.resources)
  if (environment.config.type === 'self_hosted') refuseUnmountable(resources)
  const stored = await insertLiveSession(writer, {
    session: {
      ...describe(id, given, writer.at),
      agent: { name: snapshot.name, version: String(agent.version), model: snapshot.model.id },
    },
    agent: {
      id: agent.id,
      version: agent.version,
      snapshot: snapshot as unknown as JsonObject,
    },
    environmentId: environment.id,
    metadata: mergeMetadata({}, readings.metadata),
    vaultIds: given.vault_ids ?? [],
    budget: given.budget ?? null,
  })
  const mounted = await insertSessionResources(writer, id, resources)
  for (const exposure of readings.exposures) await insertExposure(writer, exposure)
  await recordChange(writer, context, { action: 'session.created', id })
  return { stored, resources: mounted }
}

const describe = (id: SessionId, given: NewSession, at: string): Omit<Session, 'agent'> => ({
  id,
  key: id,
  format: managedFormat,
  task: { type: null, id: null },
  title: given.title ?? null,
  startedAt: at,
  endedAt: null,
  status: 'idle',
  principal: null,
  labels: {},
})

async function openEnvironment(reader: Reader, id: EnvironmentId): Promise<Environment> {
  const environment = await getEnvironment(reader, id)
  if (environment.archivedAt === null) return environment
  throw new DomainError(
    'invalid_argument',
    `Environment ${id} was archived at ${environment.archivedAt}; new sessions need another one.`,
    { details: { error_code: 'environment_archived' } },
  )
}

function refuseUnmountable(resources: readonly { readonly type: string }[]): void {
  const other = resources.find(({ type }) => type !== 'memory_store')
  if (!other) return
  throw new DomainError(
    'invalid_argument',
    `resources: a self-hosted environment mounts memory stores only, not a ${other.type}.`,
  )
}

/** Running an agent is not built yet; nothing is stored of a request that asks for it. */
export const noRuntime = (what: string) =>
  new DomainError(
    'unsupported',
    `${what}: this server stores sessions and cannot run an agent yet. Run the agent elsewhere and send what it does to POST /lucid/v1/sessions.`,
    { details: { error_code: 'session_runtime_unavailable' } },
  )
