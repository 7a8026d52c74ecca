import FormerAnthropic from 'anthropic-sdk-0-137'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DreamId } from '../../src/core/ids.ts'
import { listChanges } from '../../src/storage/changes.ts'
import { getDream } from '../../src/storage/dreams.ts'
import { putPolicy } from '../_policies.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import {
  type Client,
  fillServer,
  inputsOf,
  listOwnEvents,
  makeStore,
  refusal,
  startWorker,
  waitForEnd,
  workUpTo,
} from './_dreaming.ts'

let server: TestServer
let client: Client
let sessions: string[]
beforeAll(async () => {
  server = await startTestServer()
  await putPolicy(server.context)
  client = server.client()
  sessions = await fillServer(server)
}, 60_000)
afterAll(() => server.stop())

const model = 'lucidream-builtin'

async function create(options: Partial<Parameters<Client['beta']['dreams']['create']>[0]> = {}) {
  const inputs = options.inputs ?? inputsOf(await makeStore(client), sessions.slice(0, 3))
  return client.beta.dreams.create({ model, ...options, inputs })
}

/** Creates it, works until it has ended, and stops working. */
async function dreamToEnd(options: Parameters<typeof create>[0] = {}) {
  const made = await create(options)
  const stop = startWorker(server.context)
  try {
    return await waitForEnd(client, made.id)
  } finally {
    await stop()
  }
}

const updating = (storeId: string) => ({
  inputs: inputsOf(storeId, sessions.slice(0, 3)),
  output_behavior: { type: 'update_existing' as const, memory_store_id: storeId },
})

const readStore = async (storeId: string) => {
  const list = await client.beta.memoryStores.memories.list(storeId, { view: 'full', limit: 20 })
  return list.data.flatMap((one) => (one.type === 'memory' ? [`${one.path}\n${one.content}`] : []))
}

/** What a test only made need not be dreamt. */
async function cancelPending() {
  for await (const { id } of client.beta.dreams.list({ statuses: ['pending'], limit: 100 })) {
    await client.beta.dreams.cancel(id)
  }
}

describe('creating a dream', () => {
  afterAll(cancelPending)

  it('answers with a pending dream that holds the whole shape', async () => {
    const store = await makeStore(client)
    const ids = sessions.slice(0, 3).toReversed()
    const dream = await create({ inputs: inputsOf(store, ids), instructions: 'Keep prices.' })
    expect(dream).toEqual({
      id: expect.stringMatching(/^drm_/),
      type: 'dream',
      status: 'pending',
      inputs: inputsOf(store, ids.toSorted()),
      outputs: [],
      model: { id: model, speed: 'standard' },
      instructions: 'Keep prices.',
      output_behavior: { type: 'create_new' },
      session_id: null,
      created_at: expect.stringMatching(/Z$/),
      ended_at: null,
      archived_at: null,
      error: null,
      usage: {
        input_tokens: 0,
        output_tokens: 0,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
      },
    })
    expect(await client.beta.dreams.retrieve(dream.id)).toEqual(dream)
  })

  it('takes the model as an id or as an object, and any id', async () => {
    const object = await create({ model: { id: 'some-model', speed: 'standard' } })
    expect(object.model).toEqual({ id: 'some-model', speed: 'standard' })
    expect((await create({ model: { id: 'x', speed: null } })).model.id).toBe('x')
    const fast = create({ model: { id: 'x', speed: 'fast' } })
    expect(await refusal(fast)).toMatchObject({ status: 400 })
    for (const id of ['', 'x'.repeat(257)]) {
      expect(await refusal(create({ model: id }))).toMatchObject({ status: 400 })
    }
  })

  it('takes instructions of 1 to 4096 characters or null', async () => {
    expect((await create({ instructions: null })).instructions).toBeNull()
    expect((await create({ instructions: 'x'.repeat(4_096) })).instructions).toHaveLength(4_096)
    for (const instructions of ['', 'x'.repeat(4_097)]) {
      expect(await refusal(create({ instructions }))).toMatchObject({
        status: 400,
        type: 'invalid_request_error',
        message: expect.stringContaining('instructions'),
      })
    }
  })

  it('takes 1 to 100 different sessions and exactly one store', async () => {
    const store = await makeStore(client)
    const full = await create({ inputs: inputsOf(store, sessions.slice(0, 100)) })
    expect(full.inputs).toEqual(inputsOf(store, sessions.slice(0, 100).toSorted()))
    const [one, two] = [inputsOf(store, sessions.slice(0, 1)), inputsOf(store, [])]
    const before = (await client.beta.dreams.list({ limit: 1 })).data
    for (const inputs of [
      inputsOf(store, []),
      inputsOf(store, sessions.slice(0, 101)),
      inputsOf(store, [sessions[0] ?? '', sessions[0] ?? '']),
      one.slice(0, 1),
      one.slice(1),
      [...one, ...two.slice(0, 1)],
      [...one.slice(0, 1), ...one.slice(0, 1)],
    ]) {
      expect(await refusal(create({ inputs }))).toMatchObject({ status: 400 })
    }
    expect((await client.beta.dreams.list({ limit: 1 })).data).toEqual(before)
  })

  it('refuses what is not there and a store that is archived', async () => {
    const store = await makeStore(client)
    const unknown = inputsOf('memstore_none', sessions.slice(0, 1))
    expect(await refusal(create({ inputs: unknown }))).toMatchObject({ status: 404 })
    const lost = inputsOf(store, ['sesn_none'])
    expect(await refusal(create({ inputs: lost }))).toMatchObject({
      status: 404,
      message: expect.stringContaining('sesn_none'),
    })
    await client.beta.memoryStores.archive(store)
    const archived = inputsOf(store, sessions.slice(0, 1))
    expect(await refusal(create({ inputs: archived }))).toMatchObject({
      status: 400,
      message: expect.stringContaining('archived'),
    })
  })

  it('over the same inputs again is another dream', async () => {
    const inputs = inputsOf(await makeStore(client), sessions.slice(0, 2))
    expect((await create({ inputs })).id).not.toBe((await create({ inputs })).id)
  })
})

describe('a dream that creates a new store', () => {
  it('copies the input, changes the copy, and leaves the input as it was', async () => {
    const store = await makeStore(client)
    const before = await readStore(store)
    const dream = await dreamToEnd({ inputs: inputsOf(store, sessions.slice(0, 60)) })
    expect(dream).toMatchObject({ status: 'completed', error: null, ended_at: expect.anything() })
    expect(dream.outputs).toHaveLength(1)
    const output = dream.outputs[0]?.memory_store_id ?? ''
    expect(output).not.toBe(store)
    expect(await readStore(store)).toEqual(before)
    expect(before[0]?.match(/Refunds/g)).toHaveLength(2)
    expect((await readStore(output)).join('').match(/Refunds take/g)).toHaveLength(1)
  }, 120_000)

  it('shows what it reads and writes in a session of its own, which is archived at the end', async () => {
    const dream = await dreamToEnd({ model: 'claude-unknown', instructions: 'Be brief.' })
    const events = await listOwnEvents(server, dream.session_id)
    const text = events.map(({ body }) => JSON.stringify(body)).join('\n')
    expect(events[1]?.body).toMatchObject({
      type: 'agent.message',
      content: [
        { text: expect.stringMatching(/claude-unknown is not available.*does not read them/) },
      ],
    })
    for (const name of ['read_memory_store', 'read_sessions', 'mine_patterns', 'write_memory']) {
      expect(text).toContain(`"name":"${name}"`)
    }
    expect(events.at(-1)?.body.type).toBe('session.status_idle')
    const uses = events.filter(({ body }) => body.type === 'agent.tool_use').map(({ id }) => id)
    const answered = events.flatMap(({ body }) =>
      body.type === 'agent.tool_result' ? [body.tool_use_id] : [],
    )
    expect(answered.toSorted()).toEqual(uses.toSorted())
    const [own] = [dream.session_id ?? '']
    const inputs = inputsOf(await makeStore(client), [own])
    expect(await refusal(create({ inputs }))).toMatchObject({ status: 404 })
  }, 120_000)

  it('can be watched while it works: its session streams to the end', async () => {
    const { id } = await create()
    await workUpTo(server.context, 'digest')
    const running = await client.beta.dreams.retrieve(id)
    const stream = await client.beta.sessions.events.stream(running.session_id ?? '')
    const stop = startWorker(server.context)
    const types: string[] = []
    for await (const event of stream) {
      types.push(event.type)
      if (event.type === 'session.status_idle') break
    }
    await stop()
    expect(types.filter((type) => type === 'agent.tool_use').length).toBeGreaterThan(3)
    const own = await client.beta.sessions.retrieve(running.session_id ?? '')
    expect(own).toMatchObject({ status: 'terminated', agent: { name: model } })
    expect(own.archived_at).not.toBeNull()
    const agent = await client.beta.agents.retrieve(own.agent.id)
    expect(agent.name).toBe(model)
  }, 120_000)

  it('over the same inputs comes to the same text', async () => {
    const inputs = inputsOf(await makeStore(client), sessions.slice(0, 60))
    const first = await dreamToEnd({ inputs })
    const second = await dreamToEnd({ inputs })
    const [a, b] = [first, second].map(({ outputs }) => outputs[0]?.memory_store_id ?? '')
    expect(a).not.toBe(b)
    expect(await readStore(a ?? '')).toEqual(await readStore(b ?? ''))
  }, 120_000)
})

describe('a dream that updates its input store', () => {
  it('writes versions by its session, and its changes are applied', async () => {
    const store = await makeStore(client)
    const dream = await dreamToEnd(updating(store))
    expect(dream).toMatchObject({
      status: 'completed',
      outputs: [{ type: 'memory_store', memory_store_id: store }],
    })
    expect((await readStore(store)).join('').match(/Refunds take/g)).toHaveLength(1)
    const versions = await client.beta.memoryStores.memoryVersions.list(store)
    expect(versions.data[0]).toMatchObject({
      operation: 'modified',
      created_by: { type: 'session_actor', session_id: dream.session_id },
    })
    const changes = await server.context.database.read((reader) =>
      listChanges(reader, dream.id as DreamId),
    )
    expect(changes.map(({ status }) => status)).toEqual(['applied'])
  }, 120_000)

  it('must name the input store', async () => {
    const [store, other] = [await makeStore(client), await makeStore(client)]
    const body = { ...updating(store), output_behavior: updating(other).output_behavior }
    expect(await refusal(create(body))).toMatchObject({
      status: 400,
      message: expect.stringContaining('output_behavior.memory_store_id'),
    })
  })

  it('needs a key that may write memory', async () => {
    const reviewing = server.client({ apiKey: await server.makeKey('review') })
    const store = await makeStore(client)
    const asked = reviewing.beta.dreams.create({ model, ...updating(store) })
    expect(await refusal(asked)).toMatchObject({ status: 403, type: 'permission_error' })
    const inputs = inputsOf(store, sessions.slice(0, 1))
    expect((await reviewing.beta.dreams.create({ model, inputs })).status).toBe('pending')
    const writing = server.client({ apiKey: await server.makeKey('review', 'memory:write') })
    expect((await writing.beta.dreams.create({ model, ...updating(store) })).status).toBe('pending')
  })

  it('keeps a second one off the store until it has fully stopped', async () => {
    const store = await makeStore(client)
    const first = await create(updating(store))
    const refused = await refusal(create(updating(store)))
    expect(refused).toMatchObject({
      status: 409,
      type: 'conflict_error',
      message: expect.stringContaining(first.id),
    })
    expect(refused.headers?.get('x-should-retry')).toBe('false')
    expect((await create({ inputs: inputsOf(store, sessions.slice(0, 1)) })).status).toBe('pending')
    await client.beta.dreams.cancel(first.id)
    const second = await create(updating(store))
    expect(second.status).toBe('pending')
    await client.beta.dreams.cancel(second.id)
  })
})

describe('canceling and archiving', () => {
  beforeAll(cancelPending)

  it('cancels a pending dream at once, and a second time changes nothing', async () => {
    const { id } = await create()
    const canceled = await client.beta.dreams.cancel(id)
    expect(canceled).toMatchObject({
      status: 'canceled',
      ended_at: expect.anything(),
      outputs: [],
    })
    expect(await client.beta.dreams.cancel(id)).toEqual(canceled)
  })

  it('refuses to cancel what has ended otherwise, and to archive what has not ended', async () => {
    const { id } = await create()
    expect(await refusal(client.beta.dreams.archive(id))).toMatchObject({ status: 400 })
    const stop = startWorker(server.context)
    await waitForEnd(client, id)
    await stop()
    expect(await refusal(client.beta.dreams.cancel(id))).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
    })
    const archived = await client.beta.dreams.archive(id)
    expect(archived.archived_at).not.toBeNull()
    expect(await client.beta.dreams.archive(id)).toEqual(archived)
    expect(await client.beta.dreams.retrieve(id)).toEqual(archived)
  }, 120_000)

  it('of a dream that nobody knows is a 404', async () => {
    for (const act of ['retrieve', 'cancel', 'archive'] as const) {
      expect(await refusal(client.beta.dreams[act]('drm_none'))).toMatchObject({
        status: 404,
        type: 'not_found_error',
      })
    }
  })

  it('needs no body and no content type', async () => {
    const { id } = await create()
    const response = await server.fetch(`/v1/dreams/${id}/cancel`, { method: 'POST' })
    expect(response.status).toBe(200)
  })
})

describe('listing dreams', () => {
  it('is newest first, in pages that do not overlap, and survives filters in the cursor', async () => {
    const made = []
    for (let index = 0; index < 5; index += 1) made.push((await create()).id)
    const seen = []
    for await (const dream of client.beta.dreams.list({ limit: 2, statuses: ['pending'] })) {
      seen.push(dream.id)
      if (seen.length === 5) break
    }
    expect(seen).toEqual(made.toReversed())
    const page = await client.beta.dreams.list({ limit: 2 })
    expect(page.data).toHaveLength(2)
    const other = await server.fetch(`/v1/dreams?page=${page.next_page}x`)
    expect(other.status).toBe(400)
    const outside = client.beta.dreams.list({
      page: page.next_page ?? '',
      'created_at[gt]': page.data[1]?.created_at ?? '',
    })
    expect(await refusal(outside)).toMatchObject({ status: 400 })
  })

  it('filters by status, by time exclusively, and hides archived ones unless asked', async () => {
    const first = await create()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const second = await create()
    await client.beta.dreams.cancel(second.id)
    await client.beta.dreams.archive(second.id)
    const ids = async (query: Parameters<Client['beta']['dreams']['list']>[0]) =>
      (await client.beta.dreams.list({ limit: 3, ...query })).data.map(({ id }) => id)
    expect(await ids({})).not.toContain(second.id)
    expect((await ids({ include_archived: true }))[0]).toBe(second.id)
    expect((await ids({ include_archived: true, statuses: ['canceled'] }))[0]).toBe(second.id)
    expect((await ids({ statuses: ['pending', 'running'] }))[0]).toBe(first.id)
    expect(await ids({ 'created_at[gt]': first.created_at })).toEqual([])
    expect(await ids({ 'created_at[lt]': first.created_at })).not.toContain(first.id)
    for (const query of ['limit=0', 'limit=101', 'statuses=asleep', 'created_at[gt]=soon']) {
      expect((await server.fetch(`/v1/dreams?${query}`)).status, query).toBe(400)
    }
  })
})

describe('what goes wrong while a dream runs', () => {
  beforeAll(cancelPending)

  it('an input store that is archived fails it', async () => {
    const store = await makeStore(client)
    const { id } = await create({ inputs: inputsOf(store, sessions.slice(0, 1)) })
    await client.beta.memoryStores.archive(store)
    const stop = startWorker(server.context)
    expect(await waitForEnd(client, id)).toMatchObject({
      status: 'failed',
      error: { type: 'input_memory_store_unavailable', message: expect.stringContaining(store) },
    })
    await stop()
  })

  it('a store that is too large, or too long a time, fails it with the reference’s type', async () => {
    for (const [limits, type] of [
      [{ dreamMs: 3_600_000, storeBytes: 10 }, 'input_memory_store_too_large'],
      [{ dreamMs: -1, storeBytes: 1_000_000 }, 'timeout'],
    ] as const) {
      const { id } = await create()
      const stop = startWorker({ ...server.context, limits })
      expect(await waitForEnd(client, id)).toMatchObject({ status: 'failed', error: { type } })
      await stop()
      const dream = await server.context.database.read((reader) => getDream(reader, id as DreamId))
      expect(dream.heldStoreId).toBeNull()
    }
  })
})

describe('clients of former versions', () => {
  it('of 0.137 create, find, list and cancel dreams', async () => {
    const former = new FormerAnthropic({ apiKey: server.key, baseURL: server.url, maxRetries: 0 })
    const inputs = inputsOf(await makeStore(client), sessions.slice(0, 2))
    const made = await former.beta.dreams.create({ model, inputs })
    expect(await former.beta.dreams.retrieve(made.id)).toEqual(made)
    expect((await former.beta.dreams.list({ limit: 1 })).data).toEqual([made])
    expect((await former.beta.dreams.cancel(made.id)).status).toBe('canceled')
    expect((await former.beta.dreams.archive(made.id)).archived_at).not.toBeNull()
  })
})

describe('models', () => {
  it('are listed and found by id', async () => {
    const list = await client.beta.models.list()
    expect(list.data.map(({ id }) => id)).toEqual([model])
    expect(await client.beta.models.retrieve(model)).toEqual(list.data[0])
    expect(await client.models.retrieve(model)).toMatchObject({ type: 'model' })
    expect(await refusal(client.beta.models.retrieve('gpt'))).toMatchObject({ status: 404 })
    expect((await client.beta.models.list({ lifecycle: ['retired'] })).data).toEqual([])
  })
})
