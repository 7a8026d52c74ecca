import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Actor } from '../core/audit/record.ts'
import type { MemoryId, SessionId } from '../core/ids.ts'
import { addMemory, addMemoryStore, memoryStoreId, sessionId, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import type { Database } from './database.ts'
import { deleteMemory, insertMemory, updateMemory } from './memories.ts'
import { listMemoryPage, type MemoryEntry, type MemoryPageRequest } from './memory-pages.ts'
import { listMemoryVersionPage, type MemoryVersion } from './memory-versions.ts'

export function describeMemoryPages(fresh: Fresh): void {
  describe('pages of memories', () => describePages(fresh))
  describe('pages of memory versions', () => describeVersionPages(fresh))
}

function describePages(fresh: Fresh): void {
  test('all pages together are the paths below the prefix, in code-point order, each once', async () => {
    const database = fresh.database()
    let round = 0
    await fc.assert(
      fc.asyncProperty(someTree, fc.integer({ min: 1, max: 9 }), async (paths, limit) => {
        const store = await addTree(database, `tree ${round++}`, paths)
        for (const prefix of ['/', '/a/', '/a/b/', '/é/']) {
          const below = paths.filter((path) => path.startsWith(prefix))
          const listed = await listAll(database, { ...store, prefix, depth: 'all', limit })
          expect(listed).toEqual(sortByCodePoint(below))
          const children = await listAll(database, { ...store, prefix, depth: 'children', limit })
          expect(children).toEqual(sortByCodePoint([...new Set(below.map(cutBelow(prefix)))]))
        }
      }),
      { numRuns: 40 },
    )
  })

  test('what is there during the whole listing is listed once, whatever is written between pages', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const kept = ['/b', '/d', '/f/x', '/f/y', '/h']
    for (const path of kept) await addMemory(database, path, '')
    const gone = await addMemory(database, '/c', '')
    const moved = await addMemory(database, '/z', '')
    const request = { storeId: memoryStoreId('one'), prefix: '/', depth: 'all', limit: 2 } as const
    const disturb = [
      () => addMemory(database, '/a', ''),
      () => remove(database, gone.id),
      () =>
        write(database, (writer) =>
          updateMemory(writer, { id: moved.id, path: '/e', expectedSha256: null }),
        ),
      () => addMemory(database, '/g', ''),
    ]
    const listed = await listAll(database, request, async () => {
      await disturb.shift()?.()
    })
    expect(listed.filter((path) => kept.includes(path))).toEqual(kept)
    expect(new Set(listed).size).toBe(listed.length)
  })

  test('content comes with the full view only, directories have none, and the last page has no next', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    await addMemory(database, '/a/b', 'deep')
    await addMemory(database, '/c', 'text')
    const request = {
      storeId: memoryStoreId('one'),
      prefix: '/',
      depth: 'children',
      after: null,
    } as const
    await database.read(async (reader) => {
      const full = await listMemoryPage(reader, { ...request, view: 'full', limit: 2 })
      expect(full).toEqual({
        entries: [
          { type: 'directory', path: '/a/' },
          expect.objectContaining({
            type: 'memory',
            path: '/c',
            content: 'text',
            contentSizeBytes: 4,
          }),
        ],
        next: null,
      })
      const basic = await listMemoryPage(reader, { ...request, view: 'basic', limit: 2 })
      expect(basic.entries[1]).toMatchObject({ path: '/c', content: null })
      const first = await listMemoryPage(reader, { ...request, view: 'basic', limit: 1 })
      expect(first.next).toBe('/a/')
    })
  })
}

function describeVersionPages(fresh: Fresh): void {
  test('newest first, also within one millisecond; pages together are all of them', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const memory = await addMemory(database, '/a', '0')
    for (const content of ['1', '2', '3', '4']) {
      await write(database, (writer) =>
        updateMemory(writer, { id: memory.id, content, expectedSha256: null }),
      )
    }
    // A clock that was set back: the later version is the newer one all the same.
    fresh.time.ms -= 5_000
    await write(database, (writer) =>
      updateMemory(writer, { id: memory.id, content: '5', expectedSha256: null }),
    )
    for (const limit of [1, 2, 7]) {
      const versions = await listVersions(database, {}, limit)
      expect(versions.map(({ content }) => content).join('')).toBe('543210')
    }
  })

  test('are chosen by memory, operation, session, actor and time', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const session = sessionId('agent')
    const by = (actor: Actor, path: string, given: { sessionId?: SessionId } = {}) =>
      database.write(actor, async (writer) => {
        const storeId = memoryStoreId('one')
        const memory = await insertMemory(writer, { storeId, path, content: '', ...given })
        await writer.audit({ action: 'memory.created', objectType: 'memory', objectId: memory.id })
        return memory
      })
    await by({ type: 'session', id: session }, '/agent')
    fresh.time.ms += 1_000
    await by({ type: 'dream', id: 'drm_1' }, '/dream', { sessionId: session })
    await by({ type: 'dream', id: 'drm_1' }, '/dream-alone')
    const made = await by({ type: 'api_key', id: 'apikey_1' }, '/key')
    fresh.time.ms += 1_000
    await remove(database, made.id)
    const paths = async (filter: Parameters<typeof listVersions>[1]) =>
      (await listVersions(database, filter, 2)).map(({ path }) => path).toSorted()
    expect(await paths({ sessionId: session })).toEqual(['/agent', '/dream'])
    expect(await paths({ actor: { id: 'drm_1', types: ['dream'] } })).toEqual(['/dream-alone'])
    expect(await paths({ actor: { id: 'apikey_1', types: ['api_key'] } })).toEqual(['/key'])
    expect(await paths({ actor: { id: 'apikey_1', types: ['user'] } })).toEqual([])
    expect(await paths({ operation: 'deleted' })).toEqual(['/key'])
    expect(await paths({ memoryId: made.id })).toEqual(['/key', '/key'])
    expect(await paths({ createdTo: '2026-11-24T04:00:00.000Z' })).toEqual(['/agent'])
    expect(await paths({ createdFrom: '2026-11-24T04:00:02.000Z' })).toEqual(['/key'])
  })
}

/** Paths of which none lies above another, with letters around the slash and beyond the first plane. */
const someTree = fc
  .array(
    fc
      .array(fc.constantFrom('a', 'b', 'a-b', 'a.md', 'a0', 'é', '\uff5e', '\u{1f388}'), {
        minLength: 1,
        maxLength: 4,
      })
      .map((segments) => `/${segments.join('/')}`),
    { maxLength: 30 },
  )
  .map((paths) => [...new Set(paths)])
  .map((paths) => paths.filter((path) => !paths.some((other) => other.startsWith(`${path}/`))))

async function addTree(database: Database, name: string, paths: readonly string[]) {
  await addMemoryStore(database, name)
  const storeId = memoryStoreId(name)
  await write(database, async (writer) => {
    for (const path of paths) await insertMemory(writer, { storeId, path, content: '' })
  })
  return { storeId }
}

async function listAll(
  database: Database,
  request: Omit<MemoryPageRequest, 'after' | 'view'>,
  between: () => Promise<void> = async () => {},
): Promise<string[]> {
  const found: MemoryEntry[] = []
  let after: string | null = null
  do {
    const page = await database.read((reader) =>
      listMemoryPage(reader, { ...request, after, view: 'basic' }),
    )
    expect(page.entries.length).toBeLessThanOrEqual(request.limit)
    found.push(...page.entries)
    after = page.next
    await between()
  } while (after !== null)
  return found.map(({ path }) => path)
}

async function listVersions(
  database: Database,
  filter: Parameters<typeof listMemoryVersionPage>[1]['filter'],
  limit: number,
): Promise<MemoryVersion[]> {
  const found: MemoryVersion[] = []
  for (;;) {
    const after = found.at(-1) ?? null
    const page = await database.read((reader) =>
      listMemoryVersionPage(reader, {
        storeId: memoryStoreId('one'),
        filter,
        after,
        limit,
        view: 'full',
      }),
    )
    found.push(...page)
    if (page.length < limit) return found
  }
}

const remove = (database: Database, id: MemoryId) =>
  write(database, (writer) => deleteMemory(writer, { id, expectedSha256: null }))

const sortByCodePoint = (paths: readonly string[]) =>
  paths.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))

const cutBelow = (prefix: string) => (path: string) => {
  const [first = '', ...rest] = path.slice(prefix.length).split('/')
  return `${prefix}${first}${rest.length > 0 ? '/' : ''}`
}
