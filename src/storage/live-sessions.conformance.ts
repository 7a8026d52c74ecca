import { describe, expect, test } from 'vitest'
import type { AgentId, MemoryStoreId, SessionId, SessionResourceId } from '../core/ids.ts'
import type { SessionEvent } from '../core/session.ts'
import { hash, makeSession, storeSession, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import { listAuditRecords } from './audit-records.ts'
import type { Database, Reader } from './database.ts'
import { insertDreamSessions, listDreamSessions } from './dream-sessions.ts'
import { insertDream } from './dreams.ts'
import { importedEnvironment } from './environments.ts'
import { appendEventBatch, appendSessionEvents, type NewSessionEvent } from './live-events.ts'
import { archiveSession, deleteSession, insertLiveSession } from './live-sessions.ts'
import { insertMemoryStore } from './memory-stores.ts'
import { findEvent, listEvents, streamEvents } from './session-events.ts'
import { listSessionPage, type SessionPosition } from './session-pages.ts'
import { insertSessionResources } from './session-resources.ts'
import { getSession } from './sessions.ts'

const agentId = 'agent_a' as AgentId

function insertLive(database: Database, name: string, startedAt: string | null = null) {
  const session = makeSession(name, { format: 'managed', startedAt })
  return write(database, (writer) =>
    insertLiveSession(writer, {
      session,
      agent: { id: agentId, version: 1, snapshot: { name: 'clerk' } },
      environmentId: importedEnvironment,
    }),
  )
}

const message = (text: string) =>
  ({ type: 'agent.message', content: [{ type: 'text', text }] }) as const

const append = (database: Database, id: SessionId, events: readonly NewSessionEvent[]) =>
  database.write({ type: 'user', id: 'x' }, (writer) => appendEventBatch(writer, id, events))

export function describeLiveSessions(fresh: Fresh): void {
  describe('live sessions', () => {
    describeAppending(fresh)
    describePinning(fresh)
    describeEnding(fresh)
  })
  describe('pages of sessions', () => describePages(fresh))
}

function describeAppending(fresh: Fresh): void {
  test('events are numbered on from what is there, and the hash runs on from the hash before', async () => {
    const database = fresh.database()
    const { session, transcriptHash } = await insertLive(database, 'one')
    const first = await append(database, session.id, [{ body: message('a') }])
    const before = await database.read((reader) => getSession(reader, session.id))
    const second = await append(database, session.id, [
      { body: message('b') },
      { body: message('c') },
    ])
    const { events } = await database.read((reader) =>
      listEvents(reader, { sessionId: session.id, limit: 10 }),
    )
    expect(events).toEqual([...first, ...second])
    expect(events.map(({ seq }) => seq)).toEqual([0, 1, 2])
    expect(new Set(events.map(({ id }) => id)).size).toBe(3)
    const after = await database.read((reader) => getSession(reader, session.id))
    const lines = second.map(
      ({ id, processedAt, branch, body }) => `${JSON.stringify([id, processedAt, branch, body])}\n`,
    )
    expect(before.transcriptHash).not.toBe(transcriptHash)
    expect(after).toMatchObject({
      eventCount: 3,
      transcriptHash: hash(`${before.transcriptHash}\n${lines.join('')}`),
    })
  })

  test('a batch of a thousand is one audit record, and comes back whole', async () => {
    const database = fresh.database()
    const { session } = await insertLive(database, 'one')
    const bodies = Array.from({ length: 1_000 }, (_, index) => message(`${index}`))
    await database.write({ type: 'user', id: 'x' }, (writer) =>
      appendSessionEvents(writer, session.id, bodies),
    )
    const records = await database.read((reader) =>
      listAuditRecords(reader, {
        filter: { objectType: 'session', objectId: session.id },
        limit: 10,
      }),
    )
    expect(records.map(({ action }) => action)).toEqual(['session.events_appended'])
    const { events } = await database.read((reader) =>
      listEvents(reader, { sessionId: session.id, limit: 2_000 }),
    )
    expect(events.map(({ body }) => body)).toEqual(bodies)
  })

  test('an event with a key is stored once, within a batch and across batches', async () => {
    const database = fresh.database()
    const { session } = await insertLive(database, 'one')
    const given = [
      { body: message('a'), key: 'k1' },
      { body: message('again'), key: 'k1' },
      { body: message('b'), key: 'k2' },
    ]
    const once = await append(database, session.id, given)
    const twice = await append(database, session.id, [...given, { body: message('c') }])
    expect(once.map(({ seq }) => seq)).toEqual([0, 0, 1])
    expect(twice.map(({ seq }) => seq)).toEqual([0, 0, 1, 2])
    expect(twice.slice(0, 3).map(({ id }) => id)).toEqual(once.map(({ id }) => id))
  })

  test('appends at the same time all arrive, each at its own place', async () => {
    const database = fresh.database()
    const { session } = await insertLive(database, 'one')
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        append(database, session.id, [{ body: message(`${index}`) }, { body: message('x') }]),
      ),
    )
    const rows = await database.read((reader) => listAllEvents(reader, { sessionId: session.id }))
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, index) => index))
  })

  test('an imported session takes no events', async () => {
    const database = fresh.database()
    const id = await storeSession(database, 'imported')
    await expect(append(database, id, [{ body: message('a') }])).rejects.toMatchObject({
      code: 'invalid_argument',
    })
    await expect(
      append(database, 'sesn_none' as SessionId, [{ body: message('a') }]),
    ).rejects.toMatchObject({ code: 'not_found' })
  })

  test('status, tokens and time follow from the events', async () => {
    const database = fresh.database()
    const { session } = await insertLive(database, 'one')
    const usage = {
      input_tokens: 10,
      output_tokens: 2,
      cache_creation_input_tokens: 3,
      cache_read_input_tokens: 4,
    }
    await append(database, session.id, [{ body: { type: 'session.status_running' } }])
    const running = await database.read((reader) => getSession(reader, session.id))
    expect(running.session.status).toBe('running')
    fresh.time.ms += 5_000
    await append(database, session.id, [
      { body: { type: 'span.model_request_end', is_error: false, model_usage: usage } },
      { body: { type: 'session.status_idle', stop_reason: { type: 'end_turn' } } },
    ])
    const idle = await database.read((reader) => getSession(reader, session.id))
    expect(idle.session.status).toBe('idle')
    expect(idle.tally).toEqual({
      inputTokens: 10,
      outputTokens: 2,
      cacheCreationTokens: 3,
      cacheReadTokens: 4,
      activeMs: 5_000,
      runningSince: null,
    })
  })
}

function describePinning(fresh: Fresh): void {
  test('a pinned transcript reads the same after the session has grown', async () => {
    const database = fresh.database()
    const { session } = await insertLive(database, 'one')
    await append(database, session.id, [{ body: message('a') }, { body: message('b') }])
    const { transcriptHash, eventCount } = await database.read((reader) =>
      getSession(reader, session.id),
    )
    const pinned = { sessionId: session.id, transcriptHash, eventCount }
    const before = await database.read((reader) => listAllEvents(reader, pinned))
    const [later] = await append(database, session.id, [{ body: message('c') }])
    await database.read(async (reader) => {
      expect(await listAllEvents(reader, pinned)).toEqual(before)
      const streamed = []
      for await (const page of streamEvents(reader, pinned)) streamed.push(...page)
      expect(streamed).toHaveLength(2)
      const eventId = later?.id as NonNullable<typeof later>['id']
      expect(await findEvent(reader, { ...pinned, eventId })).toBeNull()
      expect(await findEvent(reader, { sessionId: session.id, eventId })).not.toBeNull()
    })
  })

  test('a dream pins how many events it reads', async () => {
    const database = fresh.database()
    const { session, transcriptHash } = await insertLive(database, 'one')
    const sessions = [{ sessionId: session.id, transcriptHash, eventCount: 0 }]
    const id = await write(database, async (writer) => {
      const store = 'memstore_a' as MemoryStoreId
      await insertMemoryStore(writer, { id: store, name: 'a', description: '', metadata: {} })
      const dream = await insertDream(writer, {
        inputStoreId: store,
        inputsHash: 'h',
        options: {},
      })
      await insertDreamSessions(writer, dream.id, sessions)
      return dream.id
    })
    expect(await database.read((reader) => listDreamSessions(reader, id))).toEqual(sessions)
  })
}

function describeEnding(fresh: Fresh): void {
  test('a running session is neither archived nor deleted', async () => {
    const database = fresh.database()
    const { session } = await insertLive(database, 'one')
    await append(database, session.id, [{ body: { type: 'session.status_running' } }])
    for (const end of [archiveSession, deleteSession]) {
      const ended = write<unknown>(database, (writer) => end(writer, session.id))
      await expect(ended).rejects.toMatchObject({ code: 'invalid_argument' })
    }
  })

  test('a deleted session is gone from every list and its events stay for evidence', async () => {
    const database = fresh.database()
    const { session } = await insertLive(database, 'one')
    await append(database, session.id, [{ body: message('a') }])
    await write(database, (writer) => deleteSession(writer, session.id))
    await database.read(async (reader) => {
      await expect(getSession(reader, session.id)).rejects.toMatchObject({ code: 'not_found' })
      const page = await listSessionPage(reader, {
        filter: { includeArchived: 'yes' },
        order: 'desc',
        limit: 10,
      })
      expect(page.sessions).toEqual([])
      expect(await listAllEvents(reader, { sessionId: session.id })).toHaveLength(1)
    })
    await expect(append(database, session.id, [{ body: message('b') }])).rejects.toMatchObject({
      code: 'not_found',
    })
  })
}

function describePages(fresh: Fresh): void {
  test('pages hold the same rows there and back, in both orders, imported and live ones alike', async () => {
    const database = fresh.database()
    for (let index = 0; index < 7; index += 1) {
      const startedAt = `2026-11-0${1 + (index % 3)}T00:00:00.000Z`
      if (index % 2 === 0) await insertLive(database, `s${index}`, startedAt)
      else await storeSession(database, `s${index}`, { session: { startedAt } })
    }
    for (const order of ['asc', 'desc'] as const) {
      const there = await walk(database, order)
      expect(there.pages.flat()).toHaveLength(7)
      expect(there.back).toEqual(there.pages.slice(0, -1).toReversed())
    }
  })

  test('sessions are found by the memory store that they mount', async () => {
    const database = fresh.database()
    const { session } = await insertLive(database, 'one')
    await insertLive(database, 'two')
    const memoryStoreId = 'memstore_a' as MemoryStoreId
    const id = 'sesrsc_1' as SessionResourceId
    await write(database, (writer) =>
      insertSessionResources(writer, session.id, [
        { id, type: 'memory_store', memoryStoreId, fileId: null, body: {} },
      ]),
    )
    const page = await database.read((reader) =>
      listSessionPage(reader, {
        filter: { memoryStoreId, agentId, statuses: ['idle'], includeArchived: 'no' },
        order: 'desc',
        limit: 10,
      }),
    )
    expect(page.sessions.map((stored) => stored.session.id)).toEqual([session.id])
  })
}

/** Forward to the end by threes, then backward to the start. */
async function walk(database: Database, order: 'asc' | 'desc') {
  const pages: SessionId[][] = []
  const back: SessionId[][] = []
  let from: SessionPosition | undefined
  const read = () =>
    database.read((reader) =>
      listSessionPage(reader, {
        filter: { includeArchived: 'no' },
        order,
        limit: 3,
        ...(from ? { from } : {}),
      }),
    )
  let page = await read()
  for (;;) {
    pages.push(page.sessions.map(({ session }) => session.id))
    const last = page.sessions.at(-1)
    if (!page.hasNext || !last) break
    from = { beganAt: last.beganAt, id: last.session.id, side: 'after' }
    page = await read()
  }
  while (page.hasPrevious) {
    const [first] = page.sessions
    if (!first) break
    from = { beganAt: first.beganAt, id: first.session.id, side: 'before' }
    page = await read()
    back.push(page.sessions.map(({ session }) => session.id))
  }
  return { pages, back }
}

async function listAllEvents(
  reader: Reader,
  of: Exclude<Parameters<typeof streamEvents>[1], string>,
): Promise<SessionEvent[]> {
  const all: SessionEvent[] = []
  for await (const events of streamEvents(reader, of)) all.push(...events)
  return all
}
