import type { AgentWithOverrides, GivenAgent } from '../../contract/v1/sessions.ts'
import { DomainError } from '../../core/errors.ts'
import type { AgentId } from '../../core/ids.ts'
import type { JsonObject } from '../../core/session.ts'
import { type Agent, getAgent } from '../../storage/agents.ts'
import type { Reader } from '../../storage/database.ts'
import {
  type AgentBody,
  checkServers,
  toMcpServers,
  toModel,
  toSkills,
  toTools,
} from './agent-config.ts'

export type SessionAgent = Omit<AgentBody, 'metadata'>

/** The agent a session is asked for, and what the session keeps of it whatever becomes of the agent. */
export async function resolveSessionAgent(
  reader: Reader,
  given: GivenAgent,
): Promise<{ readonly agent: Agent; readonly snapshot: SessionAgent }> {
  const { id, version } = typeof given === 'string' ? { id: given, version: undefined } : given
  const agent = await getAgent(reader, id as AgentId, version ?? undefined)
  if (agent.archivedAt !== null) {
    throw refused(`Agent ${id} was archived at ${agent.archivedAt}; new sessions need another one.`)
  }
  const body = toSessionAgent(agent)
  const chosen =
    typeof given !== 'string' && given.type === 'agent_with_overrides'
      ? override(body, given)
      : body
  const multiagent = chosen.multiagent && (await spellOut(reader, chosen.multiagent))
  return { agent, snapshot: { ...chosen, multiagent } }
}

export function toSessionAgent({ body }: Agent): SessionAgent {
  const { metadata: _, ...rest } = body as unknown as AgentBody
  return rest
}

/** Left out: inherited. Null or empty: cleared. Anything else replaces the whole. */
function override(body: SessionAgent, given: AgentWithOverrides): SessionAgent {
  const { model, system, tools, mcp_servers: servers, skills } = given
  if (model === null) {
    throw refused('agent.model: a session needs a model; leave it out to keep the agent’s.', {
      error_code: 'agent_model_required',
    })
  }
  const chosen: SessionAgent = {
    ...body,
    model: model === undefined ? body.model : overrideModel(body, model),
    system: system === undefined ? body.system : system || null,
    tools: tools === undefined ? body.tools : toTools(tools ?? []),
    mcp_servers: servers === undefined ? body.mcp_servers : toMcpServers(servers ?? []),
    skills: skills === undefined ? body.skills : toSkills(skills ?? []),
  }
  if (chosen.tools.length === 0 && chosen.skills.length > 0) {
    throw refused('agent.tools: cannot be cleared while skills remain; clear skills too.')
  }
  checkServers(chosen)
  return chosen
}

/** Effort is the agent's; an override of the model cannot bring its own. */
function overrideModel(body: SessionAgent, model: NonNullable<AgentWithOverrides['model']>) {
  const { effort: _, ...rest } = toModel(model)
  const kept = rest.id === body.model.id ? body.model.effort : undefined
  return kept ? { ...rest, effort: kept } : rest
}

/** References in a roster become whole agents; an advisor has nothing to spell out. */
async function spellOut(reader: Reader, multiagent: JsonObject): Promise<JsonObject> {
  if (multiagent.type === 'coordinator') {
    return { ...multiagent, agents: await spellAll(reader, multiagent.agents) }
  }
  const members: Record<string, JsonObject> = {}
  for (const name of ['subagents', 'workflows']) {
    const member = multiagent[name] as JsonObject
    members[name] =
      member.type === 'enabled'
        ? { ...member, predefined_agents: await spellAll(reader, member.predefined_agents) }
        : member
  }
  return { ...multiagent, ...members }
}

async function spellAll(reader: Reader, entries: unknown): Promise<JsonObject[]> {
  const spelled: JsonObject[] = []
  for (const entry of entries as JsonObject[]) {
    if (entry.type !== 'agent') {
      spelled.push(entry)
      continue
    }
    const agent = await getAgent(reader, entry.id as AgentId, Number(entry.version))
    const { multiagent: _, ...body } = toSessionAgent(agent)
    spelled.push({
      id: agent.id,
      type: 'agent',
      version: agent.version,
      ...body,
    } as unknown as JsonObject)
  }
  return spelled
}

const refused = (message: string, details: Record<string, string> = {}) =>
  new DomainError('invalid_argument', message, { details })
