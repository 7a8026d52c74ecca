import { describe, expect, test } from 'vitest'
import { makeId } from '../core/ids.ts'
import { parseQuery } from '../core/search/query.ts'
import { hash, makeEvent, sessionId, storeSession, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import type { Database } from './database.ts'
import { deleteMemory, insertMemory, updateMemory } from './memories.ts'
import { getSnapshot, insertSnapshot } from './memory-snapshots.ts'
import { listHeadState, listPinnedState, listStateAt } from './memory-states.ts'
import { insertMemoryStore } from './memory-stores.ts'
import { searchBlock } from './search.ts'
import { indexNextEvents, readIndexState } from './search-events.ts'
import { countBounded, getDatabaseBytes } from './stats.ts'

export function describeOwnResources(fresh: Fresh): void {
  describe('states of a memory store', () => describeStates(fresh))
  describe('search', () => describeSearch(fresh))
  test('stats count what there is', async () => {
    const database = fresh.database()
    await addStore(database)
    await database.read(async (reader) => {
      const stores = await countBounded(reader, 'memory_stores', { live: true })
      expect(stores).toEqual({ value: 1, isLeast: false })
      expect(await getDatabaseBytes(reader)).toBeGreaterThan(0)
    })
  })
}

const storeId = makeId('memstore', hash, ['own'])

const addStore = (database: Database) =>
  write(database, (writer) =>
    insertMemoryStore(writer, { id: storeId, name: 'own', description: '', metadata: {} }),
  )

const add = (database: Database, path: string, content: string) =>
  write(database, (writer) => insertMemory(writer, { storeId, path, content }))

function describeStates(fresh: Fresh): void {
  test('the state at a time and a snapshot stay what they were, whatever is written later', async () => {
    const database = fresh.database()
    await addStore(database)
    const first = await add(database, '/a.md', 'one')
    const gone = await add(database, '/b.md', 'two')
    const id = makeId('msnap', hash, ['x'])
    const at = new Date(fresh.time.ms).toISOString()
    await write(database, async (writer) => {
      const entries = await listHeadState(writer, storeId)
      await insertSnapshot(writer, { id, storeId, name: 'before', at, entries })
    })
    fresh.time.ms += 1_000
    await write(database, async (writer) => {
      await updateMemory(writer, { id: first.id, content: 'changed', expectedSha256: null })
      await deleteMemory(writer, { id: gone.id, expectedSha256: null })
    })
    await database.read(async (reader) => {
      const then = await listStateAt(reader, storeId, at)
      expect(then.map(({ path }) => path)).toEqual(['/a.md', '/b.md'])
      const snapshot = await getSnapshot(reader, { id, storeId })
      expect(await listPinnedState(reader, snapshot.versionIds)).toEqual(then)
      expect(snapshot).toMatchObject({ memories: 2, sizeBytes: 6 })
      const now = await listHeadState(reader, storeId)
      expect(now.map(({ contentSha256 }) => contentSha256)).toEqual([hash('changed')])
    })
  })
}

const count = (database: Database, q: string) =>
  database.read(async (reader) => {
    const { found } = await searchBlock(reader, { terms: parseQuery(q) })
    return found.length
  })

function describeSearch(fresh: Fresh): void {
  test('a memory is found in the very write that stored it, and no longer when it is gone', async () => {
    const database = fresh.database()
    await addStore(database)
    const { id } = await add(database, '/a.md', 'Reiseversicherungen in 東京')
    expect(await count(database, 'versicherung 東京')).toBe(1)
    await write(database, (writer) => deleteMemory(writer, { id, expectedSha256: null }))
    expect(await count(database, 'versicherung')).toBe(0)
  })

  test('events wait in a queue until they are indexed, and are found once each', async () => {
    const database = fresh.database()
    const events = Array.from({ length: 250 }, (_, seq) =>
      makeEvent('long', seq, {
        type: 'agent.message',
        content: [{ type: 'text', text: seq === 249 ? 'needle' : 'hay' }],
      }),
    )
    await storeSession(database, 'long', { events })
    expect((await database.read(readIndexState)).pending).toBe(1)
    expect(await count(database, 'needle')).toBe(0)
    while ((await database.scratch(indexNextEvents)) !== null);
    expect(await database.read(readIndexState)).toEqual({ indexedThrough: null, pending: 0 })
    expect(await count(database, 'needle')).toBe(1)
    const block = await database.read((reader) =>
      searchBlock(reader, { terms: parseQuery('hay'), ownerId: sessionId('long') }),
    )
    expect(block.found).toHaveLength(100)
    expect(block.next).not.toBeNull()
  })

  test('several indexers at once find each event once', async () => {
    const database = fresh.database()
    const names = ['one', 'two', 'three', 'four']
    for (const name of names) {
      const events = Array.from({ length: 250 }, (_, seq) =>
        makeEvent(name, seq, {
          type: 'agent.message',
          content: [{ type: 'text', text: `straw${seq}` }],
        }),
      )
      await storeSession(database, name, { events })
    }
    const indexer = async () => {
      while ((await database.scratch(indexNextEvents)) !== null);
    }
    await Promise.all(names.map(indexer))
    expect(await database.read(readIndexState)).toEqual({ indexedThrough: null, pending: 0 })
    for (const seq of [0, 99, 100, 249]) expect(await count(database, `straw${seq}`)).toBe(4)
  })
}
