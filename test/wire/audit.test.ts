import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import {
  auditCheckpoint,
  auditConsistency,
  auditProof,
  auditRecordPage,
} from '../../src/contract/lucid/audit.ts'
import { hashEntry } from '../../src/core/audit/entry.ts'
import { fromHex } from '../../src/core/audit/hex.ts'
import { verifyConsistency, verifyInclusion } from '../../src/core/audit/merkle.ts'
import { openCheckpoint, parseKey } from '../../src/core/audit/notary.ts'
import { sealTools } from '../../src/notary.ts'
import { startTestServer, type TestServer } from '../_server.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const bytes = (text: string) => Buffer.from(text, 'base64')

let server: TestServer
let storeId = ''
beforeAll(async () => {
  server = await startTestServer()
  const client = server.client()
  storeId = (await client.beta.memoryStores.create({ name: 'audited' })).id
  for (let index = 0; index < 12; index += 1) {
    await client.beta.memoryStores.memories.create(storeId, {
      path: `/note ${index}.md`,
      content: `note ${index}`,
    })
  }
})
afterAll(() => server.stop())

async function get<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
  const response = await server.fetch(`/lucid/v1/${path}`)
  expect(response.status).toBe(200)
  return schema.parse(await response.json())
}

async function refused(path: string, key = server.key) {
  const response = await server.fetch(`/lucid/v1/${path}`, { headers: { 'x-api-key': key } })
  const { error } = (await response.json()) as { error: { message: string } }
  return { status: response.status, message: error.message }
}

describe('audit records', () => {
  it('are listed newest first, page by page, each of them once', async () => {
    const all = await get('audit_records?limit=1000', auditRecordPage)
    const seqs = all.data.map(({ seq }) => seq)
    expect(seqs).toEqual(seqs.map((_, index) => seqs.length - index))
    const paged: number[] = []
    let next = ''
    for (;;) {
      const page = await get(`audit_records?limit=5${next}`, auditRecordPage)
      paged.push(...page.data.map(({ seq }) => seq))
      if (page.next_page === null) break
      next = `&page=${page.next_page}`
    }
    expect(paged).toEqual(seqs)
  })

  it('show who did what to which object when, and what of the content was logged', async () => {
    const { data } = await get('audit_records?action=memory.created', auditRecordPage)
    expect(data).toHaveLength(12)
    expect(data[0]).toMatchObject({
      type: 'audit_record',
      actor: { type: 'api_key' },
      action: 'memory.created',
      object_type: 'memory',
      before_sha256: null,
      after_sha256: hash('note 11'),
      reason: null,
    })
    for (const { entry, leaf, salt, after_sha256 } of data) {
      expect(leaf).toBe(hashEntry(hash, entry))
      const commitment = hash(`lucidream audit after\n${salt}\n${after_sha256}`)
      expect(JSON.parse(entry).after).toBe(commitment)
    }
  })

  it('are found by object, actor, action and time', async () => {
    const count = async (query: string) =>
      (await get(`audit_records?limit=1000&${query}`, auditRecordPage)).data.length
    const { data } = await get('audit_records?limit=1000', auditRecordPage)
    const last = data[0]
    const made = data.find(({ action }) => action === 'memory_store.created')
    if (!last || !made) throw new Error('There are no records.')
    expect(await count(`object_type=memory_store&object_id=${storeId}`)).toBe(1)
    expect(await count(`actor_id=${last.actor.id}`)).toBe(13)
    expect(await count('actor_id=nobody')).toBe(0)
    expect(await count('action=memory_store.created')).toBe(1)
    expect(await count(`created_at[lt]=${data.at(-1)?.created_at}`)).toBe(0)
    expect(await count(`created_at[gte]=${data.at(-1)?.created_at}`)).toBe(data.length)
    expect(await count(`created_at[gt]=${last.created_at}`)).toBe(0)
    const both = `action=memory.created&created_at[gte]=${made.created_at}&actor_id=${last.actor.id}`
    expect(await count(both)).toBe(12)
  })

  it('tell nothing more of a content once its version was redacted, and prove what they did', async () => {
    const { memories, memoryVersions } = server.client().beta.memoryStores
    const content = 'to be forgotten'
    const memory = await memories.create(storeId, { path: '/forget.md', content })
    await memories.update(memory.id, { memory_store_id: storeId, content: 'something else' })
    const list = () => get(`audit_records?object_id=${memory.id}`, auditRecordPage)
    const before = await list()
    expect(before.data.map((one) => one.before_sha256)).toEqual([hash(content), null])
    const versionId = memory.memory_version_id
    await memoryVersions.redact(versionId, { memory_store_id: storeId })
    const after = await list()
    const erased = { before_sha256: null, after_sha256: null, reason: null, salt: null }
    expect(after.data).toEqual(before.data.map((one) => ({ ...one, ...erased })))
    for (const { entry, leaf } of after.data) expect(leaf).toBe(hashEntry(hash, entry))
  })

  it('and everything about their log need the scope review', async () => {
    const other = await server.makeKey('ingest', 'memory:read')
    const reviewer = await server.makeKey('review')
    const paths = [
      'audit_records',
      'audit/checkpoint',
      'audit/proof?seq=1',
      'audit/consistency?from=1',
    ]
    for (const path of paths) {
      expect((await refused(path, other)).status).toBe(403)
      const init = { headers: { 'x-api-key': reviewer } }
      expect((await server.fetch(`/lucid/v1/${path}`, init)).status).toBe(200)
    }
  })
})

describe('the checkpoint', () => {
  it('is signed over every record there is, and the same until there is another', async () => {
    const { data } = await get('audit_records?limit=1', auditRecordPage)
    const checkpoint = await get('audit/checkpoint', auditCheckpoint)
    expect(checkpoint.size).toBe(data[0]?.seq)
    const opened = openCheckpoint(sealTools, checkpoint.note, parseKey(sealTools, checkpoint.key))
    expect(opened).toMatchObject({ origin: checkpoint.origin, size: checkpoint.size })
    expect(Buffer.from(opened.root).toString('base64')).toBe(checkpoint.root)
    expect(await get('audit/checkpoint', auditCheckpoint)).toEqual(checkpoint)
  })
})

describe('proofs', () => {
  it('show that every record stands in the log of the checkpoint', async () => {
    const { size, root } = await get('audit/checkpoint', auditCheckpoint)
    for (let seq = 1; seq <= size; seq += 1) {
      const proof = await get(`audit/proof?seq=${seq}&size=${size}`, auditProof)
      expect(proof.root).toBe(root)
      expect(proof.leaf).toBe(hashEntry(hash, proof.entry))
      const given = {
        leaf: fromHex(proof.leaf),
        index: seq - 1,
        size,
        proof: proof.hashes.map(bytes),
        root: bytes(root),
      }
      expect(verifyInclusion(sealTools.hash, given)).toBe(true)
    }
  })

  it('show that the log only grew', async () => {
    const before = await get('audit/checkpoint', auditCheckpoint)
    await server.client().beta.memoryStores.create({ name: 'one more' })
    const after = await get('audit/checkpoint', auditCheckpoint)
    const path = `audit/consistency?from=${before.size}&to=${after.size}`
    const proof = await get(path, auditConsistency)
    expect([proof.from_root, proof.to_root]).toEqual([before.root, after.root])
    const given = {
      oldSize: before.size,
      oldRoot: bytes(before.root),
      size: after.size,
      root: bytes(after.root),
      proof: proof.hashes.map(bytes),
    }
    expect(verifyConsistency(sealTools.hash, given)).toBe(true)
  })

  it('beyond the end, of nothing, or the wrong way round are refused with what is there', async () => {
    const { size } = await get('audit/checkpoint', auditCheckpoint)
    expect(await refused(`audit/proof?seq=${size + 1}`)).toMatchObject({ status: 404 })
    expect((await refused(`audit/proof?seq=1&size=${size + 9}`)).message).toContain(String(size))
    expect(await refused('audit/proof?seq=3&size=2')).toMatchObject({ status: 400 })
    expect(await refused('audit/proof?seq=0')).toMatchObject({ status: 400 })
    expect(await refused('audit/proof?seq=x')).toMatchObject({ status: 400 })
    expect(await refused('audit/proof')).toMatchObject({ status: 400 })
    expect(await refused('audit/consistency?from=3&to=2')).toMatchObject({ status: 400 })
    expect(await refused(`audit/consistency?from=0&to=${size + 9}`)).toMatchObject({ status: 404 })
  })
})
