import type { McpServers, Skills, Tools } from '../../contract/v1/agent-tools.ts'
import type { GivenModel } from '../../contract/v1/agents.ts'
import { DomainError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/session.ts'

/** What an agent is made of, as answers show it: every default filled in. */
export interface AgentBody {
  readonly name: string
  readonly description: string | null
  readonly model: ModelConfig
  readonly system: string | null
  readonly tools: readonly JsonObject[]
  readonly mcp_servers: readonly JsonObject[]
  readonly skills: readonly JsonObject[]
  readonly multiagent: JsonObject | null
  readonly execution_identity: JsonObject
  readonly metadata: Readonly<Record<string, string>>
}

export interface ModelConfig {
  readonly id: string
  readonly speed: 'standard' | 'fast'
  readonly effort?: { readonly type: string }
  readonly inference_geo?: string
}

/** `before` is the model that this one replaces: the same model keeps its effort when none is given. */
export function toModel(given: GivenModel, before: ModelConfig | null = null): ModelConfig {
  const {
    id,
    effort,
    speed,
    inference_geo: geo,
  } = typeof given === 'string' ? { id: given } : given
  const kept = effort === undefined && before?.id === id ? before.effort : undefined
  const chosen = typeof effort === 'string' ? { type: effort } : (effort ?? kept)
  return {
    id,
    speed: speed ?? 'standard',
    ...(chosen ? { effort: chosen } : {}),
    ...(geo ? { inference_geo: geo } : {}),
  }
}

type GivenTool = Tools[number]

export const toTools = (tools: Tools): JsonObject[] => tools.map(toTool)

function toTool(tool: GivenTool): JsonObject {
  if (tool.type === 'custom') return plain(tool)
  const isMcp = tool.type === 'mcp_toolset'
  const standard = {
    enabled: tool.default_config?.enabled ?? true,
    permission_policy: tool.default_config?.permission_policy ?? {
      type: isMcp ? 'always_ask' : 'always_allow',
    },
  }
  const configs = (tool.configs ?? []).map((config) => ({
    ...withoutNulls(plain(config)),
    ...(isMcp ? {} : builtInFields(config)),
    enabled: config.enabled ?? standard.enabled,
    permission_policy: config.permission_policy ?? standard.permission_policy,
  }))
  const named = isMcp ? { mcp_server_name: tool.mcp_server_name } : {}
  return plain({ type: tool.type, ...named, default_config: standard, configs })
}

interface BuiltInConfig {
  readonly name: string
  readonly url_sources?: Readonly<Record<string, unknown>> | null
}

/** The type repeats the name; where a web page may come from is spelled out, since short forms are input only. */
function builtInFields({ name, url_sources: sources }: BuiltInConfig) {
  if (name !== 'web_fetch') return { type: name }
  if (!sources) return { type: name, url_sources: null }
  const spelled = ['user_input', 'client_tool_results', 'server_tool_results'].map((key) => {
    const value = sources[key] ?? null
    return [key, typeof value === 'string' ? { type: value } : value] as const
  })
  return { type: name, url_sources: Object.fromEntries(spelled) }
}

const withoutNulls = (object: JsonObject) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))

export const toMcpServers = (servers: McpServers): JsonObject[] => servers.map(plain)

export const toSkills = (skills: Skills): JsonObject[] =>
  skills.map(({ type, skill_id, version }) => ({ type, skill_id, version: version ?? 'latest' }))

/** Servers and toolsets name each other, both ways. */
export function checkServers({ tools, mcp_servers }: Pick<AgentBody, 'tools' | 'mcp_servers'>) {
  const servers = new Set(mcp_servers.map(({ name }) => String(name)))
  const used = new Set(
    tools.flatMap((tool) => (tool.type === 'mcp_toolset' ? [String(tool.mcp_server_name)] : [])),
  )
  for (const name of used) {
    if (servers.has(name)) continue
    throw refused(
      `tools: the mcp_toolset for "${name}" names no server in mcp_servers; add the server or remove the toolset.`,
    )
  }
  for (const name of servers) {
    if (used.has(name)) continue
    throw refused(
      `mcp_servers: no mcp_toolset in tools names "${name}"; add one or remove the server.`,
    )
  }
}

const plain = (value: object): JsonObject => JSON.parse(JSON.stringify(value))

const refused = (message: string) => new DomainError('invalid_argument', message)
