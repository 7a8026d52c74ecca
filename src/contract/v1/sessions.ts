import { z } from 'zod'
import { mcpServers, skills, tools } from './agent-tools.ts'
import { agentReference, givenModel, sessionAgent, systemPrompt } from './agents.ts'
import { initialEvents } from './session-events.ts'
import { givenResource, sessionResource } from './session-resources.ts'
import { cursor, flag, givenId, limit, line, metadata, metadataPatch, timeRange } from './wire.ts'

const agentWithOverrides = z.object({
  type: z.literal('agent_with_overrides'),
  id: givenId,
  version: z.number().int().min(1).nullish(),
  model: givenModel.nullish(),
  system: systemPrompt.nullish(),
  tools: tools.nullish(),
  mcp_servers: mcpServers.nullish(),
  skills: skills.nullish(),
})
export type AgentWithOverrides = z.output<typeof agentWithOverrides>

const givenAgent = z.union([
  givenId,
  z.discriminatedUnion('type', [agentReference, agentWithOverrides]),
])
export type GivenAgent = z.output<typeof givenAgent>

const budget = z.object({
  type: z.literal('limit'),
  max_list_cost: z.object({
    amount: z.string().regex(/^[1-9]\d{0,11}$/, 'whole cents as text, e.g. "500"'),
    currency: z.literal('USD', 'only USD'),
  }),
})

const title = line(0, 1_000).nullish()
const maxStores = 8
const maxFiles = 500

export const newSession = z.object({
  agent: givenAgent,
  environment_id: givenId,
  title,
  metadata: metadata.optional(),
  resources: z
    .array(givenResource)
    .max(maxStores + maxFiles + 500)
    .refine(
      (all) => all.filter(({ type }) => type === 'memory_store').length <= maxStores,
      `at most ${maxStores} memory stores`,
    )
    .refine(
      (all) => all.filter(({ type }) => type === 'file').length <= maxFiles,
      `at most ${maxFiles} files`,
    )
    .optional(),
  vault_ids: z.array(givenId).max(50, 'at most 50 vaults').optional(),
  budget: budget.optional(),
  initial_events: initialEvents.optional(),
})
export type NewSession = z.output<typeof newSession>

export const sessionUpdate = z.object({
  title,
  metadata: metadataPatch.nullish(),
  budget: budget.nullable().optional(),
  agent: z
    .object({ tools: tools.optional(), mcp_servers: mcpServers.optional() })
    .optional()
    .describe('only while the session is idle'),
  vault_ids: z.array(givenId).optional().describe('refused: vaults are attached at creation only'),
})
export type SessionUpdate = z.output<typeof sessionUpdate>

const usage = z.object({
  input_tokens: z.number().optional(),
  output_tokens: z.number().optional(),
  cache_read_input_tokens: z.number().optional(),
  cache_creation: z
    .object({ ephemeral_5m_input_tokens: z.number(), ephemeral_1h_input_tokens: z.number() })
    .optional(),
  active_seconds: z.number().optional(),
  list_cost: z.null().optional(),
  server_tool_use: z.null().optional(),
})

export const sessionStatus = z.enum(['idle', 'running', 'rescheduling', 'terminated'])

export const session = z.object({
  id: z.string(),
  type: z.literal('session'),
  status: sessionStatus,
  agent: sessionAgent,
  environment_id: z.string(),
  deployment_id: z.null(),
  title: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
  resources: z.array(sessionResource),
  vault_ids: z.array(z.string()),
  budget: z.record(z.string(), z.unknown()).nullable(),
  outcome_evaluations: z.array(z.record(z.string(), z.unknown())),
  stats: z.object({
    active_seconds: z.number().optional(),
    duration_seconds: z.number().optional(),
  }),
  usage,
  created_at: z.string(),
  updated_at: z.string(),
  archived_at: z.string().nullable(),
})

export const sessionPage = z.object({
  data: z.array(session),
  next_page: z.string().nullable(),
  prev_page: z.string().nullable(),
})
export const deletedSession = z.object({ id: z.string(), type: z.literal('session_deleted') })
export const sessionPath = z.object({ session_id: givenId })

export const sessionListQuery = z.object({
  page: cursor,
  limit: limit(100, 20),
  order: z.enum(['asc', 'desc']).default('desc'),
  agent_id: givenId.optional(),
  agent_version: z.coerce
    .number('a whole number')
    .int('a whole number')
    .min(1, 'at least 1')
    .optional()
    .describe('counts only with agent_id'),
  deployment_id: givenId.optional(),
  memory_store_id: givenId.optional(),
  statuses: z.array(sessionStatus).max(20).optional(),
  created_at: timeRange.optional(),
  include_archived: flag.optional(),
})
