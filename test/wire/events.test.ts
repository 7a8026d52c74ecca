import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventBody } from '../../src/core/session.ts'
import { makeEvent, storeSession } from '../../src/storage/_rows.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { refusalOf } from './_memory.ts'
import { collect, ingest, makeAgent, message, text } from './_sessions.ts'

let server: TestServer
let client: Anthropic
beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
})
afterAll(() => server.stop())

const send = (id: string, events: readonly object[]) =>
  client.beta.sessions.events.send(id, { events } as never)
const history = (id: string, query: object = {}) =>
  collect(client.beta.sessions.events.list(id, query))

describe('sending events', () => {
  it('that would run a model is refused, and nothing of the batch is stored', async () => {
    const { id } = await ingest(server, 'refused')
    for (const event of [
      { type: 'user.message', content: text('hi') },
      { type: 'user.define_outcome', description: 'd', rubric: { type: 'text', content: 'r' } },
    ]) {
      expect(await refusalOf(send(id, [{ type: 'user.interrupt' }, event]))).toMatchObject({
        status: 400,
        details: { error_code: 'session_runtime_unavailable' },
      })
    }
    expect(await history(id)).toEqual([])
  })

  it('answers a custom tool on receipt, and only one that was used', async () => {
    const run = await ingest(server, 'custom')
    const used = await run.append([{ type: 'agent.custom_tool_use', name: 'look', input: {} }])
    const custom_tool_use_id = used.body.data[0]?.id as string
    const event = { type: 'user.custom_tool_result', custom_tool_use_id, content: text('42') }
    const { data = [] } = await send(run.id, [event])
    expect(data).toMatchObject([{ ...event, processed_at: expect.any(String) }])
    expect(data[0]?.id).toMatch(/^sevt_/)
    const other = { ...event, custom_tool_use_id: 'sevt_no' }
    expect(await refusalOf(send(run.id, [other]))).toMatchObject({ status: 400 })
    const confirm = { type: 'user.tool_confirmation', tool_use_id: custom_tool_use_id }
    expect(await refusalOf(send(run.id, [{ ...confirm, result: 'allow' }]))).toMatchObject({
      status: 400,
    })
    expect(await history(run.id)).toHaveLength(2)
  })

  it('confirms a tool use later; an interrupt waits for what runs', async () => {
    const run = await ingest(server, 'confirm')
    const used = await run.append([
      { type: 'session.status_running' },
      { type: 'agent.tool_use', name: 'bash', input: {}, evaluated_permission: 'ask' },
    ])
    const tool_use_id = used.body.data[1]?.id as string
    const deny = { type: 'user.tool_confirmation', tool_use_id, result: 'deny', deny_message: 'no' }
    const { data = [] } = await send(run.id, [deny, { type: 'user.interrupt' }])
    expect(data).toMatchObject([
      { ...deny, processed_at: null },
      { type: 'user.interrupt', processed_at: null },
    ])
    await run.end({ status: 'idle' })
    const idle = await send(run.id, [{ type: 'user.interrupt' }])
    expect(idle.data?.[0]?.processed_at).not.toBeNull()
    const allow = { ...deny, result: 'allow' }
    expect(await refusalOf(send(run.id, [allow]))).toMatchObject({ status: 400 })
  })

  it('takes a system message only last, right after the result it goes with', async () => {
    const run = await ingest(server, 'system')
    const used = await run.append([{ type: 'agent.custom_tool_use', name: 'look', input: {} }])
    const result = {
      type: 'user.custom_tool_result',
      custom_tool_use_id: used.body.data[0]?.id,
    }
    const system = { type: 'system.message', content: text('note') }
    for (const events of [[system], [system, result], [result, system, system]]) {
      expect(await refusalOf(send(run.id, events))).toMatchObject({ status: 400 })
    }
    const { data } = await send(run.id, [result, system])
    expect(data?.map(({ type }) => type)).toEqual([result.type, system.type])
  })

  it('takes tool results in self-hosted environments only', async () => {
    const base = await makeAgent(client)
    const hosted = await ingest(server, 'hosted')
    const used = await hosted.append([{ type: 'agent.tool_use', name: 'bash', input: {} }])
    const result = { type: 'user.tool_result', tool_use_id: used.body.data[0]?.id, is_error: false }
    expect((await send(hosted.id, [result])).data).toHaveLength(1)
    const cloud = await client.beta.sessions.create(base)
    expect(await refusalOf(send(cloud.id, [result]))).toMatchObject({ status: 400 })
  })

  it('is refused once the session is terminated', async () => {
    const run = await ingest(server, 'ended')
    await run.end()
    expect(await refusalOf(send(run.id, [{ type: 'user.interrupt' }]))).toMatchObject({
      status: 400,
    })
  })
})

describe('the list of events', () => {
  it('is oldest first, the other way on request, by type and by time, a thousand at most', async () => {
    const run = await ingest(server, 'listed')
    const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`
    await run.append(
      Array.from({ length: 9 }, (_, index) =>
        index % 3 === 0
          ? { type: 'agent.thinking', processed_at: at(index) }
          : { ...message(`${index}`), processed_at: at(index) },
      ),
    )
    const all = await history(run.id, { limit: 2 })
    expect(all.map((event) => event.processed_at)).toEqual(
      Array.from({ length: 9 }, (_, index) => at(index)),
    )
    const reversed = await history(run.id, { order: 'desc', limit: 4 })
    expect(reversed).toEqual(all.toReversed())
    const thoughts = await history(run.id, { types: ['agent.thinking'], limit: 1 })
    expect(thoughts).toEqual(all.filter(({ type }) => type === 'agent.thinking'))
    const middle = await history(run.id, { 'created_at[gt]': at(2), 'created_at[lte]': at(5) })
    expect(middle).toEqual(all.slice(3, 6))
    const page = await client.beta.sessions.events.list(run.id, { limit: 1 })
    for (const query of [
      { limit: 1_001 },
      { page: page.next_page as string, order: 'desc' as const },
      { page: page.next_page as string, 'created_at[gt]': at(8) },
    ]) {
      const asked = client.beta.sessions.events.list(run.id, query)
      expect(await refusalOf(asked as never)).toMatchObject({ status: 400 })
    }
    const none = client.beta.sessions.events.list('sesn_no')
    expect(await refusalOf(none as never)).toMatchObject({ status: 404 })
  })

  it('shows imported events as the wire has them, each with a time', async () => {
    const image = { type: 'image', media_type: 'image/png' } as const
    const bodies: EventBody[] = [
      { type: 'user.message', content: [{ type: 'text', text: 'hi' }, image] },
      { type: 'agent.tool_use', name: 'bash', input: { command: 'ls' } },
      { type: 'agent.tool_result', tool_use_id: null, content: [], is_error: false },
      {
        type: 'session.error',
        error: { type: 'model_overloaded_error', message: 'busy' },
        retry_status: { type: 'retrying' },
      },
      { type: 'session.status_idle', stop_reason: { type: 'end_turn' } },
      { type: 'lucid.user_tool_use', name: 'bash', input: {} },
    ]
    const startedAt = '2026-01-01T00:00:00.000Z'
    const id = await storeSession(server.context.database, 'shapes', {
      session: { startedAt },
      events: bodies.map((body, seq) => makeEvent('shapes', seq, body)),
    })
    const events = await history(id, { 'created_at[lte]': startedAt })
    expect(events.map(({ processed_at: at }) => at)).toEqual(bodies.map(() => startedAt))
    expect(events).toMatchObject([
      {
        content: [
          { type: 'text', text: 'hi' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: '' } },
        ],
      },
      { type: 'agent.tool_use', name: 'bash' },
      { type: 'agent.tool_result', tool_use_id: '' },
      {
        error: {
          type: 'model_overloaded_error',
          message: 'busy',
          retry_status: { type: 'retrying' },
        },
      },
      { stop_reason: { type: 'end_turn' }, stop_details: null },
      { type: 'lucid.user_tool_use' },
    ])
    expect(events[3]).not.toHaveProperty('retry_status')
  })
})
