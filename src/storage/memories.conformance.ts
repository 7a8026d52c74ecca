import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MemoryId, makeId } from '../core/ids.ts'
import { memoryLimits } from '../core/memory.ts'
import { addMemory, addMemoryStore, hash, memoryStoreId as storeId, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
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
import { describeMemoryPages } from './memory-pages.conformance.ts'
import {
  archiveMemoryStore,
  deleteMemoryStore,
  findMemoryStore,
  getMemoryStore,
  listMemoryStores,
  updateMemoryStore,
} from './memory-stores.ts'
import { getMemoryVersion, listMemoryVersions, redactMemoryVersion } from './memory-versions.ts'

export function describeMemories(fresh: Fresh): void {
  describe('memory stores', () => {
    describeStores(fresh)
    describeClosedStores(fresh)
  })
  describe('memories', () => {
    describeHeads(fresh)
    describePaths(fresh)
    describeLimits(fresh)
  })
  describe('memory versions', () => describeVersions(fresh))
  describeMemoryPages(fresh)
}

function describeStores(fresh: Fresh): void {
  test('a store comes back as it was stored and changes only what a patch names', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one', { metadata: { team: 'a' } })
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
      await addMemoryStore(database, name)
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

function describeClosedStores(fresh: Fresh): void {
  test('a patch that changes nothing, and every change of a memory, leave the time of the store', async () => {
    const database = fresh.database()
    const { updatedAt } = await addMemoryStore(database, 'one')
    fresh.time.ms += 1_000
    await addMemory(database, '/a.md', 'text')
    const same = { name: 'one', description: 'notes', metadata: {} }
    await database.write({ type: 'user', id: 'test' }, (writer) =>
      updateMemoryStore(writer, storeId('one'), same),
    )
    const store = await database.read((reader) => getMemoryStore(reader, storeId('one')))
    expect(store.updatedAt).toBe(updatedAt)
  })

  test('an archived store leaves the list unless asked for, and takes nothing more in', async () => {
    const database = fresh.database()
    const memory = await addMemoryAndStore(fresh)
    fresh.time.ms += 1_000
    const archive = () => write(database, (writer) => archiveMemoryStore(writer, storeId('one')))
    const archived = await archive()
    expect(archived).toMatchObject({ archivedAt: archived.updatedAt })
    fresh.time.ms += 1_000
    expect(await archive()).toEqual(archived)
    await database.read(async (reader) => {
      expect(await listMemoryStores(reader, { limit: 9 })).toEqual([])
      const all = await listMemoryStores(reader, { limit: 9, archived: 'included' })
      expect(all).toEqual([archived])
      expect(await getMemory(reader, memory.id)).toEqual(memory)
    })
    const refused = { code: 'invalid_argument', details: { error_code: 'memory_store_archived' } }
    const update = { id: memory.id, content: 'more', expectedSha256: null }
    for (const attempt of [
      addMemory(database, '/b.md', 'text'),
      write(database, (writer) => updateMemory(writer, update)),
      write(database, (writer) => updateMemoryStore(writer, storeId('one'), { name: 'two' })),
    ]) {
      await expect(attempt).rejects.toMatchObject(refused)
    }
    await write(database, (writer) => deleteMemory(writer, { id: memory.id, expectedSha256: null }))
    await write(database, (writer) => redactMemoryVersion(writer, memory.versionId))
  })

  test('a deleted store is nowhere', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    await write(database, (writer) => deleteMemoryStore(writer, storeId('one')))
    await database.read(async (reader) => {
      expect(await findMemoryStore(reader, storeId('one'))).toBeNull()
      expect(await listMemoryStores(reader, { limit: 9, archived: 'included' })).toEqual([])
    })
    const again = write(database, (writer) => deleteMemoryStore(writer, storeId('one')))
    await expect(again).rejects.toMatchObject({ code: 'not_found' })
    const inserting = addMemory(database, '/a.md', 'text')
    await expect(inserting).rejects.toMatchObject({ code: 'not_found' })
  })

  test('lists by time of creation, both ends included', async () => {
    const database = fresh.database()
    const times: string[] = []
    for (const name of ['a', 'b', 'c']) {
      times.push((await addMemoryStore(database, name)).createdAt)
      fresh.time.ms += 1_000
    }
    const [first, second, third] = times
    const list = (createdFrom?: string, createdTo?: string) =>
      database.read(async (reader) => {
        const stores = await listMemoryStores(reader, { limit: 9, createdFrom, createdTo })
        return stores.map(({ name }) => name).join('')
      })
    expect(await list(second)).toBe('cb')
    expect(await list(undefined, second)).toBe('ba')
    expect(await list(first, third)).toBe('cba')
    expect(await list(second, second)).toBe('b')
  })
}

function describeHeads(fresh: Fresh): void {
  test('a memory is read by its store, its path and its id', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const memory = await addMemory(database, '/a.md', 'text')
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
    await addMemoryStore(database, 'one')
    const paths = ['/b', '/B', '/ä', '/\u{1f388}', '/\uff5e', '/a/b', '/a-b']
    for (const path of paths) await addMemory(database, path, path)
    const listed = await database.read((reader) => listMemories(reader, storeId('one')))
    expect(listed.map(({ path }) => path)).toEqual(paths.toSorted())
  })

  test('a path in use is refused, in its own store only', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    await addMemoryStore(database, 'two')
    await addMemory(database, '/a.md', 'text')
    await expect(addMemory(database, '/a.md', 'more')).rejects.toMatchObject({
      code: 'memory_path_conflict',
    })
    await write(database, (writer) =>
      insertMemory(writer, { storeId: storeId('two'), path: '/a.md', content: 'text' }),
    )
  })

  test('an update based on content that is no longer stored is refused', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const { id, contentSha256 } = await addMemory(database, '/a.md', 'first')
    const update = (content: string) =>
      write(database, (writer) =>
        updateMemory(writer, { id, content, expectedSha256: contentSha256 }),
      )
    await update('second')
    const refused = { code: 'memory_precondition_failed' }
    await expect(update('third')).rejects.toMatchObject(refused)
    const stale = write(database, (writer) =>
      deleteMemory(writer, { id, expectedSha256: contentSha256 }),
    )
    await expect(stale).rejects.toMatchObject(refused)
    expect((await database.read((reader) => getMemory(reader, id))).content).toBe('second')
  })

  test('writing what is already there succeeds, whatever it was based on, and makes no version', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const memory = await addMemory(database, '/a.md', 'text')
    const given = { id: memory.id, content: 'text', expectedSha256: 'other' }
    expect(await write(database, (writer) => updateMemory(writer, given))).toEqual(memory)
    const versions = await database.read((reader) => listMemoryVersions(reader, memory.id))
    expect(versions).toHaveLength(1)
  })

  test('U+0000 is refused in a path and in content, and changes nothing', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const refused = (path: string, content: string) =>
      write(database, (writer) => insertMemory(writer, { storeId: storeId('one'), path, content }))
    await expect(refused('/a\0', 'x')).rejects.toMatchObject({ code: 'invalid_argument' })
    await expect(refused('/a', 'x\0')).rejects.toMatchObject({ code: 'invalid_argument' })
    expect(await database.read((reader) => listMemories(reader, storeId('one')))).toEqual([])
  })

  test('a deleted memory leaves every list; its path can be used again by another memory', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const first = await addMemory(database, '/a.md', 'text')
    await write(database, (writer) =>
      deleteMemory(writer, { id: first.id, expectedSha256: first.contentSha256 }),
    )
    await database.read(async (reader) => {
      expect(await findMemory(reader, first.id)).toBeNull()
      expect(await listMemories(reader, storeId('one'))).toEqual([])
    })
    const second = await addMemory(database, '/a.md', 'text')
    expect(second.id).not.toBe(first.id)
    const versions = await database.read((reader) => listMemoryVersions(reader, first.id))
    expect(versions.map(({ operation }) => operation)).toEqual(['created', 'deleted'])
  })
}

function describePaths(fresh: Fresh): void {
  test('a path above or below one in use is refused, for a new memory and for a renamed one', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const deep = await addMemory(database, '/a/b/c.md', 'deep')
    const other = await addMemory(database, '/z.md', 'other')
    const refusal = {
      code: 'memory_path_conflict',
      details: { conflicting_memory_id: deep.id, conflicting_path: '/a/b/c.md' },
    }
    for (const path of ['/a', '/a/b', '/a/b/c.md', '/a/b/c.md/d', '/a/b/c.md/d/e']) {
      await expect(addMemory(database, path, 'x')).rejects.toMatchObject(refusal)
      const renaming = rename(fresh, other.id, path)
      await expect(renaming).rejects.toMatchObject(refusal)
    }
    for (const path of ['/a-b', '/a/b.md', '/a/b/c', '/a0', '/A']) {
      await addMemory(database, path, 'beside')
    }
  })

  test('a renamed memory keeps its id and what it says; its old path is free for another', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const memory = await addMemory(database, '/a', 'text')
    // Below its own old path: only other memories are in the way.
    const renamed = await rename(fresh, memory.id, '/a/b')
    expect(renamed).toMatchObject({ id: memory.id, path: '/a/b', content: 'text' })
    await rename(fresh, memory.id, '/b')
    const next = await addMemory(database, '/a', 'next')
    expect(next.id).not.toBe(memory.id)
    const versions = await database.read((reader) => listMemoryVersions(reader, memory.id))
    expect(versions.map(({ path, operation }) => [path, operation])).toEqual([
      ['/a', 'created'],
      ['/a/b', 'modified'],
      ['/b', 'modified'],
    ])
  })

  test('content and path may change at once, and what a rename is based on is the content', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const { id, contentSha256 } = await addMemory(database, '/a', 'text')
    const both = { id, path: '/b', content: 'more', expectedSha256: contentSha256 }
    const update = () => write(database, (writer) => updateMemory(writer, both))
    const first = await update()
    expect(first).toMatchObject({ path: '/b', content: 'more' })
    // Sent again it is answered again, though it is based on what is no longer there.
    expect(await update()).toEqual(first)
    const stale = write(database, (writer) =>
      updateMemory(writer, { id, path: '/b', expectedSha256: contentSha256 }),
    )
    await expect(stale).rejects.toMatchObject({ code: 'memory_precondition_failed' })
  })
}

function describeLimits(fresh: Fresh): void {
  test('a store takes 2 000 memories; when it is full they can still be changed', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    await write(database, async (writer) => {
      for (let index = 0; index < memoryLimits.memoriesPerStore; index += 1) {
        await insertMemory(writer, { storeId: storeId('one'), path: `/${index}`, content: '' })
      }
    })
    const refused = { code: 'limit_exceeded' }
    await expect(addMemory(database, '/one-more', '')).rejects.toMatchObject(refused)
    const first = await database.read((reader) =>
      getMemoryByPath(reader, { storeId: storeId('one'), path: '/0' }),
    )
    await rename(fresh, first.id, '/renamed')
    await write(database, (writer) => deleteMemory(writer, { id: first.id, expectedSha256: null }))
    await addMemory(database, '/one-more', '')
    await expect(addMemory(database, '/two-more', '')).rejects.toMatchObject(refused)
  })

  test('a content or path that a memory cannot have is refused, and nothing is counted', async () => {
    const database = fresh.database()
    const memory = await addMemoryAndStore(fresh)
    const full = 'é'.repeat(memoryLimits.contentBytes / 2)
    await addMemory(database, '/full', full)
    const refused = { code: 'invalid_argument' }
    for (const content of [`${full}a`, 'a\0', '\ud800']) {
      await expect(addMemory(database, '/b', content)).rejects.toMatchObject(refused)
      const update = { id: memory.id, content, expectedSha256: null }
      const updating = write(database, (writer) => updateMemory(writer, update))
      await expect(updating).rejects.toMatchObject(refused)
    }
    await expect(addMemory(database, 'b', '')).rejects.toMatchObject(refused)
    await expect(rename(fresh, memory.id, '/b/')).rejects.toMatchObject(refused)
    const left = await database.read((reader) => listMemories(reader, storeId('one')))
    expect(left.map(({ path }) => path)).toEqual(['/a.md', '/full'])
  })
}

function describeVersions(fresh: Fresh): void {
  test('redaction erases what a version said and keeps who said it; a second one changes nothing', async () => {
    const database = fresh.database()
    const memory = await addMemoryAndStore(fresh)
    const { versionId } = await write(database, (writer) =>
      updateMemory(writer, { id: memory.id, content: 'second', expectedSha256: null }),
    )
    const redact = (id: typeof versionId) =>
      database.write({ type: 'user', id: 'ann' }, async (writer) => {
        const version = await redactMemoryVersion(writer, id)
        await writer.audit({ action: 'x.redacted', objectType: 'memory_version', objectId: id })
        return version
      })
    await expect(redact(versionId)).rejects.toMatchObject({
      code: 'invalid_argument',
      details: { error_code: 'memory_version_is_head' },
    })
    const redacted = await redact(memory.versionId)
    expect(redacted).toMatchObject({
      operation: 'created',
      path: null,
      content: null,
      contentSha256: null,
      contentSizeBytes: null,
      actor: { type: 'importer', id: 'test@1' },
      redactedAt: '2026-11-24T04:00:00.000Z',
      redactedBy: { type: 'user', id: 'ann' },
    })
    fresh.time.ms += 1_000
    expect(await redact(memory.versionId)).toEqual(redacted)
  })

  test('every version of a deleted memory can be redacted, its deletion too', async () => {
    const database = fresh.database()
    const memory = await addMemoryAndStore(fresh)
    await write(database, (writer) => deleteMemory(writer, { id: memory.id, expectedSha256: null }))
    const versions = await database.read((reader) => listMemoryVersions(reader, memory.id))
    for (const { id } of versions)
      await write(database, (writer) => redactMemoryVersion(writer, id))
    const left = await database.read((reader) => listMemoryVersions(reader, memory.id))
    expect(left.map(({ path, content }) => path ?? content)).toEqual([null, null])
    await addMemory(database, '/a.md', 'again')
  })

  test('a version says who made it, of what, and in which order', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const memory = await addMemory(database, '/a.md', 'é')
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
      sessionId: null,
      createdAt: '2026-11-24T04:00:00.000Z',
      redactedAt: null,
      redactedBy: null,
    })
    await database.read(async (reader) => {
      expect(await getMemoryVersion(reader, memory.versionId)).toEqual(version)
      const missing = getMemoryVersion(reader, makeId('memver', hash, ['no']))
      await expect(missing).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  test('any run of writes leaves the last content as head and all of them as versions', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const contents = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { minLength: 1 })
    let round = 0
    await fc.assert(
      fc.asyncProperty(contents, async (given) => {
        const path = `/${round++}.md`
        let head = await addMemory(database, path, given[0] as string)
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

const addMemoryAndStore = async (fresh: Fresh) => {
  await addMemoryStore(fresh.database(), 'one')
  return addMemory(fresh.database(), '/a.md', 'text')
}

const rename = (fresh: Fresh, id: MemoryId, path: string) =>
  write(fresh.database(), (writer) => updateMemory(writer, { id, path, expectedSha256: null }))
