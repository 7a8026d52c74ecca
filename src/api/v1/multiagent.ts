import type { GivenMultiagent } from '../../contract/v1/agents.ts'
import { DomainError } from '../../core/errors.ts'
import type { AgentId } from '../../core/ids.ts'
import type { JsonObject } from '../../core/session.ts'
import { getAgent } from '../../storage/agents.ts'
import type { Reader } from '../../storage/database.ts'

/** The agent whose roster it is, at the version that `self` stands for. */
export interface Owner {
  readonly id: AgentId
  readonly version: number
}

type Entry = Extract<GivenMultiagent, { type: 'coordinator' }>['agents'][number]
type Reference = Exclude<Entry, { type: 'advisor' }>
type Spawning = NonNullable<Extract<GivenMultiagent, { type: 'multiagent_20261001' }>['subagents']>

/**
 * A roster with every reference pinned to a version. `before` is what a `multiagent_20261001` is merged into,
 * level by level; a coordinator replaces whatever was there.
 */
export async function resolveMultiagent(
  reader: Reader,
  owner: Owner,
  { given, before }: { readonly given: GivenMultiagent; readonly before: JsonObject | null },
): Promise<JsonObject> {
  if (given.type === 'coordinator') {
    return { type: 'coordinator', agents: await resolveRoster(reader, owner, given.agents) }
  }
  const same = before?.type === 'multiagent_20261001' ? before : {}
  const former = (name: string) => same[name] as JsonObject | undefined
  return {
    type: 'multiagent_20261001',
    advisor: given.advisor ?? former('advisor') ?? { type: 'disabled' },
    subagents: await resolveSpawning(reader, owner, {
      given: given.subagents,
      before: former('subagents'),
    }),
    workflows: await resolveSpawning(reader, owner, {
      given: given.workflows,
      before: former('workflows'),
    }),
  }
}

const standardSpawning: JsonObject = {
  type: 'enabled',
  inline_agents: { type: 'enabled' },
  predefined_agents: [],
}

async function resolveSpawning(
  reader: Reader,
  owner: Owner,
  {
    given,
    before = standardSpawning,
  }: { readonly given: Spawning | null | undefined; readonly before: JsonObject | undefined },
): Promise<JsonObject> {
  if (!given) return before
  if (given.type === 'disabled') return { type: 'disabled' }
  const former = before.type === 'enabled' ? before : standardSpawning
  const inline = given.inline_agents ?? (former.inline_agents as JsonObject)
  const predefined = given.predefined_agents
    ? await resolveRoster(reader, owner, given.predefined_agents)
    : (former.predefined_agents as JsonObject[])
  if (inline.type === 'disabled' && predefined.length === 0) {
    throw refused('inline_agents is disabled and predefined_agents is empty; give one of them.')
  }
  return { type: 'enabled', inline_agents: inline, predefined_agents: predefined }
}

/** The advisor comes last, whatever its place was. */
async function resolveRoster(
  reader: Reader,
  owner: Owner,
  entries: readonly Entry[],
): Promise<JsonObject[]> {
  const agents: JsonObject[] = []
  const advisors: JsonObject[] = []
  for (const entry of entries) {
    if (typeof entry !== 'string' && entry.type === 'advisor') advisors.push({ ...entry })
    else agents.push(await resolveEntry(reader, owner, entry))
  }
  if (advisors.length > 1) throw refused('at most one advisor.')
  if (new Set(agents.map(({ id }) => id)).size < agents.length) {
    throw refused('agents must be distinct; one is named twice.')
  }
  return [...agents, ...advisors]
}

async function resolveEntry(reader: Reader, owner: Owner, entry: Reference): Promise<JsonObject> {
  const { id, version } = toReference(owner, entry)
  if (id === owner.id) return { type: 'agent', id, version: version ?? owner.version }
  const agent = await getAgent(reader, id, version)
  if (agent.archivedAt !== null) throw refused(`agent ${id} is archived; leave it out.`)
  if (agent.body.multiagent) {
    throw refused(`agent ${id} has multiagent itself; only one level is possible.`)
  }
  return { type: 'agent', id, version: agent.version }
}

function toReference(owner: Owner, entry: Reference) {
  if (typeof entry === 'string') return { id: entry as AgentId, version: undefined }
  if (entry.type === 'self') return owner
  return { id: entry.id as AgentId, version: entry.version ?? undefined }
}

const refused = (message: string) => new DomainError('invalid_argument', `multiagent: ${message}`)
