import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hash, storeSession } from '../../src/storage/_rows.ts'
import { nameImportedAgent } from '../../src/storage/agents.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { makeStore, refusalOf } from './_memory.ts'
import { collect, ingest, makeAgent, message, model, text } from './_sessions.ts'

let server: TestServer
let client: Anthropic
let base: Awaited<ReturnType<typeof makeAgent>>
beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
  base = await makeAgent(client)
})
afterAll(() => server.stop())

const make = (given: object = {}) => client.beta.sessions.create({ ...base, ...given } as never)

describe('a session', () => {
  it('is idle, and holds the agent as it was', async () => {
    const session = await make({ title: 'T', metadata: { a: 'b' }, vault_ids: ['vlt_1'] })
    expect(session).toMatchObject({
      type: 'session',
      status: 'idle',
      agent: { id: base.agent, type: 'agent', version: 1, name: 'clerk', multiagent: null },
      environment_id: base.environment_id,
      title: 'T',
      metadata: { a: 'b' },
      resources: [],
      vault_ids: ['vlt_1'],
      budget: null,
      outcome_evaluations: [],
      usage: { input_tokens: 0, output_tokens: 0 },
      archived_at: null,
      deployment_id: null,
    })
    await client.beta.agents.update(base.agent, { system: 'Be quick.' })
    const { stats: _, ...again } = await client.beta.sessions.retrieve(session.id)
    expect(again).toMatchObject({ agent: { version: 1, system: null } })
    expect((await make()).agent).toMatchObject({ version: 2, system: 'Be quick.' })
    const first = await make({ agent: { type: 'agent', id: base.agent, version: 1 } })
    expect(first.agent.version).toBe(1)
  })

  it('may override the agent: left out is inherited, null clears, a value replaces', async () => {
    const agent = await client.beta.agents.create({
      name: 'a',
      model: { id: model, effort: 'low' },
      system: 'S',
      tools: [{ type: 'agent_toolset_20260401' }],
      skills: [{ type: 'anthropic', skill_id: 'pdf' }],
    })
    const override = (given: object) =>
      make({ agent: { type: 'agent_with_overrides', id: agent.id, ...given } })
    expect((await override({})).agent).toMatchObject({ system: 'S', skills: [{}], tools: [{}] })
    const other = await override({ system: null, model: { id: 'm2', effort: 'max' } })
    expect(other.agent.system).toBeNull()
    expect(other.agent.model).toEqual({ id: 'm2', speed: 'standard' })
    expect((await override({ tools: [], skills: [] })).agent.tools).toEqual([])
    expect(await refusalOf(override({ model: null }))).toMatchObject({
      status: 400,
      details: { error_code: 'agent_model_required' },
    })
    expect(await refusalOf(override({ tools: null }))).toMatchObject({ status: 400 })
    expect((await client.beta.agents.retrieve(agent.id)).version).toBe(1)
  })

  it('spells out the agents that it may call', async () => {
    const helper = await client.beta.agents.create({ name: 'helper', model, system: 'H' })
    const lead = await client.beta.agents.create({
      name: 'lead',
      model,
      multiagent: { type: 'coordinator', agents: [helper.id, { type: 'advisor', model }] },
    })
    const { agent } = await make({ agent: lead.id })
    expect(agent.multiagent).toMatchObject({
      type: 'coordinator',
      agents: [
        { id: helper.id, type: 'agent', version: 1, name: 'helper', system: 'H' },
        { type: 'advisor', model },
      ],
    })
  })

  it('echoes what it mounts, each store at a path of its own', async () => {
    const store = await makeStore(client, 'Team Notes')
    const twin = await makeStore(client, 'team notes')
    const file = await client.beta.files.upload({ file: new File(['x'], 'a.txt') })
    const session = await make({
      resources: [
        { type: 'memory_store', memory_store_id: store, instructions: 'Look here first.' },
        { type: 'memory_store', memory_store_id: twin, access: 'read_only' },
        { type: 'file', file_id: file.id },
        {
          type: 'github_repository',
          url: 'https://github.com/a/b.git',
          authorization_token: 'secret-token',
        },
      ],
    })
    expect(session.resources).toMatchObject([
      {
        type: 'memory_store',
        memory_store_id: store,
        name: 'Team Notes',
        description: '',
        mount_path: '/mnt/memory/team-notes',
        access: 'read_write',
        instructions: 'Look here first.',
      },
      { memory_store_id: twin, mount_path: `/mnt/memory/team-notes-${twin.slice(-8)}` },
      { type: 'file', file_id: file.id, mount_path: `/mnt/session/uploads/${file.id}` },
      { type: 'github_repository', mount_path: '/workspace/b', checkout: null },
    ])
    expect(JSON.stringify(session)).not.toContain('secret-token')
    const found = await collect(client.beta.sessions.list({ memory_store_id: store }))
    expect(found.map(({ id }) => id)).toEqual([session.id])
  })

  it('that cannot be as asked for is refused, and nothing is written', async () => {
    const hosted = await client.beta.environments.create({
      name: 'mine',
      config: { type: 'self_hosted' },
    })
    const file = await client.beta.files.upload({ file: new File(['x'], 'a.txt') })
    const gone = await makeStore(client)
    await client.beta.memoryStores.archive(gone)
    const old = await client.beta.agents.create({ name: 'old', model })
    await client.beta.agents.archive(old.id)
    const closed = await client.beta.environments.create({ name: 'closed' })
    await client.beta.environments.archive(closed.id)
    const stores = await Promise.all(Array.from({ length: 9 }, () => makeStore(client)))
    const mount = (id: string) => ({ type: 'memory_store', memory_store_id: id })
    const before = (await collect(client.beta.sessions.list({ limit: 100 }))).length
    const cases: [given: object, status: number][] = [
      [{ agent: 'agent_no' }, 404],
      [{ agent: old.id }, 400],
      [{ environment_id: 'env_no' }, 404],
      [{ environment_id: closed.id }, 400],
      [{ resources: stores.map(mount) }, 400],
      [{ resources: [mount(stores[0] as string), mount(stores[0] as string)] }, 400],
      [{ resources: [mount(gone)] }, 400],
      [{ resources: [mount('memstore_no')] }, 404],
      [{ resources: [{ ...mount(stores[0] as string), instructions: 'a'.repeat(4_097) }] }, 400],
      [{ resources: [{ type: 'file', file_id: 'file_no' }] }, 404],
      [{ environment_id: hosted.id, resources: [{ type: 'file', file_id: file.id }] }, 400],
      [{ budget: { type: 'limit', max_list_cost: { amount: '1.5', currency: 'USD' } } }, 400],
      [{ initial_events: Array(51).fill({ type: 'user.message', content: text('a') }) }, 400],
    ]
    for (const [given, status] of cases) {
      expect(await refusalOf(make(given)), JSON.stringify(given)).toMatchObject({ status })
    }
    expect((await collect(client.beta.sessions.list({ limit: 100 }))).length).toBe(before)
  })

  it('that should run is refused with what works instead', async () => {
    const run = make({ initial_events: [{ type: 'user.message', content: text('go') }] })
    expect(await refusalOf(run)).toMatchObject({
      status: 400,
      message: expect.stringContaining('/lucid/v1/sessions'),
      details: { error_code: 'session_runtime_unavailable' },
    })
    expect((await make({ initial_events: [] })).status).toBe('idle')
  })
})

describe('an update of a session', () => {
  it('changes what differs and says so among the events', async () => {
    const session = await make({ metadata: { a: '1' } })
    const updated = await client.beta.sessions.update(session.id, {
      title: 'new',
      metadata: { a: null, b: '2' },
      agent: { tools: [{ type: 'agent_toolset_20260401' }] },
    })
    expect(updated).toMatchObject({ title: 'new', metadata: { b: '2' } })
    expect(updated.agent.tools).toHaveLength(1)
    await client.beta.sessions.update(session.id, { title: 'new' })
    const events = await collect(client.beta.sessions.events.list(session.id))
    expect(events).toMatchObject([
      { type: 'session.updated', title: 'new', metadata: { b: '2' }, agent: { tools: [{}] } },
    ])
    expect(events[0]).not.toHaveProperty('budget')
  })

  it('of a budget needs one from the beginning, and its removal is for good', async () => {
    const budget = (amount: string) => ({
      type: 'limit' as const,
      max_list_cost: { amount, currency: 'USD' as const },
    })
    const without = await make()
    const refusal = { status: 400, details: { error_code: 'budget_create_only' } }
    const add = client.beta.sessions.update(without.id, { budget: budget('100') })
    expect(await refusalOf(add)).toMatchObject(refusal)
    const { id } = await make({ budget: budget('100') })
    const raised = await client.beta.sessions.update(id, { budget: budget('200') })
    expect(raised.budget).toEqual(budget('200'))
    expect((await client.beta.sessions.update(id, { budget: null })).budget).toBeNull()
    const again = client.beta.sessions.update(id, { budget: budget('300') })
    expect(await refusalOf(again)).toMatchObject(refusal)
  })

  it('never attaches vaults, and changes no tools while the session runs', async () => {
    const { id } = await make()
    const vaults = client.beta.sessions.update(id, { vault_ids: [] } as never)
    expect(await refusalOf(vaults)).toMatchObject({ status: 400 })
    const run = await ingest(server, 'busy', { agent: base.agent })
    await run.append([{ type: 'session.status_running' }])
    const tools = client.beta.sessions.update(run.id, { agent: { tools: [] } })
    expect(await refusalOf(tools)).toMatchObject({ status: 400 })
  })
})

describe('the end of a session', () => {
  it('archived: terminated, with its history, hidden unless asked', async () => {
    const { id } = await make()
    const archived = await client.beta.sessions.archive(id)
    expect(archived).toMatchObject({ status: 'terminated', archived_at: expect.any(String) })
    expect((await client.beta.sessions.archive(id)).archived_at).toBe(archived.archived_at)
    const events = await collect(client.beta.sessions.events.list(id))
    expect(events.map(({ type }) => type)).toEqual(['session.status_terminated'])
    const ids = async (include_archived: boolean) =>
      (await collect(client.beta.sessions.list({ include_archived, limit: 100 }))).map(
        (session) => session.id,
      )
    expect(await ids(false)).not.toContain(id)
    expect(await ids(true)).toContain(id)
    expect(await refusalOf(client.beta.sessions.update(id, { title: 'x' }))).toMatchObject({
      status: 400,
    })
  })

  it('deleted: gone, and not while it runs', async () => {
    const run = await ingest(server, 'running')
    await run.append([{ type: 'session.status_running' }])
    expect(await refusalOf(client.beta.sessions.delete(run.id))).toMatchObject({ status: 400 })
    expect(await refusalOf(client.beta.sessions.archive(run.id))).toMatchObject({ status: 400 })
    await run.end()
    expect(await client.beta.sessions.delete(run.id)).toEqual({
      id: run.id,
      type: 'session_deleted',
    })
    expect(await refusalOf(client.beta.sessions.retrieve(run.id))).toMatchObject({ status: 404 })
    expect(await refusalOf(client.beta.sessions.delete(run.id))).toMatchObject({ status: 404 })
  })
})

describe('the list of sessions', () => {
  it('pages both ways over the same rows, and filters survive paging', async () => {
    const { agent, environment_id } = await makeAgent(client, 'paged')
    for (let index = 0; index < 7; index += 1) {
      await client.beta.sessions.create({ agent, environment_id, title: `${index}` })
      await make()
    }
    for (const order of ['asc', 'desc'] as const) {
      const filter = { agent_id: agent, order, statuses: ['idle' as const], limit: 3 }
      const there: string[][] = []
      let page = await client.beta.sessions.list(filter)
      expect(page.prev_page).toBeNull()
      for (;;) {
        there.push(page.data.map(({ id }) => id))
        if (page.next_page === null) break
        page = await client.beta.sessions.list({ ...filter, page: page.next_page })
      }
      expect(there.map(({ length }) => length)).toEqual([3, 3, 1])
      const back: string[][] = []
      while (page.prev_page !== null) {
        page = await client.beta.sessions.list({ ...filter, page: page.prev_page })
        back.push(page.data.map(({ id }) => id))
      }
      expect(back).toEqual(there.slice(0, -1).toReversed())
      const auto = await collect(client.beta.sessions.list(filter))
      expect(auto.map(({ id }) => id)).toEqual(there.flat())
    }
  })

  it('filters by version, status, time and deployment', async () => {
    const { agent } = await makeAgent(client, 'filtered')
    const first = await make({ agent })
    await client.beta.agents.update(agent, { name: 'filtered 2' })
    const second = await make({ agent })
    const ids = async (given: object) =>
      (await collect(client.beta.sessions.list({ agent_id: agent, ...given }))).map(({ id }) => id)
    expect(await ids({ agent_version: 1 })).toEqual([first.id])
    expect(await ids({ statuses: ['running', 'terminated'] })).toEqual([])
    expect(
      await ids({ 'created_at[lte]': first.created_at, 'created_at[gte]': first.created_at }),
    ).toContain(first.id)
    expect(await ids({ 'created_at[gt]': second.created_at })).toEqual([])
    expect(await ids({ deployment_id: 'depl_no' })).toEqual([])
    const plain = await server.fetch(
      `/v1/sessions?agent_id=${agent}&statuses=idle&statuses=running`,
    )
    expect(((await plain.json()) as { data: unknown[] }).data).toHaveLength(2)
  })

  it('refuses a cursor of another order, one outside of created_at, and a forged one', async () => {
    const page = (await client.beta.sessions.list({ limit: 1 })).next_page as string
    for (const given of [
      { order: 'asc' as const, page },
      { page, 'created_at[gt]': '2999-01-01T00:00:00Z' },
      { page: `${page}x` },
    ]) {
      const asked = client.beta.sessions.list(given)
      expect(await refusalOf(asked as never)).toMatchObject({ status: 400 })
    }
  })
})

describe('an imported session', () => {
  it('is an ordinary one: listed, retrieved, found by its agent, and as it was', async () => {
    const id = await storeSession(server.context.database, 'imported', {
      session: { startedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:01:00.000Z' },
    })
    const agentId = nameImportedAgent(hash, { name: 'clerk', version: '1', model: null })
    const session = await client.beta.sessions.retrieve(id)
    expect(session).toMatchObject({
      status: 'idle',
      created_at: '2026-01-01T00:00:00.000Z',
      environment_id: 'env_imported',
      agent: { id: agentId, name: 'clerk', version: 1, model: { id: 'unknown' } },
      stats: { duration_seconds: 60 },
      usage: {},
    })
    const found = await collect(client.beta.sessions.list({ agent_id: agentId }))
    expect(found).toEqual([session])
    expect(await client.beta.sessions.update(id, { title: 'seen' })).toMatchObject({
      title: 'seen',
    })
    const sent = client.beta.sessions.events.send(id, { events: [{ type: 'user.interrupt' }] })
    expect(await refusalOf(sent)).toMatchObject({ status: 400 })
    expect((await client.beta.sessions.archive(id)).status).toBe('terminated')
  })
})

describe('the threads of a session', () => {
  it('are the primary one, with the session’s agent and events', async () => {
    const run = await ingest(server, 'threads')
    await run.append([message('hello')])
    const [thread] = await collect(client.beta.sessions.threads.list(run.id))
    const session_id = run.id
    expect(thread).toMatchObject({
      type: 'session_thread',
      session_id,
      parent_thread_id: null,
      agent: { type: 'agent', name: 'outside' },
      status: 'idle',
      workflow_run_id: null,
    })
    const id = thread?.id as string
    expect((await client.beta.sessions.threads.retrieve(id, { session_id })).id).toBe(id)
    const events = await collect(client.beta.sessions.threads.events.list(id, { session_id }))
    expect(events).toEqual(await collect(client.beta.sessions.events.list(run.id)))
    const none = await collect(client.beta.sessions.threads.list(run.id, { statuses: ['running'] }))
    expect(none).toEqual([])
    const archive = client.beta.sessions.threads.archive(id, { session_id })
    expect(await refusalOf(archive)).toMatchObject({ status: 400 })
    const unknown = client.beta.sessions.threads.retrieve('sthr_no', { session_id })
    expect(await refusalOf(unknown)).toMatchObject({ status: 404 })
  })
})

describe('the resources of a session', () => {
  it('are added, listed, retrieved and removed; stores stay', async () => {
    const store = await makeStore(client, 'kept')
    const { id } = await make({ resources: [{ type: 'memory_store', memory_store_id: store }] })
    const file = await client.beta.files.upload({ file: new File(['x'], 'a.txt') })
    const { resources } = client.beta.sessions
    const added = await resources.add(id, { type: 'file', file_id: file.id, mount_path: '/in/a' })
    expect(added).toMatchObject({ file_id: file.id, mount_path: '/mnt/session/uploads/in/a' })
    const listed = await collect(resources.list(id, { limit: 1 }))
    expect(listed.map(({ type }) => type)).toEqual(['memory_store', 'file'])
    const session_id = id
    expect(await resources.retrieve(added.id, { session_id })).toEqual(added)
    const token = { session_id, authorization_token: 't' }
    expect(await refusalOf(resources.update(added.id, token))).toMatchObject({ status: 400 })
    expect(await refusalOf(resources.delete(store, { session_id }))).toMatchObject({ status: 400 })
    expect(await resources.delete(added.id, { session_id })).toEqual({
      id: added.id,
      type: 'session_resource_deleted',
    })
    expect(await refusalOf(resources.retrieve(added.id, { session_id }))).toMatchObject({
      status: 404,
    })
  })
})
