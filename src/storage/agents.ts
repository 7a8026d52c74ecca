import type { Selectable } from 'kysely'
import { DomainError } from '../core/errors.ts'
import { type AgentId, type Hash, makeId } from '../core/ids.ts'
import type { AgentSnapshot, JsonObject } from '../core/session.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import type { AgentsTable } from './tables/objects.ts'

/** An agent at one of its versions. */
export interface Agent {
  readonly id: AgentId
  /** From 1. */
  readonly version: number
  /** The wire's fields less id, version and times; checked by whoever wrote it. */
  readonly body: JsonObject
  readonly createdAt: string
  /** When this version was made. */
  readonly updatedAt: string
  readonly archivedAt: string | null
}

/** A row of a list that is ordered by time, newest first; the next page begins after it. */
export interface TimeCursor {
  readonly createdAt: string
  readonly id: string
}

export interface CreatedRange {
  readonly gt?: string | undefined
  readonly gte?: string | undefined
  readonly lt?: string | undefined
  readonly lte?: string | undefined
}

/** The newest version where none is given; null where there is no such agent or version. */
export async function findAgent(
  reader: Reader,
  id: AgentId,
  version?: number,
): Promise<Agent | null> {
  const head = await reader.read
    .selectFrom('agents')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (!head) return null
  const row = await reader.read
    .selectFrom('agent_versions')
    .selectAll()
    .where('agent_id', '=', id)
    .where('version', '=', version ?? head.version)
    .executeTakeFirst()
  return row ? toAgent(head, row) : null
}

export async function getAgent(reader: Reader, id: AgentId, version?: number): Promise<Agent> {
  const agent = await findAgent(reader, id, version)
  if (agent) return agent
  throw new DomainError(
    'not_found',
    version === undefined
      ? `There is no agent ${id}.`
      : `There is no version ${version} of an agent ${id}.`,
  )
}

export interface AgentPage {
  readonly created?: CreatedRange
  readonly includeArchived: 'yes' | 'no'
  readonly after?: TimeCursor
  readonly limit: number
}

/** At their newest versions, newest agent first. */
export async function listAgents(reader: Reader, page: AgentPage): Promise<Agent[]> {
  const { created = {}, after, limit, includeArchived } = page
  let query = reader.read
    .selectFrom('agents')
    .innerJoin('agent_versions', (join) =>
      join
        .onRef('agent_versions.agent_id', '=', 'agents.id')
        .onRef('agent_versions.version', '=', 'agents.version'),
    )
    .select(['agents.id', 'agents.created_at', 'agents.updated_at', 'agents.archived_at'])
    .select(['agents.workspace_id', 'agents.version', 'body'])
    .select('agent_versions.created_at as made_at')
    .where('agents.workspace_id', '=', defaultWorkspace)
    .orderBy('agents.created_at', 'desc')
    .orderBy('agents.id', 'desc')
    .limit(limit)
  if (includeArchived === 'no') query = query.where('agents.archived_at', 'is', null)
  if (created.gt) query = query.where('agents.created_at', '>', created.gt)
  if (created.gte) query = query.where('agents.created_at', '>=', created.gte)
  if (created.lt) query = query.where('agents.created_at', '<', created.lt)
  if (created.lte) query = query.where('agents.created_at', '<=', created.lte)
  if (after) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple('agents.created_at', 'agents.id'),
        '<',
        tuple(after.createdAt, after.id as AgentId),
      ),
    )
  }
  const rows = await query.execute()
  return rows.map((row) =>
    toAgent(row, { version: row.version, body: row.body, created_at: row.made_at }),
  )
}

/** Newest first, those below `before`. */
export async function listAgentVersions(
  reader: Reader,
  { id, before, limit }: { readonly id: AgentId; readonly before?: number; readonly limit: number },
): Promise<Agent[]> {
  const head = await reader.read
    .selectFrom('agents')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  if (!head) throw new DomainError('not_found', `There is no agent ${id}.`)
  const rows = await reader.read
    .selectFrom('agent_versions')
    .selectAll()
    .where('agent_id', '=', id)
    .$if(before !== undefined, (query) => query.where('version', '<', before as number))
    .orderBy('version', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => toAgent(head, row))
}

/** Version 1. */
export async function insertAgent(
  writer: Writer,
  { id, body }: Pick<Agent, 'id' | 'body'>,
): Promise<Agent> {
  const head = await writer.write
    .insertInto('agents')
    .values({ id, version: 1, created_at: writer.at, updated_at: writer.at, archived_at: null })
    .returningAll()
    .executeTakeFirstOrThrow()
  return insertVersion(writer, head, body)
}

/** The next version, if `from` is still the newest one and the agent is not archived. */
export async function updateAgent(
  writer: Writer,
  { id, from, body }: Pick<Agent, 'id' | 'body'> & { readonly from: number },
): Promise<Agent> {
  const head = await writer.write
    .updateTable('agents')
    .set({ version: from + 1, updated_at: writer.at })
    .where('id', '=', id)
    .where('version', '=', from)
    .where('archived_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (head) return insertVersion(writer, head, body)
  throw new DomainError(
    'conflict',
    `Agent ${id} was changed or archived meanwhile; version ${from} is not its newest any more.`,
  )
}

/** Once and for all; a second time changes nothing. */
export async function archiveAgent(writer: Writer, id: AgentId): Promise<Agent> {
  await writer.write
    .updateTable('agents')
    .set({ archived_at: writer.at, updated_at: writer.at })
    .where('id', '=', id)
    .where('archived_at', 'is', null)
    .execute()
  return getAgent(writer, id)
}

/** The id of an agent that is known only by what its sessions say: the same words are the same agent. */
export function nameImportedAgent(hash: Hash, { name, version, model }: AgentSnapshot): AgentId {
  return makeId('agent', hash, ['imported', JSON.stringify([name, version, model])])
}

/** All that is known of such an agent, in the fields that every agent has. */
export function describeImportedAgent({ name, version, model }: AgentSnapshot) {
  return {
    name,
    description: null,
    model: { id: model ?? 'unknown', speed: 'standard' },
    system: null,
    tools: [],
    mcp_servers: [],
    skills: [],
    multiagent: null,
    execution_identity: { type: 'service_account' },
    metadata: version === null ? {} : { version },
  } as const satisfies JsonObject
}

/** Makes the agent of imported sessions where there is none yet; null where there is. */
export async function insertImportedAgent(
  writer: Writer,
  snapshot: AgentSnapshot,
): Promise<Agent | null> {
  const made = await writer.write
    .insertInto('agents')
    .values({
      id: nameImportedAgent(writer.hash, snapshot),
      version: 1,
      created_at: writer.at,
      updated_at: writer.at,
      archived_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst()
  return made ? insertVersion(writer, made, describeImportedAgent(snapshot)) : null
}

async function insertVersion(
  writer: Writer,
  head: Selectable<AgentsTable>,
  body: JsonObject,
): Promise<Agent> {
  const version = { version: head.version, body: JSON.stringify(body), created_at: writer.at }
  await writer.write
    .insertInto('agent_versions')
    .values({ agent_id: head.id, ...version })
    .execute()
  return toAgent(head, version)
}

interface VersionRow {
  readonly version: number
  readonly body: string
  readonly created_at: string
}

/** Archiving touches the newest version only. */
const toAgent = (head: Selectable<AgentsTable>, row: VersionRow): Agent => ({
  id: head.id,
  version: row.version,
  body: JSON.parse(row.body),
  createdAt: head.created_at,
  updatedAt: row.version === head.version ? head.updated_at : row.created_at,
  archivedAt: head.archived_at,
})
