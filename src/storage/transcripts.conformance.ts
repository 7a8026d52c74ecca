import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventId } from '../core/ids.ts'
import type { Session, SessionEvent } from '../core/session.ts'
import {
  eventId,
  hash,
  importer,
  makeEvent,
  makeEvents,
  makeSession,
  sessionId,
  storeSession,
  write,
} from './_rows.ts'
import type { Fresh } from './_subject.ts'
import type { Database } from './database.ts'
import { getEvent, getRawRecord, listEvents, pageBytes, streamEvents } from './session-events.ts'
import { findSession, getSession, insertSession } from './sessions.ts'
import {
  appendEvents,
  appendRawRecords,
  beginTranscript,
  completeTranscript,
  discardTranscript,
  listStaged,
} from './transcripts.ts'

export function describeTranscripts(fresh: Fresh): void {
  describe('transcripts', () => describeStates(fresh))
  describe('events', () => describeEvents(fresh))
  describe('raw records', () => describeRawRecords(fresh))
}

const realTranscript = '../shared/data/tau-bench/gpt-4o-airline.json.gz'
if (!existsSync(realTranscript)) {
  console.log(`${realTranscript} is absent: the test over its records is skipped`)
}

function describeStates(fresh: Fresh): void {
  test('a staged transcript is seen by nobody until it is complete', async () => {
    const database = fresh.database()
    await stage(database, 'one', makeEvents('one', 3))
    await database.read(async (reader) => {
      expect(await findSession(reader, sessionId('one'))).toBeNull()
      const page = await listEvents(reader, { sessionId: sessionId('one'), limit: 10 })
      expect(page).toEqual({ events: [], next: null })
      expect(await listStaged(reader)).toMatchObject([
        { sessionId: sessionId('one'), owner: 'test' },
      ])
    })
  })

  test('a longer transcript supersedes the former one, which stays stored', async () => {
    const database = fresh.database()
    const id = await storeSession(database, 'one')
    const transcriptId = await stage(database, 'one', makeEvents('one', 5))
    await write(database, (writer) =>
      completeTranscript(writer, {
        transcriptId,
        sessionId: id,
        transcriptHash: 'longer',
        eventCount: 5,
      }),
    )
    await database.read(async (reader) => {
      expect(await getSession(reader, id)).toMatchObject({
        transcriptId,
        transcriptHash: 'longer',
        eventCount: 5,
      })
      const page = await listEvents(reader, { sessionId: id, limit: 10 })
      expect(page.events).toEqual(makeEvents('one', 5))
      const former = { sessionId: id, transcriptHash: hash(JSON.stringify(makeEvents('one', 3))) }
      const pinned = await listEvents(reader, { ...former, limit: 10 })
      expect(pinned.events).toEqual(makeEvents('one', 3))
      const wanted = { ...former, eventId: eventId('one', 4) }
      await expect(getEvent(reader, wanted)).rejects.toMatchObject({ code: 'not_found' })
      const states = await reader.read.selectFrom('transcripts').select('state').execute()
      expect(states.map(({ state }) => state)).toEqual(['superseded', 'current'])
      const stored = await reader.read.selectFrom('session_events').select('seq').execute()
      expect(stored).toHaveLength(8)
    })
  })

  test('discarding removes a staged transcript whole and refuses any other', async () => {
    const database = fresh.database()
    const id = await storeSession(database, 'one', { records: ['{}'] })
    const { transcriptId } = await database.read((reader) => getSession(reader, id))
    const staged = await stage(database, 'two', makeEvents('two', 3))
    await database.scratch((scratch) => discardTranscript(scratch, staged))
    const again = database.scratch((scratch) => discardTranscript(scratch, staged))
    await expect(again).rejects.toMatchObject({ code: 'conflict' })
    const current = database.scratch((scratch) => discardTranscript(scratch, transcriptId))
    await expect(current).rejects.toMatchObject({ code: 'conflict' })
    await database.read(async (reader) => {
      expect(await listStaged(reader)).toEqual([])
      const rows = await reader.read.selectFrom('session_events').select('id').execute()
      expect(rows).toHaveLength(3)
    })
  })

  test('nothing is appended to a transcript that is complete', async () => {
    const database = fresh.database()
    const id = await storeSession(database, 'one')
    const { transcriptId } = await database.read((reader) => getSession(reader, id))
    const events = database.scratch((scratch) =>
      appendEvents(scratch, transcriptId, [makeEvent('one', 3)]),
    )
    await expect(events).rejects.toMatchObject({ code: 'conflict' })
    const records = database.scratch((scratch) =>
      appendRawRecords(scratch, transcriptId, [{ ordinal: 0, text: '{}' }]),
    )
    await expect(records).rejects.toMatchObject({ code: 'conflict' })
  })

  test('a transcript with a gap, or of another length or session, is not completed', async () => {
    const database = fresh.database()
    const gap = await stage(database, 'gap', [makeEvent('gap', 0), makeEvent('gap', 2)])
    const short = await stage(database, 'short', makeEvents('short', 2))
    const complete = (transcriptId: number, key: string, eventCount: number) =>
      write(database, (writer) =>
        completeTranscript(writer, {
          transcriptId,
          sessionId: sessionId(key),
          transcriptHash: 'x',
          eventCount,
        }),
      )
    await expect(complete(gap, 'gap', 2)).rejects.toMatchObject({ code: 'conflict' })
    await expect(complete(gap, 'gap', 3)).rejects.toMatchObject({ code: 'conflict' })
    await expect(complete(short, 'short', 3)).rejects.toMatchObject({ code: 'conflict' })
    await expect(complete(short, 'gap', 2)).rejects.toMatchObject({ code: 'conflict' })
    await complete(short, 'short', 2)
  })

  test('an empty transcript is whole', async () => {
    const database = fresh.database()
    const id = await storeSession(database, 'empty', { events: [] })
    const page = await database.read((reader) => listEvents(reader, { sessionId: id, limit: 5 }))
    expect(page).toEqual({ events: [], next: null })
  })

  test('a session is not inserted before its transcript is complete', async () => {
    const database = fresh.database()
    const transcriptId = await stage(database, 'one', [])
    const inserting = write(database, (writer) =>
      insertSession(writer, makeSession('one'), transcriptId),
    )
    await expect(inserting).rejects.toMatchObject({ code: 'conflict' })
  })
}

function describeEvents(fresh: Fresh): void {
  test('events come back as they were appended, whatever their text holds', async () => {
    const database = fresh.database()
    const text = fc.string({ unit: fc.constantFrom('a', '\0', '\ud800', '\udc00', '🎈', '"', 'é') })
    const json = fc.jsonValue({ maxDepth: 2 })
    const keys = fc.constantFrom('path', '__proto__', 'constructor')
    const event = fc.tuple(text, fc.array(fc.tuple(keys, json)))
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 6 }), async (given) => {
        const key = `round ${round++}`
        const events = given.flatMap(([said, input], index): SessionEvent[] => [
          makeEvent(key, 2 * index, {
            type: 'agent.message',
            content: [{ type: 'text', text: said }],
          }),
          makeEvent(key, 2 * index + 1, {
            type: 'agent.tool_use',
            name: 'read',
            input: JSON.parse(JSON.stringify(Object.fromEntries(input))),
          }),
        ])
        const id = await storeSession(database, key, { events })
        const page = await database.read((reader) =>
          listEvents(reader, { sessionId: id, limit: 100 }),
        )
        expect(JSON.stringify(page.events)).toBe(JSON.stringify(events))
      }),
      { numRuns: 40 },
    )
  })

  test('pages follow each other without a gap or a repeat', async () => {
    const database = fresh.database()
    const events = makeEvents('one', 250)
    const id = await storeSession(database, 'one', { events })
    for (const limit of [1, 7, 125, 249, 250, 1_000]) {
      expect(await listAll(database, id, limit)).toEqual(events)
    }
    const first = await database.read((reader) => listEvents(reader, { sessionId: id, limit: 250 }))
    expect(first.next).toBeNull()
  })

  test('a page of large events is cut by their size and still holds at least one', async () => {
    const database = fresh.database()
    const large = (seq: number, length: number) =>
      makeEvent('large', seq, {
        type: 'agent.message',
        content: [{ type: 'text', text: 'é'.repeat(length) }],
      })
    const events = [
      large(0, pageBytes),
      large(1, 10),
      large(2, pageBytes / 4),
      large(3, pageBytes / 4),
      large(4, 10),
    ]
    const id = await storeSession(database, 'large', { events })
    const sizes: number[] = []
    await database.read(async (reader) => {
      for await (const page of streamEvents(reader, id)) sizes.push(page.length)
    })
    expect(sizes).toEqual([1, 2, 2])
    expect(await listAll(database, id, 100)).toEqual(events)
  })

  test('an event is found by its id in its own session only', async () => {
    const database = fresh.database()
    const id = await storeSession(database, 'one')
    await storeSession(database, 'two')
    await database.read(async (reader) => {
      const event = await getEvent(reader, { sessionId: id, eventId: eventId('one', 1) })
      expect(event).toEqual(makeEvent('one', 1))
      const foreign = getEvent(reader, { sessionId: id, eventId: eventId('two', 1) })
      await expect(foreign).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  test('an event id that stands twice in one transcript is refused', async () => {
    const database = fresh.database()
    const twice = [
      makeEvent('one', 0),
      { ...makeEvent('one', 1), id: eventId('one', 0) as EventId },
    ]
    await expect(stage(database, 'one', twice)).rejects.toMatchObject({ code: 'conflict' })
    expect(await database.read((reader) => listStaged(reader))).toEqual([])
  })
}

function describeRawRecords(fresh: Fresh): void {
  test('every raw record comes back byte for byte, however they were batched', async () => {
    const database = fresh.database()
    const records = fc.array(fc.string({ unit: 'binary', maxLength: 50 }), { maxLength: 12 })
    let round = 0
    await fc.assert(
      fc.asyncProperty(records, fc.integer({ min: 1, max: 5 }), async (given, size) => {
        const key = `raw ${round++}`
        const texts = given.map((text) => JSON.stringify(text))
        const id = await storeRaw(database, key, { texts, size })
        for (const [ordinal, text] of texts.entries()) {
          const stored = await database.read((reader) =>
            getRawRecord(reader, { sessionId: id, ordinal }),
          )
          expect(stored).toBe(text)
        }
        const beyond = database.read((reader) =>
          getRawRecord(reader, { sessionId: id, ordinal: texts.length }),
        )
        await expect(beyond).rejects.toMatchObject({ code: 'not_found' })
      }),
      { numRuns: 25 },
    )
  })

  test.skipIf(!existsSync(realTranscript))(
    'the records of a real transcript come back from several chunks',
    async () => {
      const database = fresh.database()
      const parsed: unknown[] = JSON.parse(gunzipSync(readFileSync(realTranscript)).toString())
      const texts = parsed.map((record) => JSON.stringify(record))
      const id = await storeRaw(database, 'real', { texts, size: texts.length })
      await database.read(async (reader) => {
        const chunks = await reader.read.selectFrom('raw_chunks').select('chunk').execute()
        expect(chunks.length).toBeGreaterThan(2)
        for (const ordinal of [0, 1, texts.length >> 1, texts.length - 1]) {
          const stored = await getRawRecord(reader, { sessionId: id, ordinal })
          expect(stored).toBe(texts[ordinal])
        }
      })
    },
  )

  test('a gap, and text that is not JSON, are refused', async () => {
    const database = fresh.database()
    const append = (ordinal: number, text: string) =>
      database.scratch(async (scratch) => {
        const id = await beginTranscript(scratch, { sessionId: sessionId('one'), owner: 'test' })
        await appendRawRecords(scratch, id, [{ ordinal, text }])
      })
    await expect(append(1, '{}')).rejects.toMatchObject({ code: 'conflict' })
    await expect(append(0, '\u001e')).rejects.toMatchObject({ code: 'invalid_argument' })
  })
}

const stage = (database: Database, key: string, events: readonly SessionEvent[]) =>
  database.scratch(async (scratch) => {
    const id = await beginTranscript(scratch, { sessionId: sessionId(key), owner: 'test' })
    await appendEvents(scratch, id, events)
    return id
  })

async function storeRaw(
  database: Database,
  key: string,
  { texts, size }: { readonly texts: readonly string[]; readonly size: number },
) {
  const session = makeSession(key)
  const records = texts.map((text, ordinal) => ({ ordinal, text }))
  await database.write(importer, async (writer) => {
    const transcriptId = await beginTranscript(writer, { sessionId: session.id, owner: 'test' })
    for (let from = 0; from < records.length; from += size) {
      await appendRawRecords(writer, transcriptId, records.slice(from, from + size))
    }
    const complete = { transcriptId, sessionId: session.id, transcriptHash: key, eventCount: 0 }
    await completeTranscript(writer, complete)
    await insertSession(writer, session, transcriptId)
    await writer.audit({ action: 'session.imported', objectType: 'session', objectId: key })
  })
  return session.id
}

async function listAll(database: Database, id: Session['id'], limit: number) {
  const events: SessionEvent[] = []
  let afterSeq: number | null = -1
  while (afterSeq !== null) {
    const page: Awaited<ReturnType<typeof listEvents>> = await database.read((reader) =>
      listEvents(reader, { sessionId: id, afterSeq: afterSeq as number, limit }),
    )
    events.push(...page.events)
    afterSeq = page.next
  }
  return events
}
