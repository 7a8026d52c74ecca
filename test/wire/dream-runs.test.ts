import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DreamId, SessionId } from '../../src/core/ids.ts'
import type { Thinking } from '../../src/pipeline/thinking.ts'
import { listAuditRecords } from '../../src/storage/audit-records.ts'
import { listChanges } from '../../src/storage/changes.ts'
import { deleteSession } from '../../src/storage/live-sessions.ts'
import { getSession } from '../../src/storage/sessions.ts'
import { putPolicy } from '../_policies.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import {
  type Client,
  doNextJob,
  fillServer,
  inputsOf,
  listOwnEvents,
  makeStore,
  refusal,
  workUpTo,
} from './_dreaming.ts'

let server: TestServer
let client: Client
let sessions: string[]
/** The server's clock, moved by tests. */
let now = Date.parse('2026-11-25T08:00:00Z')
beforeAll(async () => {
  server = await startTestServer({}, () => now)
  await putPolicy(server.context)
  client = server.client()
  sessions = await fillServer(server)
}, 60_000)
afterAll(() => server.stop())

const model = 'lucidream-builtin'
const updating = (storeId: string) => ({
  model,
  inputs: inputsOf(storeId, sessions.slice(0, 3)),
  output_behavior: { type: 'update_existing' as const, memory_store_id: storeId },
})

const countAudit = async () => {
  const page = await server.context.database.read((reader) =>
    listAuditRecords(reader, { afterSeq: 0, limit: 1_000_000 }),
  )
  return page.length
}

const listVersions = async (storeId: string) =>
  (await client.beta.memoryStores.memoryVersions.list(storeId)).data

const storedSession = (id: string | null) =>
  server.context.database.read((reader) => getSession(reader, id as SessionId))

async function editRules(storeId: string, content: string) {
  const [memory] = (await client.beta.memoryStores.memories.list(storeId)).data
  if (memory?.type !== 'memory') throw new Error('There is no memory.')
  await client.beta.memoryStores.memories.update(memory.id, { memory_store_id: storeId, content })
}

describe('while a dream runs', () => {
  it('outputs and session are there after its first step, and the store holds a copy', async () => {
    const store = await makeStore(client)
    const inputs = inputsOf(store, sessions.slice(0, 3))
    const { id } = await client.beta.dreams.create({ model, inputs })
    await workUpTo(server.context, 'digest')
    const running = await client.beta.dreams.retrieve(id)
    expect(running).toMatchObject({
      status: 'running',
      session_id: expect.stringMatching(/^sesn_/),
    })
    const copy = running.outputs[0]?.memory_store_id ?? ''
    expect((await client.beta.memoryStores.memories.list(copy)).data).toHaveLength(1)
    expect((await storedSession(running.session_id)).session.status).toBe('running')
    while (await doNextJob(server.context));
    const own = await storedSession((await client.beta.dreams.retrieve(id)).session_id)
    expect(own).toMatchObject({
      archivedAt: expect.any(String),
      session: { status: 'terminated' },
    })
  })

  it('canceling is immediate; the store is free once the worker has noticed, and nothing was written', async () => {
    const store = await makeStore(client)
    const before = await listVersions(store)
    const { id } = await client.beta.dreams.create(updating(store))
    await workUpTo(server.context, 'propose')
    expect((await client.beta.dreams.cancel(id)).status).toBe('canceled')
    const refused = await refusal(client.beta.dreams.create(updating(store)))
    expect(refused).toMatchObject({
      status: 409,
      message: expect.stringContaining(`${id} is canceled and finishes its last writes`),
    })
    await doNextJob(server.context)
    expect(await listVersions(store)).toEqual(before)
    const next = await client.beta.dreams.create(updating(store))
    expect(next.status).toBe('pending')
    await client.beta.dreams.cancel(next.id)
    await doNextJob(server.context)
    const own = await listOwnEvents(server, (await client.beta.dreams.retrieve(id)).session_id)
    expect(JSON.stringify(own.at(-2)?.body)).toContain('the dream was canceled')
  })

  it('a step that ends after the cancel writes nothing to the store', async () => {
    const store = await makeStore(client)
    const { id } = await client.beta.dreams.create(updating(store))
    await workUpTo(server.context, 'propose')
    const before = await listVersions(store)
    const thinking: Thinking = {
      ...server.context.thinking,
      async propose(task, signal) {
        const proposed = await server.context.thinking.propose(task, signal)
        await client.beta.dreams.cancel(id)
        return proposed
      },
    }
    await doNextJob({ ...server.context, thinking })
    expect(await listVersions(store)).toEqual(before)
    expect((await client.beta.dreams.retrieve(id)).status).toBe('canceled')
    await client.beta.dreams.cancel((await client.beta.dreams.create(updating(store))).id)
    await doNextJob(server.context)
  })

  it('a memory that somebody else edits stays as they left it, and its change stays proposed', async () => {
    const store = await makeStore(client)
    const { id } = await client.beta.dreams.create(updating(store))
    await workUpTo(server.context, 'propose')
    await editRules(store, '- Mine.\n')
    await doNextJob(server.context)
    const dream = await client.beta.dreams.retrieve(id)
    expect(dream.status).toBe('completed')
    const list = await client.beta.memoryStores.memories.list(store, { view: 'full', limit: 20 })
    expect(list.data).toMatchObject([{ path: '/rules.md', content: '- Mine.\n' }])
    const changes = await server.context.database.read((reader) =>
      listChanges(reader, id as DreamId),
    )
    expect(changes.map(({ status }) => status)).toEqual(['proposed'])
    const told = (await listOwnEvents(server, dream.session_id)).map(({ body }) =>
      JSON.stringify(body),
    )
    expect(told.join('\n')).toContain('/rules.md was left as it is')
  })

  it('an input store edited meanwhile does not change what a new store is made from', async () => {
    const store = await makeStore(client)
    const inputs = inputsOf(store, sessions.slice(0, 3))
    const { id } = await client.beta.dreams.create({ model, inputs })
    await workUpTo(server.context, 'mine')
    await editRules(store, '- Mine.\n')
    while (await doNextJob(server.context));
    const dream = await client.beta.dreams.retrieve(id)
    const copy = dream.outputs[0]?.memory_store_id ?? ''
    const list = await client.beta.memoryStores.memories.list(copy, { view: 'full', limit: 20 })
    expect(list.data).toMatchObject([
      { content: '- Refunds take 5 days.\n- Bags cost 50 dollars.\n' },
    ])
  })

  it('an input session that is deleted fails it, and what was written stays', async () => {
    const store = await makeStore(client)
    const gone = sessions.at(-1) ?? ''
    const { id } = await client.beta.dreams.create({ model, inputs: inputsOf(store, [gone]) })
    await workUpTo(server.context, 'mine')
    await server.context.database.write({ type: 'user', id: 'test' }, async (writer) => {
      await deleteSession(writer, gone as SessionId)
      await writer.audit({ action: 'session.deleted', objectType: 'session', objectId: gone })
    })
    await doNextJob(server.context)
    expect(await client.beta.dreams.retrieve(id)).toMatchObject({
      status: 'failed',
      error: { type: 'input_session_unavailable', message: expect.stringContaining(gone) },
      outputs: [{ type: 'memory_store' }],
      session_id: expect.anything(),
    })
  })

  it('a step that keeps breaking is tried three times and then fails the dream', async () => {
    const store = await makeStore(client)
    const { id } = await client.beta.dreams.create(updating(store))
    await workUpTo(server.context, 'mine')
    let tries = 0
    const thinking: Thinking = {
      ...server.context.thinking,
      async mine() {
        tries += 1
        throw new Error('out of ideas')
      },
    }
    for (let round = 0; round < 5; round += 1) {
      await doNextJob({ ...server.context, thinking })
      now += 10_000
    }
    expect(tries).toBe(3)
    expect(await client.beta.dreams.retrieve(id)).toMatchObject({
      status: 'failed',
      error: { type: 'internal_error', message: 'mine: out of ideas' },
    })
    expect((await client.beta.dreams.create(updating(store))).status).toBe('pending')
    while (await doNextJob(server.context));
  })
})

describe('a worker that is paused past its lease', () => {
  it('writes nothing: another one did the step meanwhile', async () => {
    const store = await makeStore(client)
    const { id } = await client.beta.dreams.create(updating(store))
    await workUpTo(server.context, 'propose')
    const after = { versions: 0, audit: 0 }
    const thinking: Thinking = {
      ...server.context.thinking,
      async propose(task, signal) {
        now += 61_000
        await doNextJob({ ...server.context, owner: 'elsewhere:1:1' })
        after.versions = (await listVersions(store)).length
        after.audit = await countAudit()
        return server.context.thinking.propose(task, signal)
      },
    }
    await doNextJob({ ...server.context, thinking })
    expect((await client.beta.dreams.retrieve(id)).status).toBe('completed')
    expect(after.versions).toBe(2)
    expect((await listVersions(store)).length).toBe(after.versions)
    expect(await countAudit()).toBe(after.audit)
  })
})
