import type { IngestedEvent } from '../../contract/lucid/session-events.ts'
import type { IngestedSession } from '../../contract/lucid/sessions.ts'
import { DomainError } from '../../core/errors.ts'
import type { AgentId, Hash, SessionId } from '../../core/ids.ts'
import { mergeMetadata } from '../../core/metadata.ts'
import type { AgentSnapshot, Json, JsonObject } from '../../core/session.ts'
import { getAgent, insertImportedAgent, nameImportedAgent } from '../../storage/agents.ts'
import type { Writer } from '../../storage/database.ts'
import { importedEnvironment } from '../../storage/environments.ts'
import { linkExposures } from '../../storage/exposures.ts'
import { type LiveEventBody, type NewSessionEvent, nameKeyed } from '../../storage/live-events.ts'
import {
  insertLiveSession,
  type NewLiveSession,
  nameIngestedSession,
} from '../../storage/live-sessions.ts'
import { findSession, type StoredSession } from '../../storage/sessions.ts'
import { toOutbox } from '../../storage/webhook-deliveries.ts'
import type { ApiContext } from '../context.ts'
import { recordChange } from '../record.ts'
import { toSessionAgent } from '../v1/session-agent.ts'

/** What sessions are called whose agents run elsewhere and send what they do. */
const ingestFormat = 'ingest'

/** The same key is the same session, as it was made the first time. */
export async function findOrInsertSession(
  writer: Writer,
  context: ApiContext,
  given: IngestedSession,
): Promise<{ readonly stored: StoredSession; readonly created: boolean }> {
  const id = nameIngestedSession(writer.hash, given.key)
  const known = await findSession(writer, id)
  if (known?.deletedAt) {
    throw new DomainError(
      'conflict',
      `The session of key "${given.key}" was deleted at ${known.deletedAt}; use another key.`,
    )
  }
  if (known) return { stored: known, created: false }
  const { ref, snapshot } = await resolveAgent(writer, given.agent)
  const stored = await insertLiveSession(writer, {
    session: {
      id,
      key: `ingest:${given.key}`,
      format: ingestFormat,
      agent: snapshot,
      task: { type: given.task?.type ?? null, id: given.task?.id ?? null },
      title: given.title ?? null,
      startedAt: given.started_at ?? writer.at,
      endedAt: null,
      status: 'idle',
      principal: given.principal ?? null,
      labels: given.labels ?? {},
    },
    agent: ref,
    environmentId: importedEnvironment,
    metadata: mergeMetadata({}, given.metadata ?? {}),
  })
  const { labels } = stored.session
  await linkExposures(writer, toOutbox(context), { id, labels, metadata: stored.metadata })
  await recordChange(writer, context, { action: 'session.created', id })
  return { stored, created: true }
}

async function resolveAgent(
  writer: Writer,
  given: IngestedSession['agent'],
): Promise<{ readonly ref: NewLiveSession['agent']; readonly snapshot: AgentSnapshot }> {
  if (typeof given === 'string') {
    const agent = await getAgent(writer, given as AgentId)
    const body = toSessionAgent(agent)
    return {
      ref: { id: agent.id, version: agent.version, snapshot: body as unknown as JsonObject },
      snapshot: { name: body.name, version: String(agent.version), model: body.model.id },
    }
  }
  const snapshot: AgentSnapshot = {
    name: given.name,
    version: given.version ?? null,
    model: given.model ?? null,
  }
  await insertImportedAgent(writer, snapshot)
  return {
    ref: { id: nameImportedAgent(writer.hash, snapshot), version: 1, snapshot: null },
    snapshot,
  }
}

/** Events as they are stored: without secrets, references resolved, and what the wire may leave out filled in. */
export async function prepareEvents(
  { mask, hash }: Pick<ApiContext, 'mask' | 'hash'>,
  id: SessionId,
  events: readonly IngestedEvent[],
): Promise<{ readonly events: NewSessionEvent[]; readonly secrets: number }> {
  const bodies = events.map(({ key: _key, processed_at: _at, ...body }) => body as JsonObject)
  const masked = await mask(bodies)
  return {
    events: events.map(({ key, processed_at: at }, index) => ({
      body: toStoredBody(masked.records[index] as JsonObject, hash, id),
      ...(at === undefined ? {} : { processedAt: at }),
      ...(key === undefined ? {} : { key }),
    })),
    secrets: masked.secrets.reduce((sum, count) => sum + count, 0),
  }
}

const references = [
  'tool_use_id',
  'custom_tool_use_id',
  'mcp_tool_use_id',
  'model_request_start_id',
  'outcome_evaluation_start_id',
]

function toStoredBody(body: JsonObject, hash: Hash, id: SessionId): LiveEventBody {
  const resolved: Record<string, Json> = { ...body }
  for (const name of references) {
    const given = resolved[name]
    if (typeof given !== 'string' || !given.startsWith('key:')) continue
    resolved[name] = nameKeyed(hash, id, given.slice('key:'.length))
  }
  return fill(resolved) as LiveEventBody
}

function fill(body: Record<string, Json>): Record<string, Json> {
  const type = String(body.type)
  if (type.endsWith('tool_result')) {
    return { ...body, content: body.content ?? [], is_error: body.is_error ?? false }
  }
  if (type === 'user.tool_confirmation') {
    return { ...body, deny_message: body.deny_message ?? null }
  }
  if (type === 'lucid.tool_canceled') return { ...body, content: body.content ?? [] }
  if (type === 'span.model_request_end') {
    const none = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
    const usage = { ...none, ...(body.model_usage as JsonObject) }
    return { ...body, is_error: body.is_error ?? null, model_usage: usage }
  }
  if (type !== 'session.error') return body
  const { retry_status: within, ...error } = body.error as JsonObject
  return { ...body, error, retry_status: within ?? body.retry_status ?? { type: 'terminal' } }
}
