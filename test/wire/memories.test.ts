import { createHash } from 'node:crypto'
import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MemoryStoreId } from '../../src/core/ids.ts'
import { insertMemory } from '../../src/storage/memories.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { basedOn, makeStore, openMemories, refusalOf, refusalsOf } from './_memory.ts'

let server: TestServer
let client: Anthropic
beforeAll(async () => {
  server = await startTestServer()
  client = server.client()
})
afterAll(() => server.stop())

const open = async () => {
  const id = await makeStore(client)
  return { id, ...openMemories(client, id) }
}
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const invalid = { status: 400, type: 'invalid_request_error' }
const conflict = { status: 409, type: 'memory_path_conflict_error', retry: 'false' }
const stale = { status: 409, type: 'memory_precondition_failed_error', retry: 'false' }

describe('a memory', () => {
  it('is made with every field of the wire; content comes with the full view', async () => {
    const store = await open()
    const made = await store.create('/notes/é.md', 'naïve\r\n')
    expect(made).toEqual({
      id: expect.stringMatching(/^mem_/),
      type: 'memory',
      memory_store_id: store.id,
      memory_version_id: expect.stringMatching(/^memver_/),
      path: '/notes/é.md',
      content: null,
      content_sha256: sha256('naïve\r\n'),
      content_size_bytes: 8,
      created_at: expect.stringMatching(/Z$/),
      updated_at: made.created_at,
    })
    const full = { ...made, content: 'naïve\r\n' }
    expect(await store.read(made.id)).toEqual(full)
    const address = { memory_store_id: store.id }
    const { memories } = client.beta.memoryStores
    expect(await memories.retrieve(made.id, { ...address, view: 'basic' })).toEqual(made)
    expect(await memories.update(made.id, { ...address, view: 'full' })).toEqual(full)
    expect(await memories.update(made.id, address)).toEqual(made)
    const other = { path: '/other', content: 'x', view: 'full' } as const
    expect(await memories.create(store.id, other)).toMatchObject({ content: 'x' })
    const views = await server.fetch(`/v1/memory_stores/${store.id}/memories?view=some`)
    expect(views.status).toBe(400)
  })

  it('may hold nothing, and 102 400 bytes, and every character but NUL as it was sent', async () => {
    const store = await open()
    for (const content of [
      '',
      '\ufeffa',
      'e\u0301',
      '\r\n\t\u2028\u200d',
      '\u{1f388}'.repeat(25_600),
      'a'.repeat(101_400),
    ]) {
      const { id, content_sha256 } = await store.create(`/${sha256(content)}`, content)
      expect(content_sha256).toBe(sha256(content))
      expect((await store.read(id)).content).toBe(content)
    }
    expect((await store.create('/null', null)).content_size_bytes).toBe(0)
    const { id } = await store.create('/kept', 'kept')
    const bad = ['a'.repeat(102_401), `${'é'.repeat(51_200)}a`, 'a\0b', '\ud800']
    for (const content of bad) {
      for (const refusal of await refusalsOf([
        store.create('/bad', content),
        store.update(id, { content }),
      ])) {
        expect(refusal).toMatchObject(invalid)
      }
    }
    expect((await store.read(id)).content).toBe('kept')
    const without = await server.fetch(`/v1/memory_stores/${store.id}/memories`, {
      method: 'POST',
      body: '{"path":"/a"}',
    })
    expect(without.status).toBe(400)
    expect(await store.list()).toHaveLength(8)
  })

  it('keeps to the grammar of paths, when it is made and when it is renamed', async () => {
    const store = await open()
    const deep = '/a'.repeat(20)
    const good = [deep, `/${'b'.repeat(1_023)}`, '/ä b/"c"/日本/\u{1f388}', '/.x/..y']
    for (const path of good) expect((await store.create(path)).path).toBe(path)
    const { id } = await store.create('/kept')
    const bad: [path: string, says: string][] = [
      ['', '"/"'],
      ['a', '"/"'],
      ['/', 'empty'],
      ['/a/', 'empty'],
      ['/a//b', 'empty'],
      ['/a/./b', '"."'],
      ['/../b', '".."'],
      [`${deep}/a`, 'at most 20'],
      [`/${'b'.repeat(1_024)}`, '1024 bytes'],
      [`/${'é'.repeat(512)}`, '1024 bytes'],
      ['/e\u0301', 'Form C'],
      ['/a\u0000', 'U+0000'],
      ['/a\u200d', 'U+200D'],
      ['/a\u2028', 'U+2028'],
      ['/a\u2029', 'U+2029'],
      ['/\ud800', 'surrogate'],
    ]
    for (const [path, says] of bad) {
      for (const refusal of await refusalsOf([store.create(path), store.update(id, { path })])) {
        expect(refusal).toMatchObject({ ...invalid, message: expect.stringContaining(says) })
      }
    }
    expect((await store.list()).map((one) => one.path).toSorted()).toEqual(
      [...good, '/kept'].toSorted(),
    )
  })

  it('cannot stand where another does, nor above or below one; the refusal names it', async () => {
    const store = await open()
    const deep = await store.create('/a/b/c')
    const other = await store.create('/other')
    const names = { conflicting_memory_id: deep.id, conflicting_path: '/a/b/c' }
    for (const path of ['/a/b/c', '/a', '/a/b', '/a/b/c/d', '/a/b/c/d/e']) {
      for (const refusal of await refusalsOf([
        store.create(path),
        store.update(other.id, { path }),
      ])) {
        expect(refusal).toMatchObject({ ...conflict, ...names })
      }
    }
    for (const path of ['/a/b/d', '/a/bc', '/ab', '/A', '/a.b']) await store.create(path)
  })

  it('keeps its id when it is renamed, and its old path is free', async () => {
    const store = await open()
    const made = await store.create('/a', 'text')
    const renamed = await store.update(made.id, { path: '/a/below/itself' })
    expect(renamed).toMatchObject({ id: made.id, path: '/a/below/itself' })
    expect(renamed.memory_version_id).not.toBe(made.memory_version_id)
    expect(renamed.content_sha256).toBe(made.content_sha256)
    await store.update(made.id, { path: '/b', content: 'both' })
    const next = await store.create('/a')
    expect(next.id).not.toBe(made.id)
    expect(await store.read(made.id)).toMatchObject({ path: '/b', content: 'both' })
  })

  it('is changed only from the content that the request is based on, renames too', async () => {
    const store = await open()
    const first = await store.create('/a', 'one')
    const precondition = basedOn(first.content_sha256)
    const second = await store.update(first.id, { content: 'two', precondition })
    const retried = await refusalsOf([
      store.update(first.id, { content: 'three', precondition }),
      store.update(first.id, { path: '/b', precondition }),
      store.update(first.id, { path: '/b', content: 'two', precondition }),
    ])
    for (const refusal of retried) {
      expect(refusal).toMatchObject(stale)
      expect(JSON.stringify(refusal)).not.toContain(second.content_sha256)
    }
    expect(await store.read(first.id)).toMatchObject({ path: '/a', content: 'two' })
    expect(await store.versions({ memory_id: first.id })).toHaveLength(2)
    for (const content_sha256 of ['', 'x', first.content_sha256.toUpperCase()]) {
      const malformed = store.update(first.id, {
        content: 'x',
        precondition: basedOn(content_sha256),
      })
      expect(await refusalOf(malformed)).toMatchObject(invalid)
    }
  })

  it('that already is what is asked for answers so, whatever that was based on, without a version', async () => {
    const store = await open()
    const first = await store.create('/a', 'one')
    const precondition = basedOn(first.content_sha256)
    const wanted = { content: 'two', path: '/b', precondition }
    const second = await store.update(first.id, wanted)
    expect(await store.update(first.id, wanted)).toEqual(second)
    expect(await store.update(first.id, { content: 'two', precondition })).toEqual(second)
    expect(await store.update(first.id, { content: 'two' })).toEqual(second)
    expect(await store.update(first.id, { path: '/b' })).toEqual(second)
    expect(await store.update(first.id, {})).toEqual(second)
    expect(await store.update(first.id, { content: null, path: null })).toEqual(second)
    expect(await store.versions({ memory_id: first.id })).toHaveLength(2)
  })

  it('is deleted from the content that the request is based on, and its versions stay', async () => {
    const store = await open()
    const made = await store.create('/a', 'one')
    await store.update(made.id, { content: 'two' })
    expect(await refusalOf(store.remove(made.id, made.content_sha256))).toMatchObject(stale)
    expect(await refusalOf(store.remove(made.id, 'x'))).toMatchObject(invalid)
    expect(await store.remove(made.id, sha256('two'))).toEqual({
      id: made.id,
      type: 'memory_deleted',
    })
    for (const refusal of await refusalsOf([
      store.read(made.id),
      store.update(made.id, { content: 'x' }),
      store.remove(made.id),
    ])) {
      expect(refusal).toMatchObject({ status: 404, type: 'not_found_error' })
    }
    expect(await store.versions({ memory_id: made.id })).toHaveLength(3)
    const again = await store.create('/a', 'three')
    expect(again.id).not.toBe(made.id)
  })

  it('is found under its own store only', async () => {
    const [one, two] = [await open(), await open()]
    const { id } = await one.create('/a', 'text')
    for (const refusal of await refusalsOf([
      two.read(id),
      two.update(id, { content: 'x' }),
      two.remove(id),
      openMemories(client, 'memstore_none').list(),
      openMemories(client, 'memstore_none').create('/a'),
    ])) {
      expect(refusal).toMatchObject({ status: 404, type: 'not_found_error' })
    }
    expect(await one.read(id)).toMatchObject({ content: 'text' })
  })
})

describe('the list of memories', () => {
  const paths = ['/a-b', '/a.md', '/a/1', '/a/2/x', '/a/2/y', '/a/3', '/b', '/\uff5e', '/\u{1f388}']

  it('is everything below a prefix in code-point order, or its direct children and their prefixes', async () => {
    const store = await open()
    for (const path of paths.toReversed()) await store.create(path, path)
    const list = async (params: Parameters<typeof store.list>[0]) =>
      (await store.list(params)).map(({ type, path }) => (type === 'memory' ? path : `${path} …`))
    for (const limit of [1, 2, 100]) {
      expect(await list({ limit })).toEqual(paths)
      expect(await list({ limit, depth: 0, path_prefix: '/a/' })).toEqual(paths.slice(2, 6))
      expect(await list({ limit, depth: 1 })).toEqual([
        '/a-b',
        '/a.md',
        '/a/ …',
        '/b',
        '/\uff5e',
        '/\u{1f388}',
      ])
      expect(await list({ limit, depth: 1, path_prefix: '/' })).toHaveLength(6)
      expect(await list({ limit, depth: 1, path_prefix: '/a/' })).toEqual([
        '/a/1',
        '/a/2/ …',
        '/a/3',
      ])
      expect(await list({ limit, path_prefix: '/a/2/' })).toEqual(['/a/2/x', '/a/2/y'])
      expect(await list({ limit, path_prefix: '/none/' })).toEqual([])
    }
    const [marker] = (await store.list({ depth: 1 })).filter(({ type }) => type === 'memory_prefix')
    expect(marker).toEqual({ type: 'memory_prefix', path: '/a/' })
  })

  it('refuses other depths, prefixes that are not whole segments, and limits beyond 100', async () => {
    const { id } = await open()
    for (const query of [
      'depth=2',
      'depth=-1',
      'depth=',
      'path_prefix=',
      'path_prefix=/a',
      'path_prefix=a/',
      'path_prefix=/a//',
      'path_prefix=/%00/',
      'limit=0',
      'limit=101',
      'limit=1.5',
      'page=x',
      `page=${'x'.repeat(5_000)}`,
    ]) {
      const response = await server.fetch(`/v1/memory_stores/${id}/memories?${query}`)
      expect([query, response.status]).toEqual([query, 400])
    }
    const old = await server.fetch(`/v1/memory_stores/${id}/memories?order_by=path&order=asc`)
    expect(old.status).toBe(200)
  })

  it('holds 20 to a page unless told, at most 20 with content, and markers count', async () => {
    const store = await open()
    for (let index = 0; index < 30; index += 1) {
      await store.create(`/${String(index).padStart(2, '0')}${index % 2 ? '/x' : ''}`, 'text')
    }
    const { memories } = client.beta.memoryStores
    expect((await memories.list(store.id)).data).toHaveLength(20)
    expect((await memories.list(store.id, { limit: 25 })).data).toHaveLength(25)
    const full = await memories.list(store.id, { limit: 100, view: 'full' })
    expect(full.data).toHaveLength(20)
    expect(full.data.every((one) => one.type === 'memory' && one.content === 'text')).toBe(true)
    const basic = await memories.list(store.id, { limit: 100 })
    expect(basic.data.every((one) => one.type === 'memory' && one.content === null)).toBe(true)
    expect(basic.next_page).toBeNull()
    const children = await memories.list(store.id, { limit: 5, depth: 1 })
    expect(children.data.map(({ type }) => type)).toEqual([
      'memory',
      'memory_prefix',
      'memory',
      'memory_prefix',
      'memory',
    ])
    const next = await memories.list(store.id, {
      limit: 2,
      depth: 1,
      page: children.next_page ?? '',
    })
    expect(next.data.map(({ path }) => path)).toEqual(['/05/', '/06'])
    const elsewhere = await makeStore(client)
    const foreign = memories.list(elsewhere, { page: children.next_page ?? '' })
    expect(await refusalOf(foreign)).toMatchObject(invalid)
  })
})

describe('a full store', () => {
  it('refuses the 2 001st memory and still takes changes', async () => {
    const store = await open()
    const made = await store.create('/first')
    await server.context.database.write({ type: 'user', id: 'test' }, async (writer) => {
      const storeId = store.id as MemoryStoreId
      for (let index = 0; index < 1_999; index += 1) {
        await insertMemory(writer, { storeId, path: `/${index}`, content: '' })
      }
      await writer.audit({ action: 'x.filled', objectType: 'memory_store', objectId: storeId })
    })
    expect(await refusalOf(store.create('/more'))).toMatchObject({
      ...invalid,
      details: { error_code: 'memory_store_full' },
    })
    await store.update(made.id, { path: '/renamed', content: 'changed' })
    await store.remove(made.id)
    await store.create('/more')
    const paths = (await store.list({ limit: 100 })).map((one) => one.path)
    expect(new Set(paths).size).toBe(2_000)
  })
})
