import type { AgentUpdate, NewAgent } from '../../contract/v1/agents.ts'
import type { AgentId } from '../../core/ids.ts'
import { mergeMetadata } from '../../core/metadata.ts'
import type { JsonObject } from '../../core/session.ts'
import type { Agent } from '../../storage/agents.ts'
import type { Reader } from '../../storage/database.ts'
import {
  type AgentBody,
  checkServers,
  toMcpServers,
  toModel,
  toSkills,
  toTools,
} from './agent-config.ts'
import { resolveMultiagent } from './multiagent.ts'

export async function toAgentBody(
  reader: Reader,
  id: AgentId,
  given: NewAgent,
): Promise<JsonObject> {
  const owner = { id, version: 1 }
  const body: AgentBody = {
    name: given.name,
    description: given.description || null,
    model: toModel(given.model),
    system: given.system || null,
    tools: toTools(given.tools ?? []),
    mcp_servers: toMcpServers(given.mcp_servers ?? []),
    skills: toSkills(given.skills ?? []),
    multiagent: given.multiagent
      ? await resolveMultiagent(reader, owner, { given: given.multiagent, before: null })
      : null,
    execution_identity: given.execution_identity ?? serviceAccount,
    metadata: mergeMetadata({}, given.metadata ?? {}),
  }
  checkServers(body)
  return { ...body } as unknown as JsonObject
}

/** The body of the next version, or null when it would say what the newest one says. */
export async function mergeAgent(
  reader: Reader,
  agent: Agent,
  given: AgentUpdate,
): Promise<JsonObject | null> {
  const same = await merge(reader, { agent, given, version: agent.version })
  if (JSON.stringify(same) === JSON.stringify(agent.body)) return null
  // `self` stands for the version that is being made, which a change elsewhere makes the next one.
  return merge(reader, { agent, given, version: agent.version + 1 })
}

interface Merging {
  readonly agent: Agent
  readonly given: AgentUpdate
  readonly version: number
}

/** Only what was sent changes; null and "" clear what can be cleared. */
async function merge(reader: Reader, { agent, given, version }: Merging): Promise<JsonObject> {
  const before = agent.body as unknown as AgentBody
  const { tools, mcp_servers: servers, skills, multiagent, execution_identity: identity } = given
  const body: AgentBody = {
    name: given.name ?? before.name,
    description: choose(given.description, before.description),
    model: given.model === undefined ? before.model : toModel(given.model, before.model),
    system: choose(given.system, before.system),
    tools: tools === undefined ? before.tools : toTools(tools ?? []),
    mcp_servers: servers === undefined ? before.mcp_servers : toMcpServers(servers ?? []),
    skills: skills === undefined ? before.skills : toSkills(skills ?? []),
    multiagent: multiagent
      ? await resolveMultiagent(
          reader,
          { id: agent.id, version },
          { given: multiagent, before: before.multiagent },
        )
      : multiagent === undefined
        ? before.multiagent
        : null,
    execution_identity:
      identity === undefined ? before.execution_identity : (identity ?? serviceAccount),
    metadata: mergeMetadata(before.metadata, given.metadata ?? {}),
  }
  checkServers(body)
  return { ...body } as unknown as JsonObject
}

const serviceAccount = { type: 'service_account' } as const

const choose = (given: string | null | undefined, before: string | null) =>
  given === undefined ? before : given || null
