import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { joinPending } from '../../src/pipeline/join-sessions.ts'
import { receiveDelivery } from '../../src/pipeline/receive/receive.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { ingest, post } from './_sessions.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const send = async (source: string, key: string, subjects: object[]) => {
  const signal = { source, idempotency_key: key, kind: 'ci', success: true, subjects }
  const { body } = await post<{ data: { state: string }[] }>(server, '/lucid/v1/outcome_signals', {
    signals: [signal],
  })
  expect(body.data).toMatchObject([{ state: 'stored' }])
}
const scrape = async (name: string) => {
  const text = await (await server.fetch('/metrics')).text()
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .sort()
}

it('monitoring sees signals by source and by whether they joined, receipts by source and result', async () => {
  const { id } = await ingest(server, 'first', {
    started_at: '2026-03-01T10:00:00Z',
    metadata: { actor: 'robin', repository: 'acme/app' },
  })
  await joinPending(server.context)
  await send('builds', '1', [{ type: 'session_id', value: id }])
  await send('builds', '2', [{ type: 'thread_id', value: 'to come' }])
  await post(server, '/lucid/v1/outcome_signals', {
    signals: [
      {
        source: 'desk',
        idempotency_key: '3',
        kind: 'ci',
        success: true,
        decided_at: '2026-03-01T11:00:00Z',
        subjects: [
          { type: 'actor', value: 'robin' },
          { type: 'repository', value: 'acme/app' },
        ],
      },
    ],
  })
  const name = 'lucidream_outcome_signals'
  expect(await scrape(name)).toEqual([
    `${name}{source="builds",joined="session"} 1`,
    `${name}{source="builds",joined="unmatched"} 1`,
    `${name}{source="desk",joined="without_session"} 1`,
  ])
  // The session comes: what waited is joined.
  await ingest(server, 'second', { metadata: { thread_id: 'to come' } })
  await joinPending(server.context)
  expect(await scrape(name)).toEqual([
    `${name}{source="builds",joined="session"} 2`,
    `${name}{source="builds",joined="unmatched"} 0`,
    `${name}{source="desk",joined="without_session"} 1`,
  ])

  const { body: source } = await post<{ path: string; secret: string }>(
    server,
    '/lucid/v1/webhook_sources',
    { name: 'acme', provider: 'github' },
  )
  const deliver = (given: object, secret = source.secret) => {
    const body = JSON.stringify({ repository: { full_name: 'acme/app' }, ...given })
    const headers = {
      'content-type': 'application/json',
      'x-github-event': 'status',
      'x-github-delivery': JSON.stringify(given).slice(0, 60),
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    }
    return fetch(`${server.url}${source.path}`, { method: 'POST', headers, body })
  }
  await deliver({ state: 'success', sha: 'a1b2c3d4' })
  await deliver({ state: 'pending', sha: 'a1b2c3d4' })
  await deliver({ state: 'success' }, 'not the secret at all')
  const receipts = 'lucidream_webhook_receipts'
  expect(await scrape(receipts)).toEqual([
    `${receipts}{source="acme",result="received"} 2`,
    `${receipts}{source="acme",result="refused"} 1`,
  ])
  const { jobs } = server.context
  for (let count = 0; count < 2; count += 1) {
    const job = await jobs.claim({ owner: 'test', leaseMs: 60_000, kinds: ['receive'] })
    if (job) await receiveDelivery(server.context, job)
  }
  expect(await scrape(receipts)).toEqual([
    `${receipts}{source="acme",result="ignored"} 1`,
    `${receipts}{source="acme",result="mapped"} 1`,
    `${receipts}{source="acme",result="received"} 0`,
    `${receipts}{source="acme",result="refused"} 1`,
  ])
})

it('monitoring sees no more than 150 rows of sources, and the others together', async () => {
  for (let source = 0; source < 160; source += 1) await send(`flood-${source}`, '1', [])
  const rows = await scrape('lucidream_outcome_signals')
  expect(rows.length).toBeLessThanOrEqual(153)
  const sum = rows.reduce((total, row) => total + Number(row.split(' ').at(-1)), 0)
  const stored = await server.context.database.read((reader) =>
    reader.read
      .selectFrom('outcome_signals')
      .select((select) => select.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow(),
  )
  expect(sum).toBe(Number(stored.count))
  expect(rows.some((row) => row.includes('source="(other)",joined="unmatched"'))).toBe(true)
  // What triggers count is what is there.
  const tallied = await server.context.database.read((reader) =>
    reader.read
      .selectFrom('tallies')
      .selectAll()
      .where('what', '=', 'signals')
      .where('name', '<>', '*')
      .execute(),
  )
  const bySource = await server.context.database.read((reader) =>
    reader.read
      .selectFrom('outcome_signals')
      .select(['source', (select) => select.fn.countAll<number>().as('count')])
      .groupBy('source')
      .execute(),
  )
  for (const { source, count } of bySource) {
    const own = tallied.filter(({ name }) => name === source)
    expect(own.reduce((total, one) => total + Number(one.count), 0)).toBe(Number(count))
  }
})
