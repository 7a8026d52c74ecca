import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MemoryStoreId, SessionId } from '../../src/core/ids.ts'
import { listChanges } from '../../src/storage/changes.ts'
import { listMemories } from '../../src/storage/memories.ts'
import { listEvents } from '../../src/storage/session-events.ts'
import { type DreamtServer, startDreamtServer } from '../_dreamt.ts'

let server: DreamtServer
beforeEach(async () => {
  server = await startDreamtServer()
}, 120_000)
afterEach(() => server.stop())

const post = (path: string, body: object) =>
  server.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
async function ask(path: string, body: object): Promise<any> {
  const response = await post(path, body)
  expect(response.status).toBe(200)
  return response.json()
}

/** The error that the dream quotes, with a session that it is quoted from. */
async function findQuoted() {
  const { database } = server.context
  const changes = await database.read((reader) => listChanges(reader, server.dreamId))
  const found = changes.find(({ change }) => change.after?.includes('refuses calls with'))
  const evidence = found?.change.evidence[0]
  if (!found || !evidence) throw new Error('The dream quotes no error.')
  return { change: found.change, sessionId: evidence.sessionId, quote: evidence.text }
}

/** One that runs and one that has ended, both over this change. */

const readOutput = () =>
  server.context.database.read((reader) =>
    listMemories(reader, server.outputStoreId as MemoryStoreId),
  )

describe('a revocation', () => {
  it('says what it would do, then retires what stands on the source, and keeps the record', async () => {
    const { change, sessionId } = await findQuoted()
    const line = change.after ?? ''
    const holding = async () => (await readOutput()).filter(({ content }) => content.includes(line))
    expect(await holding()).toHaveLength(1)
    const asked = { source: { type: 'sessions', ids: [sessionId] }, reason: 'a forged run' }
    const plan = await ask('/lucid/v1/revocations', { ...asked, dry_run: true })
    expect(plan).toMatchObject({ type: 'revocation', id: null, dry_run: true })
    expect(await holding()).toHaveLength(1)

    const done = await ask('/lucid/v1/revocations', asked)
    expect(done.report).toEqual({ ...plan.report })
    expect(done.report.sessions).toBe(1)
    expect(done.report.changes).toBeGreaterThan(0)
    expect(done.report.dreams).toEqual([server.dreamId])
    expect(done.report.memories).toContainEqual(
      expect.objectContaining({ path: change.path, memory_store_id: server.outputStoreId }),
    )
    expect(await holding()).toEqual([])
    const changes = await server.context.database.read((reader) =>
      listChanges(reader, server.dreamId),
    )
    expect(changes.find(({ change: { key } }) => key === change.key)?.status).toBe('rejected')
    expect(await server.get('/lucid/v1/revocations')).toMatchObject({
      data: [{ id: done.id, reason: 'a forged run' }],
    })
    const again = await ask('/lucid/v1/revocations', asked)
    expect(again.report.memories).toEqual([])
  })

  it('of a tool retires what was found of it, and leaves the sessions', async () => {
    const { change } = await findQuoted()
    const asked = { source: { type: 'tool', name: 'book_reservation' }, reason: 'a broken tool' }
    const { report } = await ask('/lucid/v1/revocations', asked)
    expect(report.sessions).toBe(0)
    expect(report.memories.map(({ path }: { path: string }) => path)).toContain(change.path)
  })

  it('leaves every memory that stands on nothing of it byte for byte', async () => {
    const before = await readOutput()
    const asked = { source: { type: 'principal', name: 'nobody' }, reason: 'a mistake' }
    const { report } = await ask('/lucid/v1/revocations', asked)
    expect(report).toMatchObject({ sessions: 0, changes: 0, memories: [] })
    expect(await readOutput()).toEqual(before)
  })

  it('is an administrator’s and names one source', async () => {
    const key = await server.makeKey('review', 'memory:write', 'ingest')
    const headers = { 'x-api-key': key, 'content-type': 'application/json' }
    const body = JSON.stringify({ source: { type: 'tool', name: 'x' }, reason: 'r' })
    const refused = await server.fetch('/lucid/v1/revocations', { method: 'POST', headers, body })
    expect(refused.status).toBe(403)
    expect(
      (await post('/lucid/v1/revocations', { source: { type: 'planet' }, reason: 'r' })).status,
    ).toBe(400)
    expect(
      (await post('/lucid/v1/erasures', { source: { type: 'tool', name: 'x' }, reason: 'r' }))
        .status,
    ).toBe(400)
  })
})

describe('an erasure', () => {
  it('takes the words out of transcripts, quotes, changes and versions, and leaves who did it', async () => {
    const { change, sessionId, quote } = await findQuoted()
    const asked = { source: { type: 'sessions', ids: [sessionId] }, reason: 'asked for it' }
    const done = await ask('/lucid/v1/erasures', asked)
    expect(done.report.redacted_versions).toBeGreaterThan(0)
    const { database } = server.context
    const changes = await database.read((reader) => listChanges(reader, server.dreamId))
    const left = changes.find(({ change: { key } }) => key === change.key)
    expect(left?.change).toMatchObject({ after: null, edits: [], rationale: 'Erased.' })
    const quotes = changes.flatMap((one) => one.change.evidence)
    expect(
      quotes.filter((one) => one.sessionId === (sessionId as SessionId) && one.text !== ''),
    ).toEqual([])
    expect((await readOutput()).some(({ content }) => content.includes(quote))).toBe(false)
    expect(
      await database.read((reader) => listEvents(reader, { sessionId, limit: 10 })),
    ).toMatchObject({
      events: [],
    })
    const audit = await database.read(async (reader) =>
      reader.read
        .selectFrom('audit_records')
        .select('action')
        .orderBy('seq', 'desc')
        .limit(1)
        .execute(),
    )
    expect(audit).toEqual([{ action: 'erasure.completed' }])
  })

  it('of a principal leaves the name nowhere that the subject’s own rows were', async () => {
    const { database } = server.context
    const { sessionId } = await findQuoted()
    const [{ principal } = { principal: null }] = await database.read(async (reader) =>
      reader.read.selectFrom('sessions').select('principal').where('id', '=', sessionId).execute(),
    )
    expect(principal).not.toBeNull()
    const asked = { source: { type: 'principal', name: principal }, reason: 'asked for it' }
    const done = await ask('/lucid/v1/erasures', asked)
    expect(done.report.sessions).toBeGreaterThan(0)
    expect(JSON.stringify(await server.get('/lucid/v1/erasures'))).not.toContain(principal)
    const rows = await database.read(async (reader) =>
      reader.read.selectFrom('sessions').select('id').where('principal', '=', principal).execute(),
    )
    expect(rows).toEqual([])
  })
})
