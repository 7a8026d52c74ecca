import { z } from 'zod'
import { mcpServers, skills, tools } from './agent-tools.ts'
import {
  cursor,
  flag,
  givenId,
  limit,
  line,
  metadata,
  metadataPatch,
  pageOf,
  prose,
  timestamp,
} from './wire.ts'

const effortLevel = z.enum(['low', 'medium', 'high', 'xhigh', 'max'])

const modelId = line(1, 256)

/** Any name goes: which models exist is the runtime's business. */
export const givenModel = z.union(
  [
    modelId,
    z.object({
      id: modelId,
      effort: z.union([effortLevel, z.object({ type: effortLevel })]).nullish(),
      speed: z.enum(['standard', 'fast']).nullish(),
      inference_geo: line(1, 64).nullish(),
    }),
  ],
  'a model id, or {"id": "…"} with effort, speed or inference_geo',
)

const agentVersion = z.number('a whole number').int('a whole number').min(1, 'at least 1')

export const agentReference = z.object({
  type: z.literal('agent'),
  id: givenId,
  version: agentVersion.nullish(),
})
const self = z.object({ type: z.literal('self') })
const predefined = z.union([givenId, agentReference, self])
const rosterEntry = z.union([
  givenId,
  agentReference,
  self,
  z.object({ type: z.literal('advisor'), model: modelId }),
])

const disabled = z.object({ type: z.literal('disabled') })
const enabled = z.object({ type: z.literal('enabled') })
const spawning = z
  .union([
    disabled,
    enabled.extend({
      inline_agents: z.union([enabled, disabled]).nullish(),
      predefined_agents: z.array(predefined).max(20, 'at most 20 agents').nullish(),
    }),
  ])
  .nullish()

const multiagent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('coordinator'),
    agents: z.array(rosterEntry).min(1, 'at least 1 agent').max(20, 'at most 20 agents'),
  }),
  z.object({
    type: z.literal('multiagent_20261001'),
    advisor: z.union([disabled, enabled.extend({ model: modelId })]).nullish(),
    subagents: spawning,
    workflows: spawning,
  }),
])

const executionIdentity = z.discriminatedUnion('type', [
  z.object({ type: z.literal('service_account') }),
  z.object({ type: z.literal('aws_role'), role_arn: line(20, 2_048) }),
])

export const systemPrompt = prose(0, 100_000)
const described = {
  description: prose(0, 2_048).nullish(),
  system: systemPrompt.nullish(),
  execution_identity: executionIdentity.nullish(),
  multiagent: multiagent.nullish(),
}

export const newAgent = z.object({
  name: line(1, 256),
  model: givenModel,
  ...described,
  tools: tools.optional(),
  mcp_servers: mcpServers.optional(),
  skills: skills.optional(),
  metadata: metadata.optional(),
})

export const agentUpdate = z.object({
  name: line(1, 256).optional(),
  model: givenModel.optional(),
  ...described,
  tools: tools.nullish(),
  mcp_servers: mcpServers.nullish(),
  skills: skills.nullish(),
  metadata: metadataPatch.nullish(),
  version: agentVersion.optional().describe('refuses the update when it is not the newest'),
})

const jsonObject = z.record(z.string(), z.unknown())

/** What sessions carry of an agent, as it was when they began. */
export const sessionAgent = z.object({
  id: z.string(),
  type: z.literal('agent'),
  version: z.number(),
  name: z.string(),
  description: z.string().nullable(),
  model: jsonObject,
  system: z.string().nullable(),
  tools: z.array(jsonObject),
  mcp_servers: z.array(jsonObject),
  skills: z.array(jsonObject),
  multiagent: jsonObject.nullable(),
  execution_identity: jsonObject,
})

export const agent = sessionAgent.extend({
  metadata: z.record(z.string(), z.string()),
  created_at: z.string(),
  updated_at: z.string(),
  archived_at: z.string().nullable(),
})

export const agentPath = z.object({ agent_id: givenId })
export const agentQuery = z.object({
  version: z.coerce.number('a whole number').int('a whole number').min(1, 'at least 1').optional(),
})
export const agentListQuery = z.object({
  page: cursor,
  limit: limit(100, 20),
  include_archived: flag.optional(),
  created_at: z.object({ gte: timestamp.optional(), lte: timestamp.optional() }).optional(),
})
export const agentVersionsQuery = z.object({ page: cursor, limit: limit(100, 20) })
export const agentPage = pageOf(agent)

export type NewAgent = z.output<typeof newAgent>
export type AgentUpdate = z.output<typeof agentUpdate>
export type GivenModel = z.output<typeof givenModel>
export type GivenMultiagent = z.output<typeof multiagent>
