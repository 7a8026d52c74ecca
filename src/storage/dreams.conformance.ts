import { describe, expect, test } from 'vitest'
import type { ProposedChange } from '../core/change/change.ts'
import type { Evidence } from '../core/evidence.ts'
import { makeId } from '../core/ids.ts'
import type { Finding } from '../core/mining/finding.ts'
import type { Digest } from '../core/transcript/digest.ts'
import { Lexicon } from '../core/transcript/lexicon.ts'
import {
  changeSomething,
  eventId,
  hash,
  makeSession,
  sessionId,
  storeSession,
  write,
} from './_rows.ts'
import type { Fresh } from './_subject.ts'
import { getChange, insertChanges, listChanges, updateChangeStatus } from './changes.ts'
import type { Database } from './database.ts'
import {
  findMissingDigests,
  insertDigests,
  listPackedTraces,
  packDigests,
  type StoredTraces,
  unpackStoredTraces,
} from './digests.ts'
import {
  countSelected,
  insertDreamSessions,
  listDreamSessions,
  listSessionIds,
  pinSessions,
  type SessionChoice,
} from './dream-sessions.ts'
import {
  findDream,
  findHolder,
  getDream,
  insertDream,
  listDreams,
  releaseStore,
  updateDream,
} from './dreams.ts'
import { parseEventTexts, readEventTexts } from './event-texts.ts'
import { getFinding, insertFindings, listFindings } from './findings.ts'
import { listReadable } from './readable.ts'
import { getSession } from './sessions.ts'

export function describeDreams(fresh: Fresh): void {
  describe('dreams', () => describeRows(fresh))
  describe('findings and changes', () => describeResults(fresh))
  describe('digests', () => describeDigests(fresh))
}

function describeRows(fresh: Fresh): void {
  test('dreams are numbered from 1 and keep the sessions they were given, in order', async () => {
    const database = fresh.database()
    const first = await addDream(database, ['two', 'one'])
    const second = await addDream(database, [])
    expect([first.ordinal, second.ordinal]).toEqual([1, 2])
    expect(second.id).not.toBe(first.id)
    expect(first).toMatchObject({ status: 'pending', options: { engine: 'x' }, endedAt: null })
    await database.read(async (reader) => {
      expect(await getDream(reader, first.id)).toEqual(first)
      expect(await listDreamSessions(reader, first.id)).toEqual([
        { sessionId: sessionId('two'), transcriptHash: 'h' },
        { sessionId: sessionId('one'), transcriptHash: 'h' },
      ])
      expect(await findDream(reader, makeId('drm', hash, ['no']))).toBeNull()
    })
  })

  test('a selector pins what it finds in the order of ids, labels exactly as they are', async () => {
    const database = fresh.database()
    const labels = { team: 'Ops', note: 'a "quoted", {"team":"No"}' }
    await storeSession(database, 'both', { session: { labels } })
    await storeSession(database, 'swapped', { session: { labels: { note: 'x', team: 'Ops' } } })
    await storeSession(database, 'lower', { session: { labels: { team: 'ops' } } })
    await storeSession(database, 'own', { session: { labels, format: 'lucidream' } })
    const { id } = await addDream(database, [])
    const pin = (choice: SessionChoice) =>
      database.read((reader) => countSelected(reader, { choice }, 10))
    expect(await pin({ labels: { team: 'Ops' } })).toBe(2)
    expect(await pin({ labels })).toBe(1)
    expect(await pin({ labels: { team: 'No' } })).toBe(0)
    expect(await pin({ labels: { 'team":"Ops': '' } })).toBe(0)
    const found = await write(database, (writer) => pinSessions(writer, id, {}))
    expect(found).toBe(3)
    await database.read(async (reader) => {
      const pinned = (await listDreamSessions(reader, id)).map((one) => one.sessionId)
      expect(pinned).toEqual(['both', 'swapped', 'lower'].map(sessionId).toSorted())
      expect((await getDream(reader, id)).sessionCount).toBe(3)
      expect(await listSessionIds(reader, [id], 2)).toEqual(new Map([[id, pinned.slice(0, 2)]]))
    })
  })

  test('the store of a dream that may write into it is held by that one alone, until released', async () => {
    const database = fresh.database()
    const first = await addDream(database, [])
    const hold = (inputsHash: string) =>
      write(database, (writer) =>
        insertDream(writer, {
          inputStoreId: storeId,
          inputsHash,
          options: {},
          outputBehavior: 'update_existing',
          heldStoreId: storeId,
        }),
      )
    const holder = await hold('one')
    await expect(hold('two')).rejects.toThrow()
    expect(await database.read((reader) => findHolder(reader, storeId))).toEqual(holder)
    await write(database, (writer) => releaseStore(writer, holder.id))
    expect(await database.read((reader) => findHolder(reader, storeId))).toBeNull()
    expect((await hold('three')).ordinal).toBe(first.ordinal + 2)
  })

  test('an update changes what it names; the status that ends a dream says when', async () => {
    const database = fresh.database()
    const { id } = await addDream(database, [])
    await write(database, (writer) => updateDream(writer, id, { status: 'running' }))
    await write(database, (writer) => updateDream(writer, id, { mined: { sessions: 2 } }))
    await write(database, (writer) => updateDream(writer, id, { reconciled: { conflicts: [] } }))
    fresh.time.ms += 5_000
    await write(database, (writer) =>
      updateDream(writer, id, { status: 'completed', outputStoreId: storeId, report: { n: 1 } }),
    )
    expect(await database.read((reader) => getDream(reader, id))).toMatchObject({
      status: 'completed',
      mined: { sessions: 2 },
      reconciled: { conflicts: [] },
      report: { n: 1 },
      outputStoreId: storeId,
      error: null,
      endedAt: '2026-11-24T04:00:05.000Z',
    })
  })

  test('a dream that has ended takes no more updates', async () => {
    const database = fresh.database()
    const { id } = await addDream(database, [])
    const error = { type: 'internal_error', message: 'no' }
    await write(database, (writer) => updateDream(writer, id, { status: 'failed', error }))
    const later = write(database, (writer) => updateDream(writer, id, { status: 'running' }))
    await expect(later).rejects.toMatchObject({ code: 'conflict' })
    expect(await database.read((reader) => getDream(reader, id))).toMatchObject({ error })
  })

  test('lists newest first, and finds the dreams over the same inputs', async () => {
    const database = fresh.database()
    const first = await addDream(database, [], 'same')
    const second = await addDream(database, [], 'other')
    const third = await addDream(database, [], 'same')
    await database.read(async (reader) => {
      expect(await listDreams(reader, { limit: 2 })).toEqual([third, second])
      expect(await listDreams(reader, { limit: 2, after: second })).toEqual([first])
      const same = await listDreams(reader, { limit: 9, filter: { inputsHash: 'same' } })
      expect(same).toEqual([third, first])
      expect(await listDreams(reader, { limit: 9, filter: { statuses: ['failed'] } })).toEqual([])
    })
  })
}

function describeResults(fresh: Fresh): void {
  test('findings come back in order, with their evidence exactly as quoted', async () => {
    const database = fresh.database()
    const { id: dreamId } = await addDream(database, [])
    const findings = ['b', 'a', 'c'].map((key) => ({
      id: makeId('fnd', hash, [dreamId, key]),
      finding: makeFinding(key),
    }))
    await write(database, (writer) => insertFindings(writer, dreamId, findings))
    const expected = findings.map((finding, ordinal) => ({ ...finding, dreamId, ordinal }))
    await database.read(async (reader) => {
      expect(await listFindings(reader, dreamId)).toEqual(expected)
      expect(await getFinding(reader, makeId('fnd', hash, [dreamId, 'a']))).toEqual(expected[1])
      const missing = getFinding(reader, makeId('fnd', hash, ['no']))
      await expect(missing).rejects.toMatchObject({ code: 'not_found' })
    })
  })

  test('changes come back in order, proposed, with edits and evidence exactly as given', async () => {
    const database = fresh.database()
    const { id: dreamId } = await addDream(database, [])
    const changes = ['b', 'a'].map((key) => ({
      id: makeId('chg', hash, [dreamId, key]),
      change: makeChange(key),
      baseVersionId: null,
    }))
    await write(database, (writer) => insertChanges(writer, dreamId, changes))
    const expected = changes.map((change, ordinal) => ({
      ...change,
      dreamId,
      ordinal,
      status: 'proposed',
      round: 0,
      statusReason: null,
    }))
    expect(await database.read((reader) => listChanges(reader, dreamId))).toEqual(expected)
  })

  test('a change moves on only from the status that the caller saw', async () => {
    const database = fresh.database()
    const { id: dreamId } = await addDream(database, [])
    const id = makeId('chg', hash, [dreamId, 'a'])
    const change = { id, change: makeChange('a'), baseVersionId: null }
    await write(database, (writer) => insertChanges(writer, dreamId, [change]))
    const accept = () =>
      write(database, (writer) =>
        updateChangeStatus(writer, id, { from: 'proposed', to: 'accepted' }),
      )
    await accept()
    await expect(accept()).rejects.toMatchObject({ code: 'conflict' })
    expect((await database.read((reader) => getChange(reader, id))).status).toBe('accepted')
  })

  test('a finding may have more quotes than one statement has variables', async () => {
    const database = fresh.database()
    const { id: dreamId } = await addDream(database, [])
    const evidence = Array.from({ length: 5_000 }, (_, index) => makeEvidence(String(index)))
    const finding = { ...makeFinding('a'), evidence }
    const id = makeId('fnd', hash, [dreamId, 'a'])
    await write(database, (writer) => insertFindings(writer, dreamId, [{ id, finding }]))
    const [stored] = await database.read((reader) => listFindings(reader, dreamId))
    expect(stored?.finding.evidence).toEqual(evidence)
  })
}

function describeDigests(fresh: Fresh): void {
  test('a digest is found by transcript and digester version, and by nothing less', async () => {
    const database = fresh.database()
    const one = makeDigest('one', 'h1')
    await database.scratch(async (scratch) => insertDigests(scratch, [packDigests([one], 1)]))
    const sessions = [
      { sessionId: sessionId('two'), transcriptHash: 'h1' },
      { sessionId: sessionId('one'), transcriptHash: 'h2' },
      { sessionId: sessionId('one'), transcriptHash: 'h1' },
    ]
    await database.read(async (reader) => {
      const missing = await findMissingDigests(reader, { sessions, digesterVersion: 1 })
      expect(missing).toEqual(sessions.slice(0, 2))
      expect(await findMissingDigests(reader, { sessions, digesterVersion: 2 })).toEqual(sessions)
      const listed = listPackedTraces(reader, { sessions, digesterVersion: 1 })
      expect(await collect(listed)).toEqual([one.trace])
    })
  })

  test('a transcript is read whole, in order, as far as it is pinned', async () => {
    const database = fresh.database()
    const ids = [await storeSession(database, 'one'), await storeSession(database, 'two')]
    await database.read(async (reader) => {
      const refs = ids.map((id) => ({ sessionId: id, transcriptHash: 'none', eventCount: 2 }))
      expect((await listReadable(reader, refs)).map(({ events }) => events)).toEqual([0, 0])
      const stored = await Promise.all(ids.map((id) => getSession(reader, id)))
      const pinned = stored.map(({ session, transcriptHash }) => ({
        sessionId: session.id,
        transcriptHash,
        eventCount: 2,
      }))
      const readable = await listReadable(reader, pinned)
      expect(readable.map(({ session, events }) => [session.id, events])).toEqual(
        ids.map((id) => [id, 3]),
      )
      const texts = await readEventTexts(
        reader,
        readable.map(({ transcriptId }) => transcriptId),
      )
      for (const { transcriptId, end } of readable) {
        const read = texts.get(transcriptId)
        expect(read && parseEventTexts(read, end).map(({ seq }) => seq)).toEqual([0, 1])
        expect(read && parseEventTexts(read, 9).map(({ seq }) => seq)).toEqual([0, 1, 2])
      }
    })
  })

  test('traces come back as they were, of the sessions asked for and no others, each once', async () => {
    const database = fresh.database()
    const digests = Array.from({ length: 150 }, (_, index) => makeDigest(`s${index}`, 'h'))
    const batches = [digests.slice(0, 64), digests.slice(64)].map((some) => packDigests(some, 1))
    await database.scratch((scratch) => insertDigests(scratch, batches))
    await database.scratch((scratch) => insertDigests(scratch, batches.slice(0, 1)))
    const wanted = digests.filter((_, index) => index % 3 === 0)
    const sessions = wanted
      .map(({ trace, transcriptHash }) => ({ sessionId: trace.sessionId, transcriptHash }))
      .toReversed()
    await database.read(async (reader) => {
      const listed = listPackedTraces(reader, { sessions, digesterVersion: 1 })
      expect(await collect(listed)).toEqual(wanted.map(({ trace }) => trace))
    })
  })
}

const storeId = makeId('memstore', hash, ['store'])

async function addDream(database: Database, keys: readonly string[], inputsHash = 'inputs') {
  for (const key of keys) await storeSession(database, key)
  return write(database, async (writer) => {
    const known = await writer.read
      .selectFrom('memory_stores')
      .select('id')
      .where('id', '=', storeId)
      .executeTakeFirst()
    if (!known) await changeSomething(writer, 'store')
    const sessions = keys.map((key) => ({ sessionId: sessionId(key), transcriptHash: 'h' }))
    const dream = await insertDream(writer, {
      inputStoreId: storeId,
      inputsHash,
      options: { engine: 'x' },
    })
    await insertDreamSessions(writer, dream.id, sessions)
    return getDream(writer, dream.id)
  })
}

const makeEvidence = (text: string): Evidence => ({
  sessionId: sessionId('one'),
  eventId: eventId('one', 0),
  start: 0,
  end: text.length,
  text,
  polarity: 'supports',
  taint: 'first_party_tool',
})

const makeFinding = (key: string): Finding => ({
  key,
  kind: 'step_outcome',
  title: `Finding ${key}`,
  taskType: null,
  grade: 'C',
  sessionsWith: 3,
  sessionsWithout: 4,
  effect: null,
  support: { sessions: 3, tasks: 2, principals: 1, largestShare: 1 },
  detail: { kind: 'step_outcome', tool: 'cancel', event: 'called', presence: 'present' },
  evidence: [makeEvidence('half \ud83c'), makeEvidence('NUL \0')],
})

const makeChange = (key: string): ProposedChange => ({
  key,
  operation: 'add',
  path: '/a.md',
  baseSha256: null,
  edits: [{ start: 0, before: '', after: '- a\n' }],
  leaves: 'content',
  before: null,
  after: '- a',
  rationale: 'because',
  grade: 'D',
  findingKeys: ['a'],
  evidence: [makeEvidence('quote')],
  trust: { taint: 'agent', quarantine: [{ rule: 'uncorroborated', explanation: 'One.' }] },
})

const makeDigest = (key: string, transcriptHash: string): Digest => ({
  transcriptHash,
  digesterVersion: 1,
  trace: {
    sessionId: sessionId(key),
    agent: makeSession(key).agent,
    task: makeSession(key).task,
    principal: null,
    startedAt: null,
    steps: [
      {
        index: 0,
        at: 3,
        tool: 'pay',
        act: 'pay',
        status: 'error',
        error: 'no such card <NUM>',
        call: 0,
        resource: -1,
        result: 0,
        resultAt: 4,
        source: null,
        changesState: true,
        reverts: false,
        resultTokens: 7,
        used: null,
        seconds: 1.5,
        args: { '/card': '"1"' },
      },
      {
        index: 1,
        at: 5,
        tool: 'read',
        act: 'read cards',
        status: 'ok',
        error: null,
        call: 1,
        resource: 0,
        result: 1,
        resultAt: 6,
        source: 'docs/cards.md',
        changesState: false,
        reverts: true,
        resultTokens: 70,
        used: 0.25,
        seconds: null,
        args: null,
      },
    ],
    turns: [{ at: 1, afterStep: -1, kind: 'message', score: 0, agrees: false }],
    sayings: [
      { at: 6, afterStep: 1, asks: true, handsOver: false, promises: ['pay'], wrongSum: false },
    ],
    compactions: [4],
    intent: ['card'],
    observations: [{ step: 1, entity: 'HAT1', attribute: 'seats', value: '4' }],
    observationsLeftOut: 2,
    stopReason: null,
    usage: { inputTokens: 1, outputTokens: 2 },
    seconds: null,
  },
})

async function collect(batches: AsyncIterable<StoredTraces>): Promise<Digest['trace'][]> {
  const all: Digest['trace'][] = []
  const lexicon = new Lexicon()
  for await (const batch of batches) {
    for (const { trace } of unpackStoredTraces(batch, lexicon)) {
      const { steps, observations } = trace
      all.push({ ...trace, steps, observations })
    }
  }
  return all
}
