import { afterEach, beforeEach, expect, it } from 'vitest'
import type { MemoryStoreId, SessionId } from '../../src/core/ids.ts'
import { insertMemory } from '../../src/storage/memories.ts'
import { readWatch } from '../../src/storage/watch.ts'
import { type DreamtServer, startDreamtServer } from '../_dreamt.ts'

let server: DreamtServer
beforeEach(async () => {
  server = await startDreamtServer()
}, 120_000)
afterEach(() => server.stop())

it('around a dream stand its users’ requests, who its quotes are of, and what agents wrote', async () => {
  const { context, dreamId } = server
  const inputStoreId = server.storeId as MemoryStoreId
  const operator = { type: 'user', id: 'test' } as const
  await context.database.write(operator, async (writer) => {
    const sessionId = 'sesn_agent' as SessionId
    const note = { storeId: inputStoreId, path: '/note.md', content: '- A note.\n', sessionId }
    const made = await insertMemory(writer, note)
    await writer.audit({ action: 'memory.created', objectType: 'memory', objectId: made.id })
  })
  const read = (id: typeof dreamId, now: number) =>
    context.database.read((reader) => readWatch(reader, { id, inputStoreId }, now))
  const own = await read(dreamId, Date.now())
  expect(own.queries.length).toBeGreaterThan(200)
  expect(own.queries.length).toBeLessThanOrEqual(300)
  expect(own.queries.every((text) => text.length > 0)).toBe(true)
  expect(own.principals.size).toBeGreaterThan(0)
  // Its own changes are not what went before it.
  expect(own.earlier).toEqual([])
  expect(own.writes.map(({ text }) => text)).toEqual(['- A note.'])
  const other = await read('drm_other' as typeof dreamId, Date.now())
  expect(other.earlier.some(({ shares }) => shares.size > 0)).toBe(true)
  const later = await read('drm_other' as typeof dreamId, Date.now() + 2 * 86_400_000)
  expect(later).toMatchObject({ earlier: [], writes: [] })
}, 60_000)
