import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'
import { collect, openMemories, refusalOf, refusalsOf } from './_memory.ts'

let server: TestServer
let client: Anthropic
beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
})
afterAll(() => server.stop())

const invalid = { status: 400, type: 'invalid_request_error' }
const absent = { status: 404, type: 'not_found_error' }
const pairs = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']))

describe('a memory store', () => {
  it('is made with every field of the wire, and read as it was made', async () => {
    const made = await client.beta.memoryStores.create({ name: 'Notes' })
    expect(made).toEqual({
      id: expect.stringMatching(/^memstore_/),
      type: 'memory_store',
      name: 'Notes',
      description: '',
      metadata: {},
      created_at: expect.stringMatching(/Z$/),
      updated_at: made.created_at,
      archived_at: null,
    })
    expect(await client.beta.memoryStores.retrieve(made.id)).toEqual(made)
    const again = await client.beta.memoryStores.create({ name: 'Notes', description: 'x' })
    expect(again.id).not.toBe(made.id)
  })

  it('may have a name of 255 characters, a description of 1 024, 16 pairs of metadata', async () => {
    const most = {
      name: 'n'.repeat(255),
      description: 'd\n'.repeat(512),
      metadata: { ...pairs(15), ['k'.repeat(64)]: 'v'.repeat(512) },
    }
    expect(await client.beta.memoryStores.create(most)).toMatchObject(most)
    for (const [field, value] of [
      ['name', ''],
      ['name', 'n'.repeat(256)],
      ['name', 'a\nb'],
      ['name', null],
      ['description', 'd'.repeat(1_025)],
      ['metadata', pairs(17)],
      ['metadata', { '': 'v' }],
      ['metadata', { ['k'.repeat(65)]: 'v' }],
      ['metadata', { k: 'v'.repeat(513) }],
      ['metadata', { k: 1 }],
    ]) {
      const body = { name: 'ok', [field as string]: value }
      const refused = await refusalOf(client.beta.memoryStores.create(body as { name: string }))
      expect(refused).toMatchObject({ ...invalid, message: expect.stringContaining(`${field}`) })
    }
  })

  it('changes only what an update names; metadata merges, null removes, an empty text clears', async () => {
    const { id } = await client.beta.memoryStores.create({
      name: 'a',
      description: 'b',
      metadata: { keep: '1', drop: '2', change: '3' },
    })
    const update = (body: Parameters<typeof client.beta.memoryStores.update>[1]) =>
      client.beta.memoryStores.update(id, body)
    expect(
      await update({ metadata: { drop: null, change: '4', add: '5', never: null } }),
    ).toMatchObject({
      name: 'a',
      description: 'b',
      metadata: { keep: '1', change: '4', add: '5' },
    })
    expect(await update({ name: 'c', description: null })).toMatchObject({
      name: 'c',
      description: 'b',
    })
    expect(await update({ description: '' })).toMatchObject({ name: 'c', description: '' })
    expect(await refusalOf(update({ metadata: pairs(16) }))).toMatchObject(invalid)
    expect(Object.keys((await client.beta.memoryStores.retrieve(id)).metadata)).toHaveLength(3)
  })

  it('takes names of metadata that mean something to the language as they are', async () => {
    const body = '{"name":"a","metadata":{"__proto__":"x","constructor":"y"}}'
    const response = await server.fetch('/v1/memory_stores', { method: 'POST', body })
    expect([200, 400]).toContain(response.status)
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  it('moves its time when it is edited, and not when nothing changes or its memories do', async () => {
    const made = await client.beta.memoryStores.create({ name: 'a', metadata: { b: '1', a: '2' } })
    await openMemories(client, made.id).create('/a', 'text')
    const same = { name: 'a', metadata: { a: '2' } }
    expect(await client.beta.memoryStores.update(made.id, same)).toEqual(made)
    const edited = await client.beta.memoryStores.update(made.id, { name: 'b' })
    expect(edited.updated_at > made.updated_at).toBe(true)
    expect(edited.created_at).toBe(made.created_at)
  })

  it('is archived for good: read, deleted from and redacted in, but neither changed nor added to', async () => {
    const { id } = await client.beta.memoryStores.create({ name: 'old' })
    const store = openMemories(client, id)
    const memory = await store.create('/a', 'one')
    const other = await store.create('/b', 'two')
    const archived = await client.beta.memoryStores.archive(id)
    expect(archived.archived_at).toBe(archived.updated_at)
    expect(await client.beta.memoryStores.archive(id)).toEqual(archived)
    for (const refusal of await refusalsOf([
      client.beta.memoryStores.update(id, { name: 'new' }),
      store.create('/c'),
      store.update(memory.id, { content: 'more' }),
      store.update(memory.id, { path: '/c' }),
    ])) {
      expect(refusal).toMatchObject({
        ...invalid,
        details: { error_code: 'memory_store_archived' },
      })
    }
    expect(await store.read(memory.id)).toMatchObject({ content: 'one' })
    expect(await store.list()).toHaveLength(2)
    await store.remove(other.id)
    expect(await store.redact(other.memory_version_id)).toMatchObject({ content: null })
    await client.beta.memoryStores.delete(id)
  })

  it('that is deleted takes its memories and their versions with it', async () => {
    const { id } = await client.beta.memoryStores.create({ name: 'gone' })
    const store = openMemories(client, id)
    const memory = await store.create('/a', 'text')
    expect(await client.beta.memoryStores.delete(id)).toEqual({ id, type: 'memory_store_deleted' })
    for (const refusal of await refusalsOf([
      client.beta.memoryStores.retrieve(id),
      client.beta.memoryStores.update(id, { name: 'x' }),
      client.beta.memoryStores.archive(id),
      client.beta.memoryStores.delete(id),
      store.create('/b'),
      store.list(),
      store.read(memory.id),
      store.update(memory.id, { content: 'x' }),
      store.remove(memory.id),
      store.versions(),
      store.version(memory.memory_version_id),
      store.redact(memory.memory_version_id),
    ])) {
      expect(refusal).toMatchObject(absent)
    }
    const listed = await collect(client.beta.memoryStores.list({ include_archived: true }))
    expect(listed.map((one) => one.id)).not.toContain(id)
  })
})

describe('webhook endpoints', () => {
  it('are told of a store that is made, archived and deleted, once each', async () => {
    const subscribe = { url: 'http://127.0.0.1:9/', event_types: ['*'] }
    const body = JSON.stringify(subscribe)
    await server.fetch('/lucid/v1/webhook_endpoints', { method: 'POST', body })
    const { id } = await client.beta.memoryStores.create({ name: 'told' })
    await client.beta.memoryStores.update(id, { name: 'not told' })
    await client.beta.memoryStores.archive(id)
    await client.beta.memoryStores.archive(id)
    await client.beta.memoryStores.delete(id)
    const response = await server.fetch('/lucid/v1/webhook_deliveries')
    const { data } = (await response.json()) as { data: object[] }
    expect(
      JSON.stringify(data)
        .match(/memory_store\.\w+/g)
        ?.toSorted(),
    ).toEqual(['memory_store.archived', 'memory_store.created', 'memory_store.deleted'])
  })
})

describe('the list of memory stores', () => {
  it('is newest first, in pages, without archived ones unless they are asked for', async () => {
    const own = await startTestServer()
    try {
      const { memoryStores } = own.client().beta
      const ids: string[] = []
      for (let index = 0; index < 25; index += 1) {
        ids.unshift((await memoryStores.create({ name: `store ${index}` })).id)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      const first = await memoryStores.list()
      expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 20))
      expect((await collect(memoryStores.list({ limit: 7 }))).map(({ id }) => id)).toEqual(ids)
      await memoryStores.archive(ids[3] as string)
      const open = await collect(memoryStores.list({ limit: 10 }))
      expect(open.map(({ id }) => id)).toEqual(ids.filter((id) => id !== ids[3]))
      const all = await collect(memoryStores.list({ include_archived: true, limit: 100 }))
      expect(all.map(({ id }) => id)).toEqual(ids)

      const times = all.map((one) => one.created_at)
      const within = await memoryStores.list({
        'created_at[gte]': times[9] as string,
        'created_at[lte]': times[5] as string,
      })
      expect(within.data.map(({ id }) => id)).toEqual(ids.slice(5, 10))
      expect(within.next_page).toBeNull()
      const page = first.next_page as string
      const outside = memoryStores.list({ page, 'created_at[gte]': times[0] as string })
      expect(await refusalOf(outside)).toMatchObject(invalid)
      const inside = await memoryStores.list({
        page,
        limit: 2,
        'created_at[lte]': times[0] as string,
      })
      expect(inside.data).toHaveLength(2)
    } finally {
      await own.stop()
    }
  })

  it('refuses limits beyond 100 and cursors that it did not make', async () => {
    for (const query of [
      'limit=0',
      'limit=101',
      'limit=x',
      'page=x',
      'include_archived=maybe',
      'created_at[gte]=soon',
    ]) {
      const response = await server.fetch(`/v1/memory_stores?${query}`)
      expect([query, response.status]).toEqual([query, 400])
    }
  })
})

describe('an id', () => {
  it('that no database can hold, or that is much too long, is refused as any other unknown one', async () => {
    for (const path of [
      'memory_stores/%00',
      `memory_stores/${'x'.repeat(129)}`,
      'memory_stores/%F0%9F',
    ]) {
      expect([400, 404]).toContain((await server.fetch(`/v1/${path}`)).status)
    }
  })
})

describe('who may', () => {
  it('read needs memory:read or memory:write, write needs memory:write', async () => {
    const { id } = await client.beta.memoryStores.create({ name: 'a' })
    const reader = server.client({ apiKey: await server.makeKey('memory:read') })
    const writer = server.client({ apiKey: await server.makeKey('memory:write') })
    const other = server.client({ apiKey: await server.makeKey('ingest', 'review') })
    const memory = await openMemories(writer, id).create('/a', 'text')
    expect(await openMemories(reader, id).read(memory.id)).toMatchObject({ content: 'text' })
    expect(await openMemories(writer, id).read(memory.id)).toMatchObject({ content: 'text' })
    const denied = { status: 403, type: 'permission_error' }
    for (const refusal of await refusalsOf([
      reader.beta.memoryStores.create({ name: 'b' }),
      reader.beta.memoryStores.archive(id),
      reader.beta.memoryStores.delete(id),
      openMemories(reader, id).create('/b'),
      openMemories(reader, id).update(memory.id, { content: 'x' }),
      openMemories(reader, id).remove(memory.id),
      openMemories(reader, id).redact(memory.memory_version_id),
      other.beta.memoryStores.retrieve(id),
      openMemories(other, id).list(),
    ])) {
      expect(refusal).toMatchObject(denied)
    }
  })

  it('sends either beta value, and on a strict server not both', async () => {
    const strict = await startTestServer({ strict: true })
    try {
      const send = (beta: string) =>
        strict.fetch('/v1/memory_stores', {
          headers: {
            'anthropic-version': '2023-06-01',
            ...(beta ? { 'anthropic-beta': beta } : {}),
          },
        })
      const [older, newer] = ['managed-agents-2026-04-01', 'agent-memory-2026-07-22']
      expect((await send(older)).status).toBe(200)
      expect((await send(newer)).status).toBe(200)
      expect((await send(`${newer},${older}`)).status).toBe(400)
      expect((await send('')).status).toBe(404)
      const made = await strict
        .client()
        .beta.memoryStores.create({ name: 'a', metadata: { a: 'b' } })
      await strict.client().beta.memoryStores.update(made.id, { metadata: { a: null } })
    } finally {
      await strict.stop()
    }
  })
})
