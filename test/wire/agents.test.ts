import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'
import { refusalOf } from './_memory.ts'
import { collect, model } from './_sessions.ts'

let server: TestServer
let client: Anthropic
beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
})
afterAll(() => server.stop())

const make = (given: object = {}) =>
  client.beta.agents.create({ name: 'clerk', model, ...given } as never)

describe('an agent', () => {
  it('comes back with every default filled in', async () => {
    const agent = await make({ tools: [{ type: 'agent_toolset_20260401' }] })
    expect(agent).toMatchObject({
      type: 'agent',
      version: 1,
      model: { id: model, speed: 'standard' },
      description: null,
      system: null,
      mcp_servers: [],
      skills: [],
      metadata: {},
      multiagent: null,
      execution_identity: { type: 'service_account' },
      archived_at: null,
      tools: [
        {
          type: 'agent_toolset_20260401',
          configs: [],
          default_config: { enabled: true, permission_policy: { type: 'always_allow' } },
        },
      ],
    })
    expect(await client.beta.agents.retrieve(agent.id)).toEqual(agent)
  })

  it('spells out effort, tool settings and skills', async () => {
    const agent = await make({
      model: { id: model, effort: 'high', inference_geo: 'eu' },
      mcp_servers: [{ type: 'url', name: 'git', url: 'https://mcp.example.com' }],
      tools: [
        {
          type: 'mcp_toolset',
          mcp_server_name: 'git',
          configs: [{ name: 'push', enabled: false }],
        },
        {
          type: 'agent_toolset_20260401',
          default_config: { permission_policy: { type: 'always_ask' } },
          configs: [{ name: 'web_fetch', url_sources: { user_input: 'all' } }, { name: 'bash' }],
        },
      ],
      skills: [{ type: 'anthropic', skill_id: 'pdf' }],
    })
    expect(agent.model).toEqual({
      id: model,
      speed: 'standard',
      effort: { type: 'high' },
      inference_geo: 'eu',
    })
    expect(agent.tools).toEqual([
      {
        type: 'mcp_toolset',
        mcp_server_name: 'git',
        default_config: { enabled: true, permission_policy: { type: 'always_ask' } },
        configs: [{ name: 'push', enabled: false, permission_policy: { type: 'always_ask' } }],
      },
      {
        type: 'agent_toolset_20260401',
        default_config: { enabled: true, permission_policy: { type: 'always_ask' } },
        configs: [
          {
            name: 'web_fetch',
            type: 'web_fetch',
            enabled: true,
            permission_policy: { type: 'always_ask' },
            url_sources: {
              user_input: { type: 'all' },
              client_tool_results: null,
              server_tool_results: null,
            },
          },
          {
            name: 'bash',
            type: 'bash',
            enabled: true,
            permission_policy: { type: 'always_ask' },
          },
        ],
      },
    ])
    expect(agent.skills).toEqual([{ type: 'anthropic', skill_id: 'pdf', version: 'latest' }])
  })

  const custom = (name: string) => ({
    type: 'custom',
    name,
    description: '',
    input_schema: { type: 'object' },
  })
  const servers = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      type: 'url',
      name: `s${index}`,
      url: 'https://mcp.example.com',
    }))
  const refused: [why: string, given: object][] = [
    ['a name of 257 characters', { name: 'a'.repeat(257) }],
    ['no name', { name: '' }],
    ['a system prompt of 100 001 characters', { system: 'a'.repeat(100_001) }],
    ['a description of 2 049 characters', { description: 'a'.repeat(2_049) }],
    ['129 tool entries', { tools: Array.from({ length: 129 }, (_, at) => custom(`t${at}`)) }],
    ['a tool name with a space', { tools: [custom('a b')] }],
    ['two custom tools of one name', { tools: [custom('a'), custom('a')] }],
    ['21 servers', { mcp_servers: servers(21) }],
    ['a server no toolset names', { mcp_servers: servers(1) }],
    ['a toolset of no server', { tools: [{ type: 'mcp_toolset', mcp_server_name: 'x' }] }],
    [
      '21 skills',
      { skills: Array.from({ length: 21 }, () => ({ type: 'custom', skill_id: 's' })) },
    ],
    [
      '17 pairs of metadata',
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`k${at}`, 'v'])) },
    ],
    [
      'domains both allowed and blocked',
      {
        tools: [
          {
            type: 'agent_toolset_20260401',
            configs: [{ name: 'web_search', allowed_domains: ['a'], blocked_domains: ['b'] }],
          },
        ],
      },
    ],
    ['an empty roster', { multiagent: { type: 'coordinator', agents: [] } }],
    [
      'two advisors',
      {
        multiagent: {
          type: 'coordinator',
          agents: [
            { type: 'advisor', model },
            { type: 'advisor', model },
          ],
        },
      },
    ],
  ]
  it.each(refused)('with %s is refused', async (_, given) => {
    expect(await refusalOf(make(given))).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
    })
  })

  it('that is unknown is a 404, and so is a version that it never had', async () => {
    const { id } = await make()
    expect(await refusalOf(client.beta.agents.retrieve('agent_no'))).toMatchObject({ status: 404 })
    expect(await refusalOf(client.beta.agents.retrieve(id, { version: 2 }))).toMatchObject({
      status: 404,
    })
  })
})

describe('an update of an agent', () => {
  it('changes what was sent and keeps the rest, as the next version', async () => {
    const agent = await make({ system: 'Be kind.', metadata: { a: '1', b: '2' } })
    const updated = await client.beta.agents.update(agent.id, {
      name: 'other',
      metadata: { a: null, c: '3' },
    })
    expect(updated).toMatchObject({
      version: 2,
      name: 'other',
      system: 'Be kind.',
      metadata: { b: '2', c: '3' },
    })
    expect(await client.beta.agents.retrieve(agent.id, { version: 1 })).toMatchObject({
      version: 1,
      name: 'clerk',
    })
    const versions = await collect(client.beta.agents.versions.list(agent.id, { limit: 1 }))
    expect(versions.map(({ version }) => version)).toEqual([2, 1])
  })

  it('clears system and description by null or empty text, tools by null', async () => {
    const agent = await make({
      system: 'x',
      description: 'y',
      tools: [{ type: 'agent_toolset_20260401' }],
    })
    const cleared = { system: '', description: null, tools: null }
    expect(await client.beta.agents.update(agent.id, cleared)).toMatchObject({
      system: null,
      description: null,
      tools: [],
    })
  })

  it('keeps effort with the same model, and forgets where it runs', async () => {
    const agent = await make({ model: { id: model, effort: 'max', inference_geo: 'eu' } })
    const same = await client.beta.agents.update(agent.id, { model })
    expect(same.model).toEqual({ id: model, speed: 'standard', effort: { type: 'max' } })
    const other = await client.beta.agents.update(agent.id, { model: 'claude-opus-5' })
    expect(other.model).toEqual({ id: 'claude-opus-5', speed: 'standard' })
  })

  it('that says nothing new makes no version', async () => {
    const agent = await make({ multiagent: { type: 'coordinator', agents: [{ type: 'self' }] } })
    const again = await client.beta.agents.update(agent.id, {
      name: agent.name,
      multiagent: { type: 'coordinator', agents: [{ type: 'self' }] },
    })
    expect(again).toEqual(agent)
  })

  it('from an old version is refused for good, even if it would change nothing', async () => {
    const agent = await make()
    await client.beta.agents.update(agent.id, { name: 'b' })
    const refusal = await refusalOf(client.beta.agents.update(agent.id, { version: 1, name: 'b' }))
    expect(refusal).toMatchObject({ status: 409, type: 'conflict_error', retry: 'false' })
    expect((await client.beta.agents.retrieve(agent.id)).version).toBe(2)
  })

  it('of an archived agent is refused; archiving twice changes nothing', async () => {
    const agent = await make()
    const archived = await client.beta.agents.archive(agent.id)
    expect(archived.archived_at).not.toBeNull()
    expect(await client.beta.agents.archive(agent.id)).toEqual(archived)
    expect(await refusalOf(client.beta.agents.update(agent.id, { name: 'c' }))).toMatchObject({
      status: 400,
    })
  })
})

describe('a roster', () => {
  it('pins versions, puts the advisor last, and takes no agent that has one itself', async () => {
    const helper = await make({ name: 'helper' })
    const agents = [{ type: 'advisor', model }, helper.id, { type: 'self' }]
    const lead = await make({ multiagent: { type: 'coordinator', agents } })
    await client.beta.agents.update(helper.id, { name: 'helper 2' })
    expect(lead.multiagent).toEqual({
      type: 'coordinator',
      agents: [
        { type: 'agent', id: helper.id, version: 1 },
        { type: 'agent', id: lead.id, version: 1 },
        { type: 'advisor', model },
      ],
    })
    const nested = make({ multiagent: { type: 'coordinator', agents: [lead.id] } })
    expect(await refusalOf(nested)).toMatchObject({ status: 400 })
    const twice = make({ multiagent: { type: 'coordinator', agents: [helper.id, helper.id] } })
    expect(await refusalOf(twice)).toMatchObject({ status: 400 })
  })

  it('of the newer kind is merged level by level', async () => {
    const agent = await make({ multiagent: { type: 'multiagent_20261001' } })
    const open = {
      type: 'enabled',
      inline_agents: { type: 'enabled' },
      predefined_agents: [],
    }
    expect(agent.multiagent).toEqual({
      type: 'multiagent_20261001',
      advisor: { type: 'disabled' },
      subagents: open,
      workflows: open,
    })
    const updated = await client.beta.agents.update(agent.id, {
      multiagent: { type: 'multiagent_20261001', workflows: { type: 'disabled' } },
    })
    expect(updated.multiagent).toMatchObject({
      subagents: open,
      workflows: { type: 'disabled' },
    })
    const empty = client.beta.agents.update(agent.id, {
      multiagent: {
        type: 'multiagent_20261001',
        subagents: { type: 'enabled', inline_agents: { type: 'disabled' } },
      },
    })
    expect(await refusalOf(empty)).toMatchObject({ status: 400 })
  })
})

describe('the list of agents', () => {
  it('is newest first, pages by cursor, and hides archived ones unless asked', async () => {
    const made: string[] = []
    for (let index = 0; index < 5; index += 1) made.push((await make({ name: `p${index}` })).id)
    await client.beta.agents.archive(made[4] as string)
    const listed = await collect(client.beta.agents.list({ limit: 2 }))
    const ids = listed.map(({ id }) => id)
    expect(ids.filter((id) => made.includes(id)).toSorted()).toEqual(made.slice(0, 4).toSorted())
    expect(new Set(ids).size).toBe(ids.length)
    const times = listed.map(({ created_at: at }) => at)
    expect(times).toEqual(times.toSorted().toReversed())
    const all = await collect(client.beta.agents.list({ limit: 100, include_archived: true }))
    expect(all.map(({ id }) => id)).toContain(made[4])
  })

  it('refuses a cursor that the created_at filter excludes', async () => {
    const page = await client.beta.agents.list({ limit: 1 })
    const excluded = client.beta.agents.list({
      page: page.next_page as string,
      'created_at[lte]': '2020-01-01T00:00:00Z',
    })
    expect(await refusalOf(excluded as never)).toMatchObject({ status: 400 })
  })
})
