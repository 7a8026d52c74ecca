import { z } from 'zod'
import { line, prose } from './wire.ts'

const policy = z.object({ type: z.enum(['always_allow', 'always_ask', 'auto']) })

const toggles = {
  enabled: z.boolean().nullish(),
  permission_policy: policy.nullish(),
}

const defaultConfig = z.object(toggles).nullish()

const hostname = line(1, 253)
const domains = z.array(hostname).min(1, 'at least 1 domain').max(64, 'at most 64 domains')
const domainLists = { allowed_domains: domains.optional(), blocked_domains: domains.optional() }

const oneDomainList = (config: { allowed_domains?: unknown; blocked_domains?: unknown }) =>
  config.allowed_domains === undefined || config.blocked_domains === undefined
const oneDomainListMessage = 'allowed_domains and blocked_domains exclude each other; send one'

const toolReference = z.object({ type: z.literal('tool_reference'), name: line(1, 255) })
const toolFilter = z.union([
  z.enum(['all', 'none']),
  z.object({ type: z.enum(['all', 'none']) }),
  z.object({ type: z.enum(['only', 'except']), tools: z.array(toolReference).max(256) }),
])
const urlSources = z.object({
  user_input: z
    .union([z.enum(['all', 'none']), z.object({ type: z.enum(['all', 'none']) })])
    .nullish(),
  client_tool_results: toolFilter.nullish(),
  server_tool_results: toolFilter.nullish(),
})

const plainTool = <N extends string>(name: N) =>
  z.object({ name: z.literal(name), type: z.literal(name).optional(), ...toggles })

const location = z.object({
  type: z.literal('approximate'),
  city: line(1, 255).nullish(),
  country: line(2, 2).nullish(),
  region: line(1, 255).nullish(),
  timezone: line(1, 255).nullish(),
})

const toolConfig = z.discriminatedUnion('name', [
  plainTool('bash'),
  plainTool('edit'),
  plainTool('read'),
  plainTool('write'),
  plainTool('glob'),
  plainTool('grep'),
  plainTool('web_fetch')
    .extend({
      ...domainLists,
      max_content_tokens: z.number().int().min(1).nullish(),
      url_sources: urlSources.nullish(),
    })
    .refine(oneDomainList, oneDomainListMessage),
  plainTool('web_search')
    .extend({ ...domainLists, user_location: location.nullish() })
    .refine(oneDomainList, oneDomainListMessage),
])

const unlike = (names: readonly string[]) => new Set(names).size === names.length

const agentToolset = z.object({
  type: z.literal('agent_toolset_20260401'),
  default_config: defaultConfig,
  configs: z
    .array(toolConfig)
    .max(8)
    .refine((configs) => unlike(configs.map(({ name }) => name)), 'each tool at most once')
    .optional(),
})

const mcpToolset = z.object({
  type: z.literal('mcp_toolset'),
  mcp_server_name: line(1, 255),
  default_config: defaultConfig,
  configs: z
    .array(z.object({ name: line(1, 255), ...toggles }))
    .max(256, 'at most 256 tools')
    .refine((configs) => unlike(configs.map(({ name }) => name)), 'each tool at most once')
    .optional(),
})

const customTool = z.object({
  type: z.literal('custom'),
  name: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, '1 to 128 of letters, digits, _ and -'),
  description: prose(0, 16_384),
  input_schema: z.looseObject({
    type: z.literal('object'),
    properties: z.record(z.string(), z.unknown()).nullish(),
    required: z.array(z.string().max(255)).max(1_000).nullish(),
  }),
})

const builtInTools = 8

/** A toolset of an MCP server has as many tools as the server says; those that are configured count. */
const countTools = (tools: readonly z.output<typeof tool>[]) =>
  tools.reduce((sum, one) => {
    if (one.type === 'custom') return sum + 1
    return sum + (one.type === 'mcp_toolset' ? (one.configs?.length ?? 0) : builtInTools)
  }, 0)

const tool = z.discriminatedUnion('type', [agentToolset, mcpToolset, customTool])

export const tools = z
  .array(tool)
  .max(128, 'at most 128 entries')
  .refine((list) => countTools(list) <= 256, 'at most 256 tools in all')
  .refine(
    (list) => unlike(list.flatMap((one) => (one.type === 'custom' ? [one.name] : []))),
    'custom tools have names of their own; two are the same',
  )
  .refine(
    (list) =>
      unlike(list.flatMap((one) => (one.type === 'mcp_toolset' ? one.mcp_server_name : []))),
    'at most one mcp_toolset for each server',
  )
  .refine(
    (list) => list.filter((one) => one.type === 'agent_toolset_20260401').length <= 1,
    'at most one agent_toolset_20260401',
  )

const httpUrl = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

export const mcpServers = z
  .array(
    z.object({
      type: z.literal('url'),
      name: line(1, 255),
      url: line(1, 2_048).refine(httpUrl, 'not an http or https URL'),
    }),
  )
  .max(20, 'at most 20 servers')
  .refine((servers) => unlike(servers.map(({ name }) => name)), 'names must be unique')

export const skills = z
  .array(
    z.object({
      type: z.enum(['anthropic', 'custom']),
      skill_id: line(1, 255),
      version: line(1, 255).nullish(),
    }),
  )
  .max(20, 'at most 20 skills')

export type Tools = z.output<typeof tools>
export type McpServers = z.output<typeof mcpServers>
export type Skills = z.output<typeof skills>
