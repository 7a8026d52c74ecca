import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DreamId, MemoryId, MemoryStoreId, SessionId } from '../../src/core/ids.ts'
import { dream } from '../../src/pipeline/dream.ts'
import { listChanges } from '../../src/storage/changes.ts'
import { listCritiques } from '../../src/storage/judgements.ts'
import { insertMemory } from '../../src/storage/memories.ts'
import { asking } from '../_dreamt.ts'
import { startTestServer, type TestServer } from '../_server.ts'

let server: TestServer
beforeEach(async () => {
  server = await startTestServer()
})
afterEach(() => server.stop())

const old = '- Refund time: 5 days (as of 2026-01-01)'
const note = '- Refund time: 7 days (as of 2026-06-01)'
const operator = { type: 'user', id: 'test' } as const

/** A rule of the operator and, in another memory, what an agent noted of it later. */
async function makeStore() {
  const client = server.client()
  const store = await client.beta.memoryStores.create({ name: 'rules' })
  const storeId = store.id as MemoryStoreId
  await client.beta.memoryStores.memories.create(storeId, {
    path: '/rules.md',
    content: `# Refunds\n\n${old}\n`,
  })
  const { id } = await server.context.database.write(operator, async (writer) => {
    const made = await insertMemory(writer, {
      storeId,
      path: '/notes.md',
      content: `# Refunds\n\n${note}\n- Bags cost 50 USD.\n`,
      sessionId: 'sesn_agent' as SessionId,
    })
    await writer.audit({ action: 'memory.created', objectType: 'memory', objectId: made.id })
    return made
  })
  return { storeId, memoryId: id as MemoryId }
}

async function dreamOver(storeId: MemoryStoreId) {
  const { report } = await dream(server.context, { storeId, filter: {}, actor: operator }, () => {})
  const { database } = server.context
  return database.read(async (reader) => {
    const changes = await listChanges(reader, report.dreamId as DreamId)
    const found = changes.find(({ change }) => change.operation === 'supersede')
    return found ? { found, critiques: await listCritiques(reader, found) } : null
  })
}

const endorsePath = (storeId: string, memoryId: string) =>
  `/lucid/v1/memory_stores/${storeId}/memories/${memoryId}/endorse`

const body = { person: 'Ann Lee', reason: 'checked with finance', text: note }

async function post(path: string, given: object, key = server.key) {
  const response = await server.fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify(given),
  })
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
  return { status: response.status, json: (await response.json()) as any }
}

const shaOf = async (storeId: MemoryStoreId, memoryId: MemoryId) =>
  (
    await server
      .client()
      .beta.memoryStores.memories.retrieve(memoryId, { memory_store_id: storeId })
  ).content_sha256

describe('an endorsement', () => {
  it('raises the taint of a line for later dreams and their panel, until the line changes', async () => {
    const { storeId, memoryId } = await makeStore()
    expect(await dreamOver(storeId)).toBeNull()

    const reviewer = await server.makeKey('review')
    const content_sha256 = await shaOf(storeId, memoryId)
    const done = await post(endorsePath(storeId, memoryId), { ...body, content_sha256 }, reviewer)
    expect(done).toMatchObject({
      status: 200,
      json: { taint_before: 'agent', taint: 'operator', whole: false, lines: 1, voided_at: null },
    })
    const audited = await server.context.database.read((reader) =>
      reader.read
        .selectFrom('audit_records')
        .select(['action', 'object_id', 'actor_type'])
        .where('action', '=', 'memory.endorsed')
        .execute(),
    )
    expect(audited).toEqual([
      {
        action: 'memory.endorsed',
        object_id: memoryId,
        actor_type: 'api_key',
      },
    ])
    const after = await dreamOver(storeId)
    expect(after?.found.change).toMatchObject({ before: old, trust: { taint: 'operator' } })
    expect(after?.critiques.find(({ critic }) => critic === 'taint')?.explanation).toBe(
      'Nothing in it comes from below operator.',
    )

    await server.client().beta.memoryStores.memories.update(memoryId, {
      memory_store_id: storeId,
      content: `# Refunds\n\n${note}!\n`,
    })
    expect(
      await asking(server).get(`/lucid/v1/memory_stores/${storeId}/endorsements`),
    ).toMatchObject({ data: [{ id: done.json.id, void_reason: 'the text was changed' }] })
    expect(await dreamOver(storeId)).toBeNull()
  }, 60_000)

  it('of a whole memory ends with any change of it; one of a line outlives other lines', async () => {
    const { storeId, memoryId } = await makeStore()
    const content_sha256 = await shaOf(storeId, memoryId)
    const { text: _, ...whole } = body
    for (const given of [whole, { ...body, taint: 'user' }]) {
      const { status } = await post(endorsePath(storeId, memoryId), { ...given, content_sha256 })
      if (given === whole) expect(status).toBe(200)
      else expect(status).toBe(400)
    }
    await server.client().beta.memoryStores.memories.update(memoryId, {
      memory_store_id: storeId,
      content: `# Refunds\n\n${note}\n`,
    })
    const sha = await shaOf(storeId, memoryId)
    expect(
      (await post(endorsePath(storeId, memoryId), { ...body, content_sha256: sha })).status,
    ).toBe(200)
    await server.client().beta.memoryStores.memories.update(memoryId, {
      memory_store_id: storeId,
      content: `# Refunds\n\n${note}\n- Seats are free.\n`,
    })
    const { data } = await asking(server).get(`/lucid/v1/memory_stores/${storeId}/endorsements`)
    expect(
      data.map((one: { whole: boolean; voided_at: string | null }) => [
        one.whole,
        one.voided_at !== null,
      ]),
    ).toEqual([
      [false, false],
      [true, true],
    ])
  }, 60_000)

  it('is refused without the scope, for another text than was read, and for words that do not stand there', async () => {
    const { storeId, memoryId } = await makeStore()
    const content_sha256 = await shaOf(storeId, memoryId)
    const path = endorsePath(storeId, memoryId)
    const writer = await server.makeKey('memory:write', 'ingest')
    expect((await post(path, { ...body, content_sha256 }, writer)).status).toBe(403)
    expect(
      (await post(path, { ...body, content_sha256: '0'.repeat(64) })).json.error.message,
    ).toContain('not the text that was read')
    const other = await post(path, { ...body, text: '- Refund time', content_sha256 })
    expect(other.json.error.message).toContain('text: is not made of whole lines')
    expect((await post(path, { ...body, person: '', content_sha256 })).status).toBe(400)
  })
})
