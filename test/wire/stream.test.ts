import type Anthropic from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import { Anthropic as Sdk101 } from 'anthropic-sdk-0-101'
import { Anthropic as Sdk137 } from 'anthropic-sdk-0-137'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'
import { refusalOf } from './_memory.ts'
import { collect, ingest, message, model } from './_sessions.ts'

let server: TestServer
let client: Anthropic
beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
})
afterAll(() => server.stop())

const open = (id: string) => client.beta.sessions.events.stream(id)

/** The next so many events of a stream; then it is closed. */
async function take<T>(stream: AsyncIterable<T>, count: number): Promise<T[]> {
  const found: T[] = []
  for await (const event of stream) {
    found.push(event)
    if (found.length === count) break
  }
  return found
}

describe('a stream of events', () => {
  it('carries what is emitted after it opened, as the list shows it', async () => {
    const run = await ingest(server, 'plain')
    await run.append([message('before')])
    const stream = await open(run.id)
    await run.append([message('a'), { type: 'company.note' }])
    await run.append([message('b')])
    const seen = await take(stream, 3)
    const listed = await collect(client.beta.sessions.events.list(run.id))
    expect(seen).toEqual(listed.slice(1))
  })

  it('that breaks loses nothing: open again, list a thousand, drop what was seen', async () => {
    const run = await ingest(server, 'broken')
    const seen = new Map<string, unknown>()
    let left = 60
    const writing = (async () => {
      for (; left > 0; left -= 1) await run.append([message(`${left}`), message('x')])
    })()
    while (seen.size < 120) {
      const stream = await open(run.id)
      for await (const event of client.beta.sessions.events.list(run.id, { limit: 1_000 })) {
        seen.set(event.id, event)
      }
      if (seen.size === 120) stream.controller.abort()
      // Cut after a few events, as a bad line would.
      else {
        const some = await take(stream, Math.min(7, 120 - seen.size))
        for (const event of some) seen.set((event as { id: string }).id, event)
      }
    }
    await writing
    const listed = await collect(client.beta.sessions.events.list(run.id))
    expect([...seen.keys()].toSorted()).toEqual(listed.map(({ id }) => id).toSorted())
  })

  it('reaches 200 readers, each event once', async () => {
    const run = await ingest(server, 'crowd')
    const streams = await Promise.all(Array.from({ length: 200 }, () => open(run.id)))
    const reading = Promise.all(streams.map((stream) => take(stream, 30)))
    for (let round = 0; round < 10; round += 1) {
      await run.append([message('a'), message('b'), message('c')])
    }
    const listed = (await collect(client.beta.sessions.events.list(run.id))).map(({ id }) => id)
    for (const seen of await reading) {
      expect(seen.map((event) => (event as { id: string }).id)).toEqual(listed)
    }
  })

  it('ends with session.deleted', async () => {
    const run = await ingest(server, 'deleted')
    const stream = await open(run.id)
    await run.append([message('last words')])
    await client.beta.sessions.delete(run.id)
    const seen: string[] = []
    for await (const event of stream) seen.push(event.type)
    expect(seen).toEqual(['agent.message', 'session.deleted'])
    expect(await refusalOf(open(run.id))).toMatchObject({ status: 404 })
  })

  it('of the primary thread is the session’s', async () => {
    const run = await ingest(server, 'thread')
    const session_id = run.id
    const [thread] = await collect(client.beta.sessions.threads.list(run.id))
    const stream = await client.beta.sessions.threads.events.stream(thread?.id as string, {
      session_id,
    })
    await run.append([message('a')])
    expect(await take(stream, 1)).toEqual(await collect(client.beta.sessions.events.list(run.id)))
  })

  it('takes previews of two types only, and a hundred values at most', async () => {
    const run = await ingest(server, 'deltas')
    const path = `/v1/sessions/${run.id}/events/stream?`
    const many = Array.from({ length: 101 }, () => 'event_deltas[]=agent.message').join('&')
    for (const query of ['event_deltas[]=agent.tool_use', many]) {
      expect((await server.fetch(path + query)).status).toBe(400)
    }
    const stream = await client.beta.sessions.events.stream(run.id, {
      event_deltas: ['agent.message', 'agent.thinking'],
    })
    await run.append([message('whole')])
    expect((await take(stream, 1)).map(({ type }) => type)).toEqual(['agent.message'])
  })

  it('is server-sent events with names, held back by nothing in between', async () => {
    const run = await ingest(server, 'raw')
    const abort = new AbortController()
    const response = await server.fetch(`/v1/sessions/${run.id}/events/stream`, {
      signal: abort.signal,
    })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(response.headers.get('cache-control')).toContain('no-transform')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toMatch(/^event: ping\n/)
    abort.abort()
  })
})

describe('the client’s own tool runner', () => {
  it('runs a pending custom tool of a session that runs elsewhere, and posts the result', async () => {
    const run = await ingest(server, 'runner')
    const used = await run.append([
      { type: 'session.status_running' },
      { type: 'agent.custom_tool_use', name: 'add', input: { a: 2, b: 3 }, key: 'sum' },
      {
        type: 'session.status_idle',
        stop_reason: { type: 'requires_action', event_ids: [] },
      },
    ])
    const add = betaTool({
      name: 'add',
      description: 'Adds two numbers.',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'number' }, b: { type: 'number' } },
        required: ['a', 'b'],
      } as const,
      run: ({ a, b }) => String(a + b),
    })
    const calls = []
    for await (const call of client.beta.sessions.events.toolRunner(run.id, { tools: [add] })) {
      calls.push(call)
      await run.end()
    }
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatchObject({ event: { id: used.body.data[1]?.id } })
    const results = await collect(
      client.beta.sessions.events.list(run.id, { types: ['user.custom_tool_result'] }),
    )
    expect(results).toMatchObject([
      { custom_tool_use_id: used.body.data[1]?.id, content: [{ type: 'text', text: '5' }] },
    ])
  })
})

describe('older clients', () => {
  it.each([
    ['0.137', Sdk137],
    ['0.101', Sdk101],
  ])('%s make agents, environments and sessions, list them, and stream', async (name, Sdk) => {
    const old = new Sdk({
      apiKey: server.key,
      baseURL: server.url,
      maxRetries: 0,
    }) as unknown as Anthropic
    const { agents, environments, sessions } = old.beta
    const agent = await agents.create({ name: `of ${name}`, model })
    const environment = await environments.create({ name: 'old' })
    const made = await sessions.create({ agent: agent.id, environment_id: environment.id })
    expect((await sessions.retrieve(made.id)).agent.id).toBe(agent.id)
    expect((await collect(sessions.list({ agent_id: agent.id }))).map(({ id }) => id)).toEqual([
      made.id,
    ])
    const run = await ingest(server, `old ${name}`)
    const stream = await sessions.events.stream(run.id)
    await run.append([message('hello')])
    expect(await take(stream, 1)).toEqual(await collect(sessions.events.list(run.id)))
    await sessions.archive(made.id)
    expect(await sessions.delete(made.id)).toMatchObject({ type: 'session_deleted' })
  })
})
