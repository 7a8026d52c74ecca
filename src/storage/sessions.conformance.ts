import { describe, expect, test } from 'vitest'
import type { Session } from '../core/session.ts'
import {
  hash,
  makeEvents,
  makeSession,
  makeSignal,
  sessionId,
  storeSession,
  write,
} from './_rows.ts'
import type { Fresh } from './_subject.ts'
import type { Database } from './database.ts'
import { findImportedFile, insertImportedFile } from './imported-files.ts'
import { insertOutcomeSignals, listOutcomeSignals } from './outcome-signals.ts'
import {
  countSessions,
  findSession,
  getSession,
  listSessions,
  type SessionCursor,
  type SessionFilter,
  updateSession,
} from './sessions.ts'

export function describeSessions(fresh: Fresh): void {
  describe('sessions', () => describeRows(fresh))
  describe('outcome signals', () => describeSignals(fresh))
  describe('imported files', () => describeFiles(fresh))
}

function describeRows(fresh: Fresh): void {
  test('a session comes back as it was stored, key for key', async () => {
    const database = fresh.database()
    const given = {
      agent: { name: 'a', version: null, model: 'm' },
      task: { type: null, id: '7' },
      title: 'Überraschung 🎈',
      startedAt: null,
      labels: JSON.parse('{"__proto__":"x","b":"1","a":"2"}'),
    }
    const id = await storeSession(database, 'one', { session: given })
    const stored = await database.read((reader) => getSession(reader, id))
    expect(JSON.stringify(stored.session)).toBe(JSON.stringify(makeSession('one', given)))
    expect(stored).toMatchObject({
      eventCount: 3,
      transcriptHash: hash(JSON.stringify(makeEvents('one', 3))),
      createdAt: '2026-11-24T04:00:00.000Z',
    })
  })

  test('find answers null and get refuses where there is no such session', async () => {
    const database = fresh.database()
    await database.read(async (reader) => {
      expect(await findSession(reader, sessionId('no'))).toBeNull()
      await expect(getSession(reader, sessionId('no'))).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  test('what a source learnt about a session later replaces what it said before', async () => {
    const database = fresh.database()
    const id = await storeSession(database, 'one')
    fresh.time.ms += 1_000
    const later = makeSession('one', { title: 'later', endedAt: '2026-11-02T00:00:00.000Z' })
    await write(database, (writer) => updateSession(writer, later))
    const stored = await database.read((reader) => getSession(reader, id))
    expect(stored.session).toEqual(later)
    expect(stored.updatedAt).toBe('2026-11-24T04:00:01.000Z')
    const unknown = write(database, (writer) => updateSession(writer, makeSession('no')))
    await expect(unknown).rejects.toMatchObject({ code: 'not_found' })
  })

  test('lists newest first and undated last; filters name what they keep', async () => {
    const database = fresh.database()
    const sessions: Record<string, Partial<Session>> = {
      old: { startedAt: '2026-01-01T00:00:00.000Z' },
      new: { startedAt: '2026-06-01T00:00:00.000Z', task: { type: 'retail', id: '3' } },
      undated: { startedAt: null, agent: { name: 'other', version: null, model: null } },
      foreign: { startedAt: '2026-03-01T00:00:00.000Z', format: 'tau-bench' },
    }
    for (const [key, session] of Object.entries(sessions)) {
      await storeSession(database, key, { session })
    }
    const keys = (filter: SessionFilter) => listKeys(database, filter, 10)
    expect(await keys({})).toEqual(['new', 'foreign', 'old', 'undated'])
    expect(await keys({ since: '2026-03-01T00:00:00.000Z' })).toEqual(['new', 'foreign', 'undated'])
    expect(await keys({ since: '2026-12-01T00:00:00.000Z' })).toEqual([])
    expect(await keys({ format: 'tau-bench' })).toEqual(['foreign'])
    expect(await keys({ agentName: 'other' })).toEqual(['undated'])
    expect(await keys({ taskType: 'retail' })).toEqual(['new'])
    expect(await keys({ taskId: '3', taskType: 'airline' })).toEqual([])
    expect(await keys({ ids: [sessionId('old'), sessionId('no')] })).toEqual(['old'])
    expect(await keys({ ids: [] })).toEqual([])
    expect(await database.read((reader) => countSessions(reader, { format: 'test' }))).toBe(3)
  })

  test('pages of any size together are the whole list, once', async () => {
    const database = fresh.database()
    for (let index = 0; index < 9; index += 1) {
      const startedAt = index % 3 === 0 ? null : `2026-01-0${1 + (index % 3)}T00:00:00.000Z`
      await storeSession(database, `s${index}`, { session: { startedAt } })
    }
    const whole = await listKeys(database, {}, 100)
    expect(whole).toHaveLength(9)
    for (const limit of [1, 2, 3, 4, 8, 9]) {
      expect(await listKeys(database, {}, limit)).toEqual(whole)
    }
  })

  test('a list of ids longer than any limit on variables is one query', async () => {
    const database = fresh.database()
    const id = await storeSession(database, 'one')
    const ids = Array.from({ length: 40_000 }, (_, index) => sessionId(String(index)))
    const page = await database.read((reader) =>
      listSessions(reader, { filter: { ids: [...ids, id] }, limit: 5 }),
    )
    expect(page.sessions.map(({ session }) => session.id)).toEqual([id])
  })
}

function describeSignals(fresh: Fresh): void {
  test('a signal is stored once; only new ones are answered', async () => {
    const database = fresh.database()
    await storeSession(database, 'one')
    const first = makeSignal('one', { value: 0.25, success: null, components: { db: true } })
    const second = makeSignal('one', { kind: 'merged', success: false, value: null })
    const insert = (signals: readonly ReturnType<typeof makeSignal>[]) =>
      write(database, (writer) => insertOutcomeSignals(writer, signals))
    expect(await insert([first, first])).toEqual([first])
    expect(await insert([first, second])).toEqual([second])
    expect(await insert([first, second])).toEqual([])
    const listed = await database.read((reader) => listOutcomeSignals(reader, [sessionId('one')]))
    expect(listed).toHaveLength(2)
    expect(listed).toEqual(expect.arrayContaining([first, second]))
  })

  test('another value under a known id is a conflict and stores nothing', async () => {
    const database = fresh.database()
    await storeSession(database, 'one')
    await write(database, (writer) => insertOutcomeSignals(writer, [makeSignal('one')]))
    const other = write(database, (writer) =>
      insertOutcomeSignals(writer, [
        makeSignal('one', { kind: 'merged' }),
        makeSignal('one', { value: 0 }),
      ]),
    )
    await expect(other).rejects.toMatchObject({ code: 'conflict' })
    const listed = await database.read((reader) => listOutcomeSignals(reader, [sessionId('one')]))
    expect(listed).toEqual([makeSignal('one')])
  })

  test('signals are listed by session, then as they were decided, undated first', async () => {
    const database = fresh.database()
    for (const key of ['one', 'two', 'three']) await storeSession(database, key)
    const signals = [
      makeSignal('one', { kind: 'b', decidedAt: '2026-02-01T00:00:00.000Z' }),
      makeSignal('one', { kind: 'a', decidedAt: '2026-03-01T00:00:00.000Z' }),
      makeSignal('one', { kind: 'c' }),
      makeSignal('two'),
      makeSignal('three'),
    ]
    await write(database, (writer) => insertOutcomeSignals(writer, signals))
    const kinds = (keys: readonly string[]) =>
      database.read(async (reader) =>
        (await listOutcomeSignals(reader, keys.map(sessionId))).map(({ kind }) => kind),
      )
    expect(await kinds(['one'])).toEqual(['c', 'b', 'a'])
    expect(await kinds(['three', 'two'])).toHaveLength(2)
    expect(await kinds([])).toEqual([])
  })

  test('a signal of a session that is not stored is refused', async () => {
    const writing = write(fresh.database(), (writer) =>
      insertOutcomeSignals(writer, [makeSignal('nobody')]),
    )
    await expect(writing).rejects.toMatchObject({ code: 'conflict' })
  })
}

function describeFiles(fresh: Fresh): void {
  test('the same bytes are known to the importer version that read them, and to no other', async () => {
    const database = fresh.database()
    const file = {
      sha256: hash('bytes'),
      importer: 'tau-bench@1',
      format: 'tau-bench',
      path: 'a.json',
      bytes: 5,
      sessions: 1,
      events: 2,
      outcomeSignals: 1,
      report: { skipped: [] },
    }
    const insert = () => write(database, (writer) => insertImportedFile(writer, file))
    expect(await insert()).toBe(true)
    expect(await insert()).toBe(false)
    await database.read(async (reader) => {
      expect(await findImportedFile(reader, file)).toEqual(file)
      const newer = { sha256: file.sha256, importer: 'tau-bench@2' }
      expect(await findImportedFile(reader, newer)).toBeNull()
    })
  })
}

async function listKeys(database: Database, filter: SessionFilter, limit: number) {
  const keys: string[] = []
  let after: SessionCursor | null = null
  do {
    const page: Awaited<ReturnType<typeof listSessions>> = await database.read((reader) =>
      listSessions(reader, { filter, limit, ...(after ? { after } : {}) }),
    )
    keys.push(...page.sessions.map(({ session }) => session.key))
    after = page.next
  } while (after)
  return keys
}
