import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expireBodies } from '../../src/pipeline/expire-bodies.ts'
import { joinPending } from '../../src/pipeline/join-sessions.ts'
import { receiveDelivery } from '../../src/pipeline/receive/receive.ts'
import { findWords } from '../_rows.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { ingest, post } from './_sessions.ts'

let server: TestServer
/** Milliseconds by which the server's clock is ahead of this process's. */
let ahead = 0
beforeAll(async () => {
  server = await startTestServer({}, () => Date.now() + ahead)
})
afterAll(() => server.stop())

const dayMs = 86_400_000

interface Receipt {
  readonly id: string
  readonly state: string
  readonly body: string
  readonly body_gone_at: string | null
  readonly body_base64: string | null
  readonly body_bytes: number
  readonly headers: object
}
interface Source {
  readonly id: string
  readonly path: string
  readonly secret: string
}

const add = async (name: string) => {
  const { body } = await post<Source>(server, '/lucid/v1/webhook_sources', {
    name,
    provider: 'github',
  })
  return body
}
const show = async (id: string) =>
  (await (await server.fetch(`/lucid/v1/webhook_receipts/${id}`)).json()) as Receipt

async function send({ path, secret }: Source, delivery: string, given: object) {
  const pull = { number: 7, merged: true, merged_at: '2026-11-20T10:00:00Z', ...given }
  const body = JSON.stringify({
    action: 'closed',
    repository: { full_name: 'acme/app' },
    pull_request: pull,
  })
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot',
    'x-github-event': 'pull_request',
    'x-github-delivery': delivery,
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }
  const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body })
  return { status: response.status, ...((await response.json()) as Receipt) }
}

/** Maps every delivery that waits, as a worker would. */
async function work(): Promise<void> {
  const { jobs } = server.context
  for (;;) {
    const job = await jobs.claim({ owner: 'test', leaseMs: 60_000, kinds: ['receive'] })
    if (!job) return
    await receiveDelivery(server.context, job)
  }
}

const replay = (id: string) => post<object>(server, `/lucid/v1/webhook_receipts/${id}/replay`, {})
const auditsOf = async (action: string) => {
  const rows = await server.context.database.read((reader) =>
    reader.read.selectFrom('audit_records').selectAll().where('action', '=', action).execute(),
  )
  return rows.length
}

describe('the raw body of a delivery', () => {
  it('expires after the days that it is kept, recorded; its row and hash stay, and replay says that it is gone', async () => {
    const source = await add('expiring')
    const old = await send(source, 'd-1', { title: 'an old one' })
    await work()
    ahead += 29 * dayMs
    expect(await expireBodies(server.context)).toBe(0)
    const young = await send(source, 'd-2', { title: 'a young one' })
    const waiting = await send(source, 'd-3', { title: 'one that waits' })
    ahead += 2 * dayMs
    expect(await auditsOf('webhook_receipt.bodies_expired')).toBe(0)
    expect(await expireBodies(server.context)).toBe(1)
    expect(await expireBodies(server.context)).toBe(0)
    expect(await auditsOf('webhook_receipt.bodies_expired')).toBe(1)
    const gone = await show(old.id)
    expect(gone).toMatchObject({ state: 'mapped', body: 'expired', body_base64: null })
    expect(gone.body_bytes).toBeGreaterThan(10)
    expect(gone.body_gone_at).not.toBeNull()
    expect(await findWords(server.context.database, ['an old one'])).toMatchObject([
      { table: 'outcome_signals' },
    ])
    expect(await show(young.id)).toMatchObject({ body: 'kept', body_gone_at: null })
    // The same delivery is still known, by its hash.
    expect(await send(source, 'd-9', { title: 'an old one' })).toMatchObject({
      status: 200,
      id: old.id,
      state: 'known',
    })
    const refused = await replay(old.id)
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([
      409,
      expect.stringContaining('is gone: it expired at'),
    ])
    const tried = await post(server, `/lucid/v1/webhook_sources/${source.id}/test`, {
      webhook_receipt_id: old.id,
    })
    expect([tried.status, JSON.stringify(tried.body)]).toEqual([
      409,
      expect.stringContaining('expired'),
    ])
    // What waits to be mapped is never taken away, however old.
    ahead += 60 * dayMs
    expect(await expireBodies(server.context)).toBe(0)
    await work()
    expect(await show(waiting.id)).toMatchObject({ state: 'mapped', body: 'kept' })
    expect(await expireBodies(server.context)).toBe(2)
  })

  it('is erased with the session that its signals are about, and no other', async () => {
    const source = await add('erasing')
    const about = (id: string) => ({ body: `see ${id}` })
    const { id: subject } = await ingest(server, 'of zora', { principal: 'zora' })
    const { id: second } = await ingest(server, 'of ben', { principal: 'ben' })
    await joinPending(server.context)
    const both = `${about(second).body} and ${subject}`
    const one = await send(source, 'e/1', { title: 'quellmann asked', ...about(subject) })
    const other = await send(source, 'e/2', { title: 'somebody asked', ...about(second) })
    const shared = await send(source, 'e/3', { title: 'quellmann and ben', body: both })
    await work()
    expect(
      new Set((await findWords(server.context.database, ['quellmann'])).map(({ table }) => table)),
    ).toEqual(new Set(['webhook_receipts', 'outcome_signals']))
    const erased = await post(server, '/lucid/v1/erasures', {
      source: { type: 'principal', name: 'zora' },
      reason: 'asked for it',
    })
    expect(erased.status).toBe(200)
    expect(await findWords(server.context.database, ['quellmann'])).toEqual([])
    for (const { id } of [one, shared]) {
      expect(await show(id)).toMatchObject({ body: 'erased', body_base64: null, headers: {} })
      const refused = await replay(id)
      expect([refused.status, JSON.stringify(refused.body)]).toEqual([
        409,
        expect.stringContaining('was erased at'),
      ])
    }
    expect(await show(other.id)).toMatchObject({ body: 'kept' })
    expect(await auditsOf('webhook_receipt.bodies_erased')).toBe(1)
    // The sender tries once more: known, and nothing of it comes back.
    expect(
      await send(source, 'e/1', { title: 'quellmann asked', ...about(subject) }),
    ).toMatchObject({ status: 200, state: 'known' })
    expect(await findWords(server.context.database, ['quellmann'])).toEqual([])
  })
})
