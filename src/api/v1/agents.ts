import type { z } from 'zod'
import {
  agentListQuery,
  agentPage,
  agentPath,
  agentQuery,
  agent as agentSchema,
  agentUpdate,
  agentVersionsQuery,
  newAgent,
} from '../../contract/v1/agents.ts'
import { DomainError } from '../../core/errors.ts'
import type { AgentId } from '../../core/ids.ts'
import {
  type Agent,
  archiveAgent,
  getAgent,
  insertAgent,
  listAgents,
  listAgentVersions,
  updateAgent,
} from '../../storage/agents.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'
import { recordChange } from '../record.ts'
import { mergeAgent, toAgentBody } from './agent-body.ts'
import type { AgentBody } from './agent-config.ts'
import { cutPage, readTimeCursor, writeTimeCursor } from './time-pages.ts'

const family = 'managed-agents'
const reading = ['ingest', 'review'] as const
const writing = ['ingest'] as const

export const agentEndpoints = [
  defineEndpoint({
    method: 'POST',
    path: '/v1/agents',
    family,
    scopes: writing,
    summary: 'Makes an agent, version 1.',
    body: newAgent,
    response: agentSchema,
    async handle({ context, actor, body }) {
      const id = context.newId('agent')
      return context.database.write(actor, async (writer) => {
        const made = await insertAgent(writer, { id, body: await toAgentBody(writer, id, body) })
        await recordChange(writer, context, { action: 'agent.created', id })
        return present(made)
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/agents',
    family,
    scopes: reading,
    summary: 'Agents at their newest versions, newest agent first.',
    query: agentListQuery,
    response: agentPage,
    async handle({ context, query }) {
      const { created_at: created = {}, limit } = query
      const after = readTimeCursor(context.keyring, { list: 'agents', page: query.page, created })
      const rows = await context.database.read((reader) =>
        listAgents(reader, {
          created,
          includeArchived: query.include_archived ? 'yes' : 'no',
          ...(after ? { after } : {}),
          limit: limit + 1,
        }),
      )
      return cutPage(rows, limit, {
        present,
        cursor: (last) => writeTimeCursor(context.keyring, 'agents', last),
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/agents/{agent_id}',
    family,
    scopes: reading,
    summary: 'An agent, at its newest version or at the one asked for.',
    params: agentPath,
    query: agentQuery,
    response: agentSchema,
    async handle({ context, params, query }) {
      const id = params.agent_id as AgentId
      return present(await context.database.read((reader) => getAgent(reader, id, query.version)))
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/agents/{agent_id}',
    family,
    scopes: writing,
    summary: 'Makes the next version of what is sent; nothing new makes no version.',
    params: agentPath,
    body: agentUpdate,
    response: agentSchema,
    async handle({ context, actor, params, body }) {
      const id = params.agent_id as AgentId
      return context.database.write(actor, async (writer) => {
        const agent = await getAgent(writer, id)
        refuseStale(agent, body.version)
        const next = await mergeAgent(writer, agent, body)
        if (next === null) return present(agent)
        const updated = await updateAgent(writer, { id, from: agent.version, body: next })
        await recordChange(writer, context, { action: 'agent.updated', id })
        return present(updated)
      })
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/v1/agents/{agent_id}/archive',
    family,
    scopes: writing,
    summary: 'Makes an agent read-only for good; sessions that run go on.',
    params: agentPath,
    response: agentSchema,
    async handle({ context, actor, params }) {
      const id = params.agent_id as AgentId
      return context.database.write(actor, async (writer) => {
        const archived = await archiveAgent(writer, id)
        await recordChange(writer, context, { action: 'agent.archived', id })
        return present(archived)
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/v1/agents/{agent_id}/versions',
    family,
    scopes: reading,
    summary: 'Every version of an agent, newest first.',
    params: agentPath,
    query: agentVersionsQuery,
    response: agentPage,
    async handle({ context, params, query }) {
      const id = params.agent_id as AgentId
      const list = `agent versions ${id}`
      const before = query.page && Number(readCursor(context.keyring, list, query.page))
      const rows = await context.database.read((reader) =>
        listAgentVersions(reader, { id, ...(before ? { before } : {}), limit: query.limit + 1 }),
      )
      return cutPage(rows, query.limit, {
        present,
        cursor: (last) => writeCursor(context.keyring, list, last.version),
      })
    },
  }),
]

function refuseStale(agent: Agent, version: number | undefined): void {
  if (agent.archivedAt !== null) {
    throw new DomainError('invalid_argument', `Agent ${agent.id} is archived and read-only.`)
  }
  if (version === undefined || version === agent.version) return
  throw new DomainError(
    'conflict',
    `Agent ${agent.id} is at version ${agent.version}, not ${version}; read it again and send the newest.`,
  )
}

const present = (row: Agent) =>
  ({
    id: row.id,
    type: 'agent',
    version: row.version,
    ...(row.body as unknown as AgentBody),
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    archived_at: row.archivedAt,
  }) as unknown as z.input<typeof agentSchema>
