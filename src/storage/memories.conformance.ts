import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeId } from '../core/ids.ts'
import { hash, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import type { Database } from './database.ts'
import {
  deleteMemory,
  findMemory,
  findMemoryByPath,
  getMemory,
  getMemoryByPath,
  insertMemory,
  listMemories,
  updateMemory,
} from './memories.ts'
import {
  findMemoryStore,
  getMemoryStore,
  insertMemoryStore,
  listMemoryStores,
  updateMemoryStore,
} from './memory-stores.ts'
import { getMemoryVersion, listMemoryVersions } from './memory-versions.ts'

export function describeMemories(fresh: Fresh): void {
  describe('memory stores', () => describeStores(fresh))
  describe('memories', () => describeHeads(fresh))
  describe('memory versions', () => describeVersions(fresh))
}

function describeStores(fresh: Fresh): void {
  test('a store comes back as it was stored and changes only what a patch names', async () => {
    const database = fresh.database()
    await addStore(database, 'one', { metadata: { team: 'a' } })
    fresh.time.ms += 1_000
    await write(database, (writer) => updateMemoryStore(writer, storeId('one'), { name: 'two' }))
    expect(await database.read((reader) => getMemoryStore(reader, storeId('one')))).toEqual({
      id: storeId('one'),
      name: 'two',
      description: 'notes',
      metadata: { team: 'a' },
      createdAt: '2026-11-24T04:00:00.000Z',
      updatedAt: '2026-11-24T04:00:01.000Z',
      archivedAt: null,
    })
  })

  test('find answers null and get refuses where there is no such store', async () => {
    await fresh.database().read(async (reader) => {
      expect(await findMemoryStore(reader, storeId('no'))).toBeNull()
      const getting = getMemoryStore(reader, storeId('no'))
      await expect(getting).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  test('lists newest first, a page at a time', async () => {
    const database = fresh.database()
    for (const name of ['a', 'b', 'c']) {
      await addStore(database, name)
      fresh.time.ms += 1_000
    }
    await database.read(async (reader) => {
      const first = await listMemoryStores(reader, { limit: 2 })
      expect(first.map(({ name }) => name)).toEqual(['c', 'b'])
      const [, last] = first
      const rest = await listMemoryStores(reader, { limit: 2, ...(last ? { after: last } : {}) })
      expect(rest.map(({ name }) => name)).toEqual(['a'])
    })
  })
}

function describeHeads(fresh: Fresh): void {
  test('a memory is read by its store, its path and its id', async () => {
    const database = fresh.database()
    await addStore(database, 'one')
    const memory = await insert(database, '/a.md', 'text')
    expect(memory).toMatchObject({ path: '/a.md', content: 'text', contentSha256: hash('text') })
    await database.read(async (reader) => {
      expect(await getMemory(reader, memory.id)).toEqual(memory)
      expect(await getMemoryByPath(reader, memory)).toEqual(memory)
      expect(await listMemories(reader, storeId('one'))).toEqual([memory])
      expect(await findMemoryByPath(reader, { ...memory, path: '/b.md' })).toBeNull()
      const missing = getMemoryByPath(reader, { ...memory, path: '/b.md' })
      await expect(missing).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  test('paths are listed by code unit, in every database alike', async () => {
    const database = fresh.database()
    await addStore(database, 'one')
    const paths = ['/b', '/B', '/ä', '/\u{1f388}', '/\uff5e', '/a/b', '/a']
    for (const path of paths) await insert(database, path, path)
    const listed = await database.read((reader) => listMemories(reader, storeId('one')))
    expect(listed.map(({ path }) => path)).toEqual(paths.toSorted())
  })

  test('a path in use is refused, in its own store only', async () => {
    const database = fresh.database()
    await addStore(database, 'one')
    await addStore(database, 'two')
    await insert(database, '/a.md', 'text')
    await expect(insert(database, '/a.md', 'more')).rejects.toMatchObject({ code: 'conflict' })
    await write(database, (writer) =>
      insertMemory(writer, { storeId: storeId('two'), path: '/a.md', content: 'text' }),
    )
  })

  test('an update based on content that is no longer stored is refused', async () => {
    const database = fresh.database()
    await addStore(database, 'one')
    const { id, contentSha256 } = await insert(database, '/a.md', 'first')
    const update = (content: string) =>
      write(database, (writer) =>
        updateMemory(writer, { id, content, expectedSha256: contentSha256 }),
      )
    await update('second')
    await expect(update('third')).rejects.toMatchObject({ code: 'conflict' })
    const stale = write(database, (writer) =>
      deleteMemory(writer, { id, expectedSha256: contentSha256 }),
    )
    await expect(stale).rejects.toMatchObject({ code: 'conflict' })
    expect((await database.read((reader) => getMemory(reader, id))).content).toBe('second')
  })

  test('writing what is already there succeeds, whatever it was based on, and makes no version', async () => {
    const database = fresh.database()
    await addStore(database, 'one')
    const memory = await insert(database, '/a.md', 'text')
    const given = { id: memory.id, content: 'text', expectedSha256: 'other' }
    expect(await write(database, (writer) => updateMemory(writer, given))).toEqual(memory)
    const versions = await database.read((reader) => listMemoryVersions(reader, memory.id))
    expect(versions).toHaveLength(1)
  })

  test('U+0000 is refused in a path and in content, and changes nothing', async () => {
    const database = fresh.database()
    await addStore(database, 'one')
    const refused = (path: string, content: string) =>
      write(database, (writer) => insertMemory(writer, { storeId: storeId('one'), path, content }))
    await expect(refused('/a\0', 'x')).rejects.toMatchObject({ code: 'invalid_argument' })
    await expect(refused('/a', 'x\0')).rejects.toMatchObject({ code: 'invalid_argument' })
    expect(await database.read((reader) => listMemories(reader, storeId('one')))).toEqual([])
  })

  test('a deleted memory leaves every list; its path can be used again by another memory', async () => {
    const database = fresh.database()
    await addStore(database, 'one')
    const first = await insert(database, '/a.md', 'text')
    await write(database, (writer) =>
      deleteMemory(writer, { id: first.id, expectedSha256: first.contentSha256 }),
    )
    await database.read(async (reader) => {
      expect(await findMemory(reader, first.id)).toBeNull()
      expect(await listMemories(reader, storeId('one'))).toEqual([])
    })
    const second = await insert(database, '/a.md', 'text')
    expect(second.id).not.toBe(first.id)
    const versions = await database.read((reader) => listMemoryVersions(reader, first.id))
    expect(versions.map(({ operation }) => operation)).toEqual(['created', 'deleted'])
  })
}

function describeVersions(fresh: Fresh): void {
  test('a version says who made it, of what, and in which order', async () => {
    const database = fresh.database()
    await addStore(database, 'one')
    const memory = await insert(database, '/a.md', 'é')
    const [version] = await database.read((reader) => listMemoryVersions(reader, memory.id))
    expect(version).toEqual({
      id: memory.versionId,
      memoryId: memory.id,
      storeId: storeId('one'),
      ordinal: 0,
      operation: 'created',
      path: '/a.md',
      content: 'é',
      contentSha256: hash('é'),
      contentSizeBytes: 2,
      actor: { type: 'importer', id: 'test@1' },
      dreamId: null,
      createdAt: '2026-11-24T04:00:00.000Z',
      redactedAt: null,
    })
    await database.read(async (reader) => {
      expect(await getMemoryVersion(reader, memory.versionId)).toEqual(version)
      const missing = getMemoryVersion(reader, makeId('memver', hash, ['no']))
      await expect(missing).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  test('any run of writes leaves the last content as head and all of them as versions', async () => {
    const database = fresh.database()
    await addStore(database, 'one')
    const contents = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { minLength: 1 })
    let round = 0
    await fc.assert(
      fc.asyncProperty(contents, async (given) => {
        const path = `/${round++}.md`
        let head = await insert(database, path, given[0] as string)
        for (const content of given.slice(1)) {
          const update = { id: head.id, content, expectedSha256: head.contentSha256 }
          head = await write(database, (writer) => updateMemory(writer, update))
        }
        const distinct = given.filter((content, index) => content !== given[index - 1])
        await database.read(async (reader) => {
          expect(await getMemoryByPath(reader, { storeId: storeId('one'), path })).toEqual(head)
          const versions = await listMemoryVersions(reader, head.id)
          expect(versions.map(({ content }) => content)).toEqual(distinct)
          expect(versions.map(({ ordinal }) => ordinal)).toEqual(distinct.map((_, i) => i))
          expect(versions.at(-1)?.id).toBe(head.versionId)
        })
      }),
      { numRuns: 20 },
    )
  })
}

const storeId = (name: string) => makeId('memstore', hash, [name])

const addStore = (
  database: Database,
  name: string,
  given: { readonly metadata?: Readonly<Record<string, string>> } = {},
) =>
  write(database, (writer) =>
    insertMemoryStore(writer, {
      id: storeId(name),
      name,
      description: 'notes',
      metadata: given.metadata ?? {},
    }),
  )

const insert = (database: Database, path: string, content: string) =>
  write(database, (writer) => insertMemory(writer, { storeId: storeId('one'), path, content }))
