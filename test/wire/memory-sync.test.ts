import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import type Anthropic from '@anthropic-ai/sdk'
import { MARKER_PATH, SessionMemoryStores } from '@anthropic-ai/sdk/tools/agent-toolset/memories'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'
import { basedOn, findRefusal, makeStore, openMemories } from './_memory.ts'

let server: TestServer
let client: Anthropic
let folder: string
beforeAll(async () => {
  server = await startTestServer()
  // Its sync says each refusal aloud, and refusals are what is tested here.
  client = server.client({ logLevel: 'off' })
  folder = await mkdtemp(join(tmpdir(), 'lucidream-sync-'))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** What runs in a worker of the official client: a store as a folder, kept in step with the server. */
async function mount(
  storeId: string,
  name: string,
  access: 'read_write' | 'read_only' = 'read_write',
) {
  const root = join(folder, name)
  const stores = new SessionMemoryStores(client, { workdir: folder })
  const resource = { type: 'memory_store', memory_store_id: storeId, mount_path: root, access }
  type Session = Parameters<typeof stores.download>[0]
  await stores.download({ resources: [resource] } as unknown as Session)
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  return { root, stores, write, remove: (path: string) => rm(join(root, path)) }
}

/** The one pass that a worker runs on its beat; of the client, and not in its types. */
const sync = (stores: SessionMemoryStores) =>
  (stores as unknown as { syncAll(final: boolean): Promise<void> }).syncAll(false)

async function readFolder(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries.filter((one) => one.isFile() && one.name !== MARKER_PATH)
  const read = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name)
    return [`/${relative(root, path)}`, await readFile(path, 'utf8')] as const
  })
  return Object.fromEntries(await Promise.all(read))
}

async function readStore(storeId: string): Promise<Record<string, string>> {
  const listed = await openMemories(client, storeId).list({ view: 'full', limit: 20 })
  return Object.fromEntries(
    listed.map((one) => [one.path, one.type === 'memory' ? (one.content ?? '') : '']),
  )
}

describe('the memory sync of the official client', () => {
  it('downloads a store of several pages, uploads what is new and changed, and deletes what is gone', async () => {
    const storeId = await makeStore(client)
    const store = openMemories(client, storeId)
    for (let index = 0; index < 45; index += 1) {
      await store.create(`/d${index % 3}/${index}.md`, `text ${index}`)
    }
    const { root, stores, write, remove } = await mount(storeId, 'one')
    expect(await readFolder(root)).toEqual(await readStore(storeId))
    await write('d0/0.md', 'changed')
    await write('new/é.md', 'new')
    await write('empty', '')
    await remove('d1/1.md')
    await stores.finish()
    const after = await readStore(storeId)
    expect(after).toEqual(await readFolder(root))
    expect(after).toMatchObject({ '/d0/0.md': 'changed', '/new/é.md': 'new', '/empty': '' })
    expect(after).not.toHaveProperty(['/d1/1.md'])
    await stores.dispose()
  })

  it('takes the version of the server where both changed, and sees what others created and deleted', async () => {
    const storeId = await makeStore(client)
    const store = openMemories(client, storeId)
    const both = await store.create('/both', 'base')
    const gone = await store.create('/gone', 'base')
    const { root, stores, write } = await mount(storeId, 'two')
    await write('both', 'mine')
    await store.update(both.id, { content: 'theirs' })
    await store.remove(gone.id)
    await store.create('/theirs', 'new')
    await sync(stores)
    const wanted = { '/both': 'theirs', '/theirs': 'new' }
    expect(await readFolder(root)).toEqual(wanted)
    expect(await readStore(storeId)).toEqual(wanted)
    await stores.dispose()
  })

  it('parks a file that the server refuses, and sends it when it has changed', async () => {
    const storeId = await makeStore(client)
    const { stores, write } = await mount(storeId, 'three')
    await write('large', 'a'.repeat(102_401))
    await write('nul', 'a\0b')
    await write('good', 'text')
    await sync(stores)
    expect(await readStore(storeId)).toEqual({ '/good': 'text' })
    await write('large', 'a'.repeat(102_400))
    await write('nul', 'ab')
    await sync(stores)
    expect(Object.keys(await readStore(storeId))).toEqual(['/good', '/large', '/nul'])
    await stores.dispose()
  })

  it('never uploads from a store that is mounted to be read', async () => {
    const storeId = await makeStore(client)
    await openMemories(client, storeId).create('/a', 'text')
    const { stores, write } = await mount(storeId, 'four', 'read_only')
    await write('a', 'changed')
    await write('b', 'new')
    await stores.finish()
    expect(await readStore(storeId)).toEqual({ '/a': 'text' })
    await stores.dispose()
  })

  it('flushes 32 files at a time from four workers on one store, and nothing is lost', async () => {
    const storeId = await makeStore(client)
    const workers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => mount(storeId, `flush-${name}`)),
    )
    const wanted: Record<string, string> = {}
    for (const [worker, { write }] of workers.entries()) {
      for (let index = 0; index < 20; index += 1) {
        const path = `/w${worker}/${index}`
        wanted[path] = `text of ${path}`
        await write(path, wanted[path])
      }
      // All four write this one: the first wins, and the others are told so.
      await write('shared', `of ${worker}`)
    }
    await Promise.all(workers.map(({ stores }) => stores.flushWrites()))
    const { '/shared': shared, ...own } = await readStore(storeId)
    expect(own).toEqual(wanted)
    expect(shared).toMatch(/^of [0-3]$/)
    const versions = await openMemories(client, storeId).versions({ limit: 100 })
    expect(versions).toHaveLength(81)
    for (const { stores } of workers) await sync(stores)
    for (const { root, stores } of workers) {
      expect(await readFolder(root)).toEqual({ ...wanted, '/shared': shared })
      await stores.dispose()
    }
  }, 60_000)
})

describe('32 writers at a time', () => {
  it('creating one path: one does, the others learn of it', async () => {
    const store = openMemories(client, await makeStore(client))
    const results = await Promise.allSettled(
      Array.from({ length: 32 }, (_, index) => store.create('/same', `${index}`)),
    )
    const made = results.filter(({ status }) => status === 'fulfilled')
    expect(made).toHaveLength(1)
    expect(await store.versions()).toHaveLength(1)
  })

  it('adding to one memory from what they read, again after each refusal: every addition is there', async () => {
    const store = openMemories(client, await makeStore(client))
    const { id } = await store.create('/tally', '')
    let refused = 0
    await Promise.all(
      Array.from({ length: 32 }, async (_, writer) => {
        for (;;) {
          const { content, content_sha256 } = await store.read(id)
          const added = `${content}${writer}\n`
          const precondition = basedOn(content_sha256)
          const refusal = await findRefusal(store.update(id, { content: added, precondition }))
          if (refusal === null) return
          expect(refusal).toMatchObject({ type: 'memory_precondition_failed_error' })
          refused += 1
        }
      }),
    )
    const lines = ((await store.read(id)).content ?? '').trim().split('\n')
    expect(lines.map(Number).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 32 }, (_, i) => i),
    )
    expect(refused).toBeGreaterThan(0)
    expect(await store.versions({ limit: 100 })).toHaveLength(33)
  }, 60_000)

  it('changing and deleting from the same content: it is one or the other, never both', async () => {
    const store = openMemories(client, await makeStore(client))
    for (let round = 0; round < 8; round += 1) {
      const { id, content_sha256 } = await store.create(`/${round}`, 'base')
      const [updated, removed] = await Promise.allSettled([
        store.update(id, { content: 'more', precondition: basedOn(content_sha256) }),
        store.remove(id, content_sha256),
      ])
      expect([updated.status, removed.status].toSorted()).toEqual(['fulfilled', 'rejected'])
      const left = await store.list({ path_prefix: '/' })
      const still = left.find((one) => one.path === `/${round}`)
      expect(still !== undefined).toBe(updated.status === 'fulfilled')
      if (still?.type === 'memory') expect(still.content_sha256).toBe(sha256('more'))
    }
  })

  it('listing while 32 write: what is there all along is listed once each time', async () => {
    const store = openMemories(client, await makeStore(client))
    const kept = Array.from({ length: 60 }, (_, index) => `/k${String(index).padStart(2, '0')}/x`)
    for (const path of kept) await store.create(path, 'kept')
    const state = { writing: true }
    const writers = Array.from({ length: 32 }, async (_, writer) => {
      for (let index = 0; index < 6; index += 1) {
        const { id } = await store.create(`/k${writer}-${index}`, 'new')
        if (index % 2 === 0) await store.remove(id)
        else await store.update(id, { path: `/moved-${writer}-${index}` })
      }
    })
    const done = Promise.all(writers).then(() => {
      state.writing = false
    })
    do {
      const listed = (await store.list({ limit: 7 })).map(({ path }) => path)
      expect(listed.filter((path) => kept.includes(path))).toEqual(kept)
      expect(new Set(listed).size).toBe(listed.length)
    } while (state.writing)
    await done
  }, 60_000)
})
