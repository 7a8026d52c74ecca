import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionId } from '../../src/core/ids.ts'
import { startDigest } from '../../src/core/transcript/digester.ts'
import { hash } from '../../src/storage/_rows.ts'
import { streamEvents } from '../../src/storage/session-events.ts'
import { getSession } from '../../src/storage/sessions.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { collect, ingest, message, post, text } from './_sessions.ts'

let server: TestServer
let client: Anthropic
beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
})
afterAll(() => server.stop())

const history = (id: string) => collect(client.beta.sessions.events.list(id))

describe('a session of a run elsewhere', () => {
  it('is found again by its key, as it was made the first time', async () => {
    const first = await ingest(server, 'run 1', {
      title: 'first',
      task: { type: 'refund', id: '7' },
      principal: 'ann',
      labels: { team: 'a' },
      metadata: { a: 'b' },
      started_at: '2026-01-01T00:00:00Z',
    })
    const again = await ingest(server, 'run 1', { title: 'second' })
    expect(first.created).toBe(true)
    expect(again).toMatchObject({ id: first.id, created: false })
    expect(await client.beta.sessions.retrieve(first.id)).toMatchObject({
      title: 'first',
      created_at: '2026-01-01T00:00:00.000Z',
      metadata: { a: 'b' },
      environment_id: 'env_imported',
      agent: { name: 'outside', model: { id: 'm' } },
    })
    const { session } = await server.context.database.read((reader) =>
      getSession(reader, first.id as SessionId),
    )
    expect(session).toMatchObject({
      format: 'ingest',
      task: { type: 'refund', id: '7' },
      principal: 'ann',
      labels: { team: 'a' },
    })
  })

  it('may name an agent that is stored here, or brings its own into being', async () => {
    const agent = await client.beta.agents.create({ name: 'stored', model: 'm' })
    const { id } = await ingest(server, 'stored', { agent: agent.id })
    expect((await client.beta.sessions.retrieve(id)).agent.id).toBe(agent.id)
    const outside = await client.beta.sessions.retrieve((await ingest(server, 'own')).id)
    expect(await client.beta.agents.retrieve(outside.agent.id)).toMatchObject({ name: 'outside' })
  })

  it('needs the scope ingest', async () => {
    const key = await server.makeKey('review')
    const response = await server.fetch('/lucid/v1/sessions', {
      method: 'POST',
      body: JSON.stringify({ key: 'x', agent: { name: 'a' } }),
      headers: { 'x-api-key': key },
    })
    expect(response.status).toBe(403)
  })
})

describe('ingested events', () => {
  it('of any type come back in order, and are the session’s history', async () => {
    const run = await ingest(server, 'any')
    const events = [
      { type: 'user.message', content: text('please'), processed_at: '2026-01-01T00:00:00Z' },
      message('ok'),
      { type: 'company.note', anything: { goes: [1, null] } },
    ]
    const { status, body } = await run.append(events)
    expect(status).toBe(200)
    expect(body.data.map(({ type }) => type)).toEqual(events.map(({ type }) => type))
    const stored = await history(run.id)
    expect(stored.map(({ id }) => id)).toEqual(body.data.map(({ id }) => id))
    expect(stored[0]?.processed_at).toBe('2026-01-01T00:00:00.000Z')
    expect(stored[2]).toMatchObject({ type: 'company.note', anything: { goes: [1, null] } })
  })

  it('with a key are stored once, and may refer to each other by it', async () => {
    const run = await ingest(server, 'keys')
    const events = [
      { type: 'agent.tool_use', name: 'bash', input: { command: 'ls' }, key: 'call 1' },
      { type: 'agent.tool_result', tool_use_id: 'key:call 1', content: text('a'), key: 'answer 1' },
    ]
    const first = await run.append(events)
    const again = await run.append([...events, message('done')])
    expect(again.body.data.slice(0, 2)).toEqual(first.body.data)
    const stored = await history(run.id)
    expect(stored).toHaveLength(3)
    expect(stored[1]).toMatchObject({ tool_use_id: first.body.data[0]?.id, is_error: false })
    expect(stored[0]).not.toHaveProperty('key')
  })

  it('lose their secrets before anything is stored', async () => {
    const run = await ingest(server, 'secrets')
    const secret = `ghp_${'a1B2c3D4e5F6g7H8i9J0'.repeat(2).slice(0, 36)}`
    const { body } = await run.append([message(`use ${secret} now`)])
    expect(body.secrets_masked).toBe(1)
    const stored = JSON.stringify(await history(run.id))
    expect(stored).not.toContain(secret)
    expect(stored).toContain('<secret:')
  })

  it('move status, usage and time', async () => {
    const run = await ingest(server, 'moves')
    await run.append([{ type: 'session.status_running' }])
    expect((await client.beta.sessions.retrieve(run.id)).status).toBe('running')
    const usage = { input_tokens: 10, output_tokens: 3, cache_read_input_tokens: 2 }
    await run.append([{ type: 'span.model_request_end', model_usage: usage }])
    await run.end({ ended_at: '2027-01-01T00:00:00Z' })
    const ended = await run.end()
    expect(ended.body).toMatchObject({
      status: 'terminated',
      usage: { input_tokens: 10, output_tokens: 3, cache_read_input_tokens: 2 },
    })
    const types = (await history(run.id)).map(({ type }) => type)
    expect(types.filter((type) => type === 'session.status_terminated')).toHaveLength(1)
  })

  it('are dreamt over like any others, whoever ran the tools', async () => {
    const run = await ingest(server, 'mined')
    await run.append([
      { type: 'user.message', content: text('refund order 5') },
      { type: 'agent.custom_tool_use', name: 'look_up', input: { order: 5 }, key: 'c' },
      {
        type: 'user.custom_tool_result',
        custom_tool_use_id: 'key:c',
        content: text('Error: no such order'),
        is_error: true,
      },
      { type: 'agent.mcp_tool_use', mcp_server_name: 's', name: 'find', input: {}, key: 'm' },
      { type: 'agent.mcp_tool_result', mcp_tool_use_id: 'key:m' },
      { type: 'session.error', error: { type: 'unknown_error', message: 'x' } },
    ])
    const id = run.id as SessionId
    const { session } = await server.context.database.read((reader) => getSession(reader, id))
    const digester = startDigest(session, { hash })
    await server.context.database.read(async (reader) => {
      for await (const events of streamEvents(reader, id)) events.forEach(digester.add)
    })
    const { trace } = digester.finish('h')
    expect(trace.steps.map(({ tool }) => tool)).toEqual(['look_up', 'find'])
  })

  it('that are not as they should be are refused, and nothing of the batch is stored', async () => {
    const run = await ingest(server, 'bad')
    const bad = [
      { type: 'Nonsense' },
      { type: 'session.deleted' },
      { type: 'agent.message', content: 'text' },
      { type: 'agent.message', content: [{ type: 'text' }] },
      { type: 'agent.tool_use', name: 'x' },
      { type: 'session.status_idle' },
      { type: 'a.b', processed_at: 'yesterday' },
      { type: 'a.b', id: 'sevt_mine' },
    ]
    for (const event of bad) {
      expect((await run.append([message('fine'), event])).status, JSON.stringify(event)).toBe(400)
    }
    expect((await run.append([])).status).toBe(400)
    const many = Array.from({ length: 1_001 }, () => message('x'))
    expect((await run.append(many)).status).toBe(400)
    expect(await history(run.id)).toEqual([])
    await client.beta.sessions.archive(run.id)
    expect((await run.append([message('late')])).status).toBe(400)
    const none = await post(server, '/lucid/v1/sessions/sesn_no/events', { events: [message('x')] })
    expect(none.status).toBe(404)
  })
})
