import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../../src/core/audit/record.ts'
import type { MemoryStoreId, SessionId } from '../../src/core/ids.ts'
import { insertMemory } from '../../src/storage/memories.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { makeStore, openMemories, refusalOf, refusalsOf } from './_memory.ts'

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

const invalid = { status: 400, type: 'invalid_request_error' }

describe('a memory version', () => {
  it('records each change with every field of the wire, newest first', async () => {
    const store = await open()
    const made = await store.create('/a', 'one')
    await store.update(made.id, { content: 'three' })
    await store.update(made.id, { path: '/b' })
    await store.remove(made.id)
    const versions = await store.versions({ view: 'full' })
    expect(
      versions.map(({ operation, path, content, content_size_bytes }) => [
        operation,
        path,
        content,
        content_size_bytes,
      ]),
    ).toEqual([
      ['deleted', '/b', null, null],
      ['modified', '/b', 'three', 5],
      ['modified', '/a', 'three', 5],
      ['created', '/a', 'one', 3],
    ])
    const last = versions.at(-1)
    expect(last).toEqual({
      id: made.memory_version_id,
      type: 'memory_version',
      memory_id: made.id,
      memory_store_id: store.id,
      operation: 'created',
      path: '/a',
      content: 'one',
      content_sha256: made.content_sha256,
      content_size_bytes: 3,
      created_at: made.created_at,
      created_by: { type: 'api_actor', api_key_id: expect.stringMatching(/^apikey_/) },
      redacted_at: null,
      redacted_by: null,
    })
    expect(versions[0]?.content_sha256).toBeNull()
    expect(await store.version(made.memory_version_id)).toEqual(last)
    const [basic] = (await store.versions()).slice(-1)
    expect(basic).toEqual({ ...last, content: null })
  })

  it('is the head when its memory says so; going back is writing an old content again', async () => {
    const store = await open()
    const made = await store.create('/a', 'good')
    await store.update(made.id, { content: 'bad' })
    const old = await store.version(made.memory_version_id)
    const back = await store.update(made.id, { content: old.content ?? null })
    const [newest] = await store.versions({ memory_id: made.id })
    expect(newest).toMatchObject({ id: back.memory_version_id, operation: 'modified' })
    expect(back.content_sha256).toBe(made.content_sha256)
  })

  it('is found under its own store only', async () => {
    const [one, two] = [await open(), await open()]
    const made = await one.create('/a')
    for (const refusal of await refusalsOf([
      two.version(made.memory_version_id),
      two.redact(made.memory_version_id),
      one.version('memver_none'),
      one.redact('memver_none'),
    ])) {
      expect(refusal).toMatchObject({ status: 404, type: 'not_found_error' })
    }
    expect(await two.versions()).toEqual([])
  })
})

describe('redaction', () => {
  it('erases what was said and keeps who and when; a second time changes nothing', async () => {
    const store = await open()
    const made = await store.create('/a', 'secret')
    expect(await refusalOf(store.redact(made.memory_version_id))).toMatchObject({
      ...invalid,
      details: { error_code: 'memory_version_is_head' },
    })
    await store.update(made.id, { content: 'harmless' })
    const before = await store.version(made.memory_version_id)
    const redacted = await store.redact(made.memory_version_id)
    expect(redacted).toEqual({
      ...before,
      path: null,
      content: null,
      content_sha256: null,
      content_size_bytes: null,
      redacted_at: expect.stringMatching(/Z$/),
      redacted_by: before.created_by,
    })
    expect(await store.redact(made.memory_version_id)).toEqual(redacted)
    expect(await store.version(made.memory_version_id)).toEqual(redacted)
    expect(await store.read(made.id)).toMatchObject({ content: 'harmless' })
  })

  it('reaches every version of a deleted memory, its deletion too', async () => {
    const store = await open()
    const made = await store.create('/a', 'secret')
    await store.remove(made.id)
    for (const { id } of await store.versions()) await store.redact(id)
    const left = await store.versions({ memory_id: made.id, view: 'full' })
    expect(left.map(({ operation, path, content }) => [operation, path, content])).toEqual([
      ['deleted', null, null],
      ['created', null, null],
    ])
    await store.create('/a')
  })
})

describe('the list of versions', () => {
  it('pages through all of them and can be narrowed between pages', async () => {
    const store = await open()
    const made = await store.create('/a', '0')
    for (let index = 1; index < 25; index += 1) await store.update(made.id, { content: `${index}` })
    const wanted = Array.from({ length: 25 }, (_, index) => `${24 - index}`)
    for (const limit of [1, 7, 100]) {
      const versions = await store.versions({ limit, view: 'full' })
      expect(versions.map(({ content }) => content)).toEqual(wanted)
    }
    const { memoryVersions } = client.beta.memoryStores
    const first = await memoryVersions.list(store.id)
    expect(first.data).toHaveLength(20)
    expect((await memoryVersions.list(store.id, { limit: 100, view: 'full' })).data).toHaveLength(
      20,
    )
    const page = first.next_page ?? ''
    const rest = await memoryVersions.list(store.id, { page, operation: 'created' })
    expect(rest.data.map(({ id }) => id)).toEqual([made.memory_version_id])
    const outside = memoryVersions.list(store.id, {
      page,
      'created_at[lte]': '2020-01-01T00:00:00Z',
    })
    expect(await refusalOf(outside)).toMatchObject(invalid)
    expect(await refusalOf(memoryVersions.list(await makeStore(client), { page }))).toMatchObject(
      invalid,
    )
  })

  it('is chosen by memory, operation, author and time; each kind of actor has its own shape', async () => {
    const store = await open()
    const key = await store.create('/key')
    await store.update(key.id, { content: 'more' })
    await writeAs(store.id, { type: 'session', id: 'sesn_1' }, { path: '/session' })
    await writeAs(store.id, { type: 'user', id: 'user_1' }, { path: '/user' })
    await writeAs(store.id, { type: 'service_account', id: 'svac_1' }, { path: '/account' })
    await writeAs(
      store.id,
      { type: 'dream', id: 'drm_1' },
      { path: '/dream', sessionId: 'sesn_dream' },
    )
    await writeAs(store.id, { type: 'dream', id: 'drm_1' }, { path: '/dream-alone' })
    await writeAs(store.id, { type: 'importer', id: 'folder@1' }, { path: '/importer' })
    const authors = new Map(
      (await store.versions({ operation: 'created' })).map(({ path, created_by }) => [
        path,
        created_by,
      ]),
    )
    const { api_key_id } = authors.get('/key') as { api_key_id: string }
    expect(Object.fromEntries(authors)).toEqual({
      '/key': { type: 'api_actor', api_key_id },
      '/session': { type: 'session_actor', session_id: 'sesn_1' },
      '/user': { type: 'user_actor', user_id: 'user_1' },
      '/account': { type: 'service_account_actor', service_account_id: 'svac_1' },
      '/dream': { type: 'session_actor', session_id: 'sesn_dream' },
      '/dream-alone': { type: 'service_account_actor', service_account_id: 'drm_1' },
      '/importer': { type: 'service_account_actor', service_account_id: 'folder@1' },
    })
    const paths = async (params: Parameters<typeof store.versions>[0]) =>
      (await store.versions({ ...params, limit: 2 })).map(({ path }) => path).toSorted()
    expect(await paths({ api_key_id })).toEqual(['/key', '/key'])
    expect(await paths({ api_key_id: 'svac_1' })).toEqual([])
    expect(await paths({ session_id: 'sesn_1' })).toEqual(['/session'])
    expect(await paths({ session_id: 'sesn_dream' })).toEqual(['/dream'])
    expect(await paths({ service_account_id: 'svac_1' })).toEqual(['/account'])
    expect(await paths({ service_account_id: 'drm_1' })).toEqual(['/dream-alone'])
    expect(await paths({ api_key_id, session_id: 'sesn_1' })).toEqual([])
    expect(await paths({ operation: 'modified' })).toEqual(['/key'])
    expect(await paths({ memory_id: key.id, operation: 'created' })).toEqual(['/key'])
    expect(await paths({ 'created_at[lte]': key.created_at, memory_id: key.id })).toContain('/key')
    expect(await paths({ 'created_at[gte]': '2100-01-01T00:00:00Z' })).toEqual([])
    const unknown = await server.fetch(
      `/v1/memory_stores/${store.id}/memory_versions?operation=renamed`,
    )
    expect(unknown.status).toBe(400)
  })
})

/** As the pipeline and a mounted store will: straight into the database. */
async function writeAs(
  storeId: string,
  actor: Actor,
  { path, sessionId }: { readonly path: string; readonly sessionId?: string },
) {
  await server.context.database.write(actor, async (writer) => {
    const { id } = await insertMemory(writer, {
      storeId: storeId as MemoryStoreId,
      path,
      content: '',
      sessionId: sessionId as SessionId | undefined,
    })
    await writer.audit({ action: 'memory.created', objectType: 'memory', objectId: id })
  })
}
