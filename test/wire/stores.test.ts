import { setTimeout as sleep } from 'node:timers/promises'
import type Anthropic from '@anthropic-ai/sdk'
import fc from 'fast-check'
import { type Header, pack } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DreamtServer, startDreamtServer } from '../_dreamt.ts'

let server: DreamtServer
let client: Anthropic
beforeAll(async () => {
  server = await startDreamtServer()
  client = server.client()
}, 60_000)
afterAll(() => server.stop())

type Texts = Readonly<Record<string, string>>

async function makeStore(texts: Texts = {}): Promise<string> {
  const { id } = await client.beta.memoryStores.create({ name: 'store' })
  for (const [path, content] of Object.entries(texts)) {
    await client.beta.memoryStores.memories.create(id, { path, content })
  }
  return id
}

async function readStore(id: string): Promise<Texts> {
  const texts: Record<string, string> = {}
  for await (const entry of client.beta.memoryStores.memories.list(id, { view: 'full' })) {
    if (entry.type === 'memory') texts[entry.path] = entry.content ?? ''
  }
  return texts
}

const at = (id: string, path: string) => `/lucid/v1/memory_stores/${id}/${path}`

async function post(path: string, body: unknown) {
  const response = await server.fetch(path, { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Json }
}

// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
type Json = any

const update = async (store: string, path: string, content: string) => {
  for await (const entry of client.beta.memoryStores.memories.list(store)) {
    if (entry.type === 'memory' && entry.path === path) {
      await client.beta.memoryStores.memories.update(entry.id, { memory_store_id: store, content })
    }
  }
}

const remove = async (store: string, path: string) => {
  for await (const entry of client.beta.memoryStores.memories.list(store)) {
    if (entry.type === 'memory' && entry.path === path) {
      await client.beta.memoryStores.memories.delete(entry.id, { memory_store_id: store })
    }
  }
}

const exportTar = async (id: string, query = '') => {
  const response = await server.fetch(at(id, `export${query}`))
  expect(response.headers.get('content-type')).toBe('application/x-tar')
  return Buffer.from(await response.arrayBuffer())
}

const importTar = async (id: string, tar: Buffer, query = '') => {
  const init = { method: 'POST', body: new Uint8Array(tar) }
  const response = await server.fetch(at(id, `import${query}`), init)
  return { status: response.status, body: (await response.json()) as Json }
}

type Entry = Partial<Header> & { readonly name: string; readonly text?: string | Buffer }

async function makeTar(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack()
  for (const { text = '', ...header } of entries) tar.entry(header, text)
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

describe('a snapshot', () => {
  it('shows what stood in the store when it was made, whatever happens later', async () => {
    const store = await makeStore({ '/a.md': 'one', '/b/c.md': 'two' })
    const { body: made } = await post(at(store, 'snapshots'), { name: 'before' })
    expect(made).toMatchObject({ type: 'memory_snapshot', memories: 2, content_size_bytes: 6 })
    await update(store, '/a.md', 'changed')
    await remove(store, '/b/c.md')
    const { data } = await server.get(at(store, `snapshots/${made.id}`))
    expect(data.map((one: Json) => one.path)).toEqual(['/a.md', '/b/c.md'])
    const tar = await exportTar(store, `?snapshot_id=${made.id}`)
    const copy = await makeStore()
    await importTar(copy, tar)
    expect(await readStore(copy)).toEqual({ '/a.md': 'one', '/b/c.md': 'two' })
  })

  it('is listed newest first, in pages', async () => {
    const store = await makeStore()
    for (const name of ['a', 'b', 'c']) {
      await post(at(store, 'snapshots'), { name })
      await sleep(2)
    }
    const first = await server.get(at(store, 'snapshots?limit=2'))
    const page = encodeURIComponent(first.next_page)
    const rest = await server.get(at(store, `snapshots?limit=2&page=${page}`))
    expect([...first.data, ...rest.data].map(({ name }) => name)).toEqual(['c', 'b', 'a'])
    expect(rest.next_page).toBeNull()
  })

  it('of another store, or without a name, is refused', async () => {
    const [store, other] = [await makeStore(), await makeStore()]
    const { body } = await post(at(store, 'snapshots'), { name: 'x' })
    expect(await server.refused(at(other, `snapshots/${body.id}`))).toMatchObject({ status: 404 })
    expect((await post(at(store, 'snapshots'), { name: '' })).status).toBe(400)
    expect((await post(at('memstore_no', 'snapshots'), { name: 'x' })).status).toBe(404)
  })
})

describe('the difference of stores', () => {
  it('between two moments is told path by path, as data', async () => {
    const store = await makeStore({ '/a.md': 'costs 30\n', '/gone.md': 'x', '/same.md': 'same' })
    const { body: snapshot } = await post(at(store, 'snapshots'), { name: 'before' })
    await update(store, '/a.md', 'costs 25\n')
    await remove(store, '/gone.md')
    await client.beta.memoryStores.memories.create(store, { path: '/new.md', content: 'y' })
    const { data, paths, redacted } = await server.get(at(store, `diff?from=${snapshot.id}`))
    expect({ paths, redacted }).toEqual({ paths: 3, redacted: [] })
    expect(data.map((one: Json) => [one.path, one.change])).toEqual([
      ['/a.md', 'modified'],
      ['/gone.md', 'deleted'],
      ['/new.md', 'created'],
    ])
    expect(data[0].diff.hunks[0].lines.map((one: Json) => one.text)).toEqual([
      'costs 30',
      'costs 25',
    ])
    const back = await server.get(at(store, `diff?from=now&to=${snapshot.id}`))
    expect(back.data.map((one: Json) => one.change)).toEqual(['modified', 'created', 'deleted'])
  })

  it('between the input and the output of a dream is what the dream proposes', async () => {
    const { data } = await server.get(`/lucid/v1/dreams/${server.dreamId}/changes?limit=100`)
    const changed = new Set(data.map((one: Json) => one.path))
    const query = `diff?from=${server.storeId}&to=${server.outputStoreId}&limit=50`
    const differing = await server.get(at(server.storeId, query))
    expect(new Set(differing.data.map((one: Json) => one.path))).toEqual(changed)
  })

  it('comes in pages, and between two times', async () => {
    const store = await makeStore()
    const before = new Date(Date.now() - 1_000).toISOString()
    for (const name of ['a', 'b', 'c']) {
      await client.beta.memoryStores.memories.create(store, { path: `/${name}`, content: name })
    }
    const first = await server.get(at(store, `diff?from=${before}&limit=2`))
    const page = encodeURIComponent(first.next_page)
    const rest = await server.get(at(store, `diff?from=${before}&limit=2&page=${page}`))
    expect([...first.data, ...rest.data].map(({ path }) => path)).toEqual(['/a', '/b', '/c'])
    const early = new Date(0).toISOString()
    expect((await server.get(at(store, `diff?from=${early}&to=${before}`))).data).toEqual([])
  })

  it('refuses what is no moment', async () => {
    const store = await makeStore()
    for (const from of ['yesterday', 'msnap_no', 'memstore_no', '']) {
      const { status } = await server.refused(at(store, `diff?from=${from}`))
      expect([400, 404]).toContain(status)
    }
  })
})

describe('restoring a store', () => {
  it('makes it what it was, by new versions and one audit record, and only tells under dry_run', async () => {
    const texts = { '/a.md': 'one', '/dir/b.md': 'two' }
    const store = await makeStore(texts)
    const { body: snapshot } = await post(at(store, 'snapshots'), { name: 'before' })
    await update(store, '/a.md', 'changed')
    await remove(store, '/dir/b.md')
    await client.beta.memoryStores.memories.create(store, { path: '/dir', content: 'now a file' })
    const wanted = { snapshot_id: snapshot.id }
    const dry = await post(at(store, 'restore'), { ...wanted, dry_run: true })
    expect(dry.body).toMatchObject({ dry_run: true, created: 1, modified: 1, deleted: 1 })
    expect(await readStore(store)).toEqual({ '/a.md': 'changed', '/dir': 'now a file' })
    const done = await post(at(store, 'restore'), wanted)
    expect(done.body).toEqual({ ...dry.body, dry_run: false })
    expect(await readStore(store)).toEqual(texts)
    expect((await post(at(store, 'restore'), wanted)).body.changes).toEqual([])
  })

  it('to a time before there was anything empties it, and back again', async () => {
    const store = await makeStore({ '/a.md': 'one' })
    await sleep(5)
    const full = new Date().toISOString()
    await sleep(5)
    await post(at(store, 'restore'), { at: new Date(0).toISOString() })
    expect(await readStore(store)).toEqual({})
    await post(at(store, 'restore'), { at: full })
    expect(await readStore(store)).toEqual({ '/a.md': 'one' })
  })

  it('leaves alone what was redacted since, and says so', async () => {
    const store = await makeStore({ '/a.md': 'secret', '/b.md': 'b' })
    const { body: snapshot } = await post(at(store, 'snapshots'), { name: 'before' })
    await update(store, '/a.md', 'clean')
    await update(store, '/b.md', 'other')
    for await (const version of client.beta.memoryStores.memoryVersions.list(store)) {
      if (version.path === '/a.md' && version.operation === 'created') {
        await client.beta.memoryStores.memoryVersions.redact(version.id, { memory_store_id: store })
      }
    }
    const { body } = await post(at(store, 'restore'), { snapshot_id: snapshot.id })
    expect(body.left_out).toMatchObject([{ reason: 'redacted' }])
    expect(await readStore(store)).toEqual({ '/a.md': 'clean', '/b.md': 'b' })
    expect((await exportTar(store, `?snapshot_id=${snapshot.id}`)).includes('secret')).toBe(false)
  })

  it('refuses an archived store, and a request that names no moment or two', async () => {
    const store = await makeStore({ '/a.md': 'one' })
    const { body: snapshot } = await post(at(store, 'snapshots'), { name: 'x' })
    const two = { snapshot_id: snapshot.id, at: new Date().toISOString() }
    for (const body of [{}, two]) {
      expect((await post(at(store, 'restore'), body)).status).toBe(400)
    }
    await client.beta.memoryStores.archive(store)
    for (const dry_run of [true, false]) {
      const { status } = await post(at(store, 'restore'), { snapshot_id: snapshot.id, dry_run })
      expect(status).toBe(400)
    }
  })

  it('needs memory:write', async () => {
    const key = await server.makeKey('memory:read', 'review')
    const init = { method: 'POST', body: '{}', headers: { 'x-api-key': key } }
    const store = await makeStore()
    for (const path of ['restore', 'import', 'snapshots']) {
      expect(await server.refused(at(store, path), init)).toMatchObject({ status: 403 })
    }
  })
})

const segment = fc
  .array(fc.constantFrom('a', 'B', 'ü', '東', '🎈', ' ', '-', 'x'.repeat(40)), {
    minLength: 1,
    maxLength: 6,
  })
  .map((letters) => letters.join(''))
const path = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`)
const content = fc.oneof(
  fc.constantFrom('', '\ufeffmarked', 'a\r\nb', '\n', 'é\u0301', 'x'.repeat(102_400)),
  fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !text.includes('\0')),
)

describe('a tar of a store', () => {
  it('imported elsewhere gives the same store, byte for byte', async () => {
    const stores = fc.dictionary(path, content, { maxKeys: 5 }).filter((texts) => {
      const paths = Object.keys(texts)
      return paths.every((one) => !paths.some((other) => other.startsWith(`${one}/`)))
    })
    await fc.assert(
      fc.asyncProperty(stores, async (texts) => {
        const tar = await exportTar(await makeStore(texts), '?raw=true')
        const copy = await makeStore({ '/other.md': 'goes' })
        const { status } = await importTar(copy, tar, '?mode=replace')
        expect(status).toBe(200)
        expect(await readStore(copy)).toEqual(texts)
      }),
      { numRuns: 25 },
    )
  })

  it('holds no address of a person and no secret unless an administrator wants it raw', async () => {
    const token = `ghp_${'aB3'.repeat(12)}`
    const store = await makeStore({ '/a.md': `Ask ann@example.org, token ${token}.\n` })
    const tar = (await exportTar(store)).toString('utf8')
    expect(tar).toMatch(/Ask <personal:email:[0-9a-f]{8}>, token <secret:/)
    expect(tar).not.toContain(token)
    const copy = await makeStore()
    expect((await importTar(copy, await exportTar(store))).status).toBe(200)
    expect((await exportTar(store, '?raw=true')).toString('utf8')).toContain('Ask ann@example.org')
    const key = await server.makeKey('memory:read')
    const refused = await server.fetch(at(store, 'export?raw=true'), {
      headers: { 'x-api-key': key },
    })
    expect(refused.status).toBe(403)
  })

  it('of the same moment is the same bytes', async () => {
    const store = await makeStore({ '/a.md': 'one' })
    const moment = new Date().toISOString()
    const query = `?at=${moment}`
    expect(await exportTar(store, query)).toEqual(await exportTar(store, query))
  })

  it('made by hand has each file at its own path; merging leaves the others', async () => {
    const store = await makeStore({ '/a.md': 'old', '/b.md': 'stays' })
    const tar = await makeTar([
      { name: './dir', type: 'directory' },
      { name: './a.md', text: 'new' },
      { name: 'dir/c.md', text: 'more' },
    ])
    const dry = await importTar(store, tar, '?dry_run=true')
    expect(dry.body).toMatchObject({ created: 1, modified: 1, deleted: 0, unchanged: 1 })
    expect((await importTar(store, tar)).body).toEqual({ ...dry.body, dry_run: false })
    expect(await readStore(store)).toEqual({
      '/a.md': 'new',
      '/b.md': 'stays',
      '/dir/c.md': 'more',
    })
  })

  const hostile: [string, readonly Entry[]][] = [
    ['a path that leads out', [{ name: '../evil.md', text: 'x' }]],
    ['a path that leads out further in', [{ name: 'a/../../evil.md', text: 'x' }]],
    ['an absolute path', [{ name: '/etc/passwd', text: 'x' }]],
    ['a symbolic link', [{ name: 'a', type: 'symlink', linkname: '/etc/passwd' }]],
    ['a hard link', [{ name: 'a', type: 'link', linkname: 'b' }]],
    ['a device', [{ name: 'a', type: 'character-device' }]],
    ['a pipe', [{ name: 'a', type: 'fifo' }]],
    ['a text that is no UTF-8', [{ name: 'a', text: Buffer.from([0xff, 0xfe, 0x41]) }]],
    ['a text with NUL', [{ name: 'a', text: 'a\0b' }]],
    ['a file that is too large', [{ name: 'a', text: 'x'.repeat(102_401) }]],
    ['a path that is not normalised', [{ name: 'u\u0308', text: 'x' }]],
    [
      'the same file twice',
      [
        { name: 'a', text: 'x' },
        { name: './a', text: 'y' },
      ],
    ],
    [
      'a file that is a folder',
      [
        { name: 'a', text: 'x' },
        { name: 'a/b', text: 'y' },
      ],
    ],
    ['too many files', Array.from({ length: 2_001 }, (_, n) => ({ name: `f${n}`, text: '' }))],
    ['a manifest that is no manifest', [{ name: 'manifest.json', text: '[]' }]],
    [
      'a good file before a bad one',
      [
        { name: 'good', text: 'x' },
        { name: '..', text: 'y' },
      ],
    ],
  ]
  it.each(hostile)('with %s is refused before anything is written', async (_name, entries) => {
    const store = await makeStore({ '/kept.md': 'kept' })
    const { status, body } = await importTar(store, await makeTar(entries), '?mode=replace')
    expect({ status, type: body.error.type }).toEqual({
      status: 400,
      type: 'invalid_request_error',
    })
    expect(await readStore(store)).toEqual({ '/kept.md': 'kept' })
  })

  it('that is none, is cut off or was altered is refused', async () => {
    const store = await makeStore({ '/a.md': 'original text' })
    const tar = await exportTar(store)
    const altered = Buffer.from(tar.toString('latin1').replace('original', 'Original'), 'latin1')
    for (const body of [Buffer.from('no tar at all '.repeat(100)), tar.subarray(0, 700), altered]) {
      expect((await importTar(store, body)).status).toBe(400)
    }
    expect(await readStore(store)).toEqual({ '/a.md': 'original text' })
  })
})
