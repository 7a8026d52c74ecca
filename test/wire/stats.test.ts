import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { indexPending } from '../../src/pipeline/index-events.ts'
import { type DreamtServer, startDreamtServer } from '../_dreamt.ts'

let server: DreamtServer
beforeAll(async () => {
  server = await startDreamtServer()
  await indexPending(server.context)
}, 120_000)
afterAll(() => server.stop())

describe('the stats', () => {
  it('count what there is, and say how far search and work are', async () => {
    const stats = await server.get('/lucid/v1/stats')
    expect(stats).toMatchObject({
      type: 'stats',
      sessions: { at_least: false },
      memory_stores: { value: 2, at_least: false },
      dreams: { completed: { value: 1, at_least: false } },
      outcomes: { task_reward: { value: 315, at_least: false } },
      search_index: { indexed_through: null, pending: 0, lag_seconds: 0 },
    })
    expect(stats.sessions.value).toBeGreaterThanOrEqual(315)
    expect(stats.events.value).toBeGreaterThan(5_000)
    expect(stats.memories.value).toBeGreaterThan(9)
    expect(stats.database_bytes).toBeGreaterThan(1_000_000)
    const { data } = await server.get(`/lucid/v1/dreams/${server.dreamId}/changes?limit=100`)
    expect(stats.changes).toEqual({ proposed: { value: data.length, at_least: false } })
  })

  it('follow deletions', async () => {
    const client = server.client()
    const before = (await server.get('/lucid/v1/stats')).memory_stores.value
    const { id } = await client.beta.memoryStores.create({ name: 'one more' })
    expect((await server.get('/lucid/v1/stats')).memory_stores.value).toBe(before + 1)
    await client.beta.memoryStores.delete(id)
    expect((await server.get('/lucid/v1/stats')).memory_stores.value).toBe(before)
  })

  it('need the scope review', async () => {
    const init = { headers: { 'x-api-key': await server.makeKey('ingest') } }
    expect(await server.refused('/lucid/v1/stats', init)).toMatchObject({ status: 403 })
  })
})
