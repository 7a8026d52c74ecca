import { Anthropic as Client101 } from 'anthropic-sdk-0-101'
import { Anthropic as Client137 } from 'anthropic-sdk-0-137'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const clients = [
  ['0.137', () => new Client137({ apiKey: server.key, baseURL: server.url, maxRetries: 0 })],
  ['0.101', () => new Client101({ apiKey: server.key, baseURL: server.url, maxRetries: 0 })],
] as const

describe.each(clients)('the client %s', (_, makeClient) => {
  it('goes through the whole life of a store, a memory and its versions', async () => {
    // Both have the same methods; the union of their types cannot be called.
    const { memoryStores } = (makeClient() as Client137).beta
    const { id } = await memoryStores.create({ name: 'old', metadata: { a: '1' } })
    const memory_store_id = id
    const made = await memoryStores.memories.create(id, { path: '/a/b', content: 'one' })
    const precondition = { type: 'content_sha256', content_sha256: made.content_sha256 } as const
    const change = { memory_store_id, content: 'two', path: '/c', precondition }
    expect(await memoryStores.memories.update(made.id, change)).toMatchObject({ path: '/c' })
    const again = memoryStores.memories.update(made.id, { ...change, content: 'three' })
    await expect(again).rejects.toMatchObject({ status: 409 })
    const listed = await memoryStores.memories.list(id, {
      depth: 1,
      path_prefix: '/',
      view: 'full',
    })
    expect(listed.data).toMatchObject([{ type: 'memory', path: '/c', content: 'two' }])
    const versions = await memoryStores.memoryVersions.list(id, { memory_id: made.id })
    expect(versions.data.map(({ operation }) => operation)).toEqual(['modified', 'created'])
    const redacted = await memoryStores.memoryVersions.redact(made.memory_version_id, {
      memory_store_id,
    })
    expect(redacted.content).toBeNull()
    await memoryStores.memories.delete(made.id, { memory_store_id })
    await memoryStores.archive(id)
    await memoryStores.delete(id)
    await expect(memoryStores.retrieve(id)).rejects.toMatchObject({ status: 404 })
  })
})
