import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OutcomeSignalOnWire } from '../../src/contract/lucid/outcome-signals.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { ingest, post } from './_sessions.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const base = '/lucid/v1/outcome_signals'
interface Receipt {
  readonly state: string
  readonly id: string
  readonly joins: number
  readonly field: string | null
  readonly reason: string | null
}
const send = async (signals: readonly object[]) => {
  const { status, body } = await post<{ data: Receipt[] }>(server, base, { signals })
  expect(status).toBe(200)
  return body.data
}
const get = async <T>(path: string) => (await (await server.fetch(path)).json()) as T
const getSignal = (id: string) => get<OutcomeSignalOnWire>(`${base}/${id}`)
const fact = (key: string, given: object = {}) => ({
  source: 'desk',
  idempotency_key: key,
  kind: 'csat',
  value: 0.75,
  success: true,
  ...given,
})

describe('outcome signals over the wire', () => {
  it('are stored once a key, and one of other content is named a conflict', async () => {
    const { id } = await ingest(server, 'outcome 1')
    const given = fact('a', { session_id: id })
    const [first] = await send([given])
    expect(first).toMatchObject({ state: 'stored', joins: 1 })
    const again = await send([given, fact('a', { session_id: id, value: 0 }), fact('b'), fact('b')])
    expect(again.map(({ state }) => state)).toEqual(['known', 'conflict', 'stored', 'known'])
    expect(again[1]?.reason).toContain('idempotency_key')
    const stored = await getSignal(first?.id ?? '')
    expect(stored).toMatchObject({
      session_id: id,
      value: 0.75,
      polarity: 'good',
      signed: false,
      joins: [{ session_id: id, via: 'session_id', confidence: 'exact' }],
      unmatched_reason: null,
    })
  })

  it('are refused one by one, with the field and the limit', async () => {
    const answers = await send([
      fact('c1'),
      fact('c2', { value: 2 }),
      { source: 'desk' },
      7 as never,
    ])
    expect(answers.map(({ state, field }) => [state, field])).toEqual([
      ['stored', null],
      ['refused', 'value'],
      ['refused', 'idempotency_key'],
      ['refused', null],
    ])
    expect(answers[1]?.reason).toContain('at most 1')
    const many = Array.from({ length: 1_001 }, (_, index) => fact(`m${index}`))
    expect((await post(server, base, { signals: many })).status).toBe(400)
    const slash = await send([fact('x', { source: 'receiver/github' })])
    expect(slash[0]).toMatchObject({ state: 'refused', field: 'source' })
  })

  it('are stored without secrets and persons', async () => {
    const token = `ghp_${'a1B2'.repeat(9)}`
    const [one] = await send([
      fact('secret', {
        explanation: `write to ann@example.com, the token is ${token}`,
        components: { note: `call ann@example.com` },
        principal: 'ann@example.com',
        subjects: [{ type: 'ticket', value: 'T-1' }],
      }),
    ])
    const text = JSON.stringify(await getSignal(one?.id ?? ''))
    expect(text).not.toContain('ann@example.com')
    expect(text).not.toContain(token)
    expect(text).toContain('<personal:email:')
  })

  it('are listed newest first by source, kind, session and time, a page at a time', async () => {
    const { id } = await ingest(server, 'outcome 2')
    const many = Array.from({ length: 5 }, (_, index) =>
      fact(`page ${index}`, { source: 'paged', kind: index === 0 ? 'ci' : 'csat', session_id: id }),
    )
    await send(many)
    const seen: string[] = []
    let page = ''
    do {
      const answer = await get<{ data: OutcomeSignalOnWire[]; next_page: string | null }>(
        `${base}?source=paged&kind=csat&session_id=${id}&limit=3${page}`,
      )
      seen.push(...answer.data.map((one) => one.idempotency_key ?? ''))
      page = answer.next_page === null ? '' : `&page=${answer.next_page}`
    } while (page !== '')
    expect(seen.sort()).toEqual(['page 1', 'page 2', 'page 3', 'page 4'])
    const none = await get<{ data: unknown[] }>(
      `${base}?source=paged&created_at[gt]=2100-01-01T00:00:00Z`,
    )
    expect(none.data).toEqual([])
  })

  it('wait in a queue with the reason where nothing is known of their session', async () => {
    const { id } = await ingest(server, 'outcome 3')
    await send([
      fact('u1', { source: 'lost', subjects: [{ type: 'github.pr', value: 'a/b#1' }] }),
      fact('u2', { source: 'lost', session_id: 'sesn_none' }),
      fact('u3', { source: 'lost' }),
      fact('u4', { source: 'lost', session_id: id }),
      fact('u5', { source: 'lost', subjects: [{ type: 'exposure_id', value: 'expo_none' }] }),
    ])
    const queue = await get<{ data: OutcomeSignalOnWire[] }>(`${base}/unmatched?source=lost`)
    const reasons = Object.fromEntries(
      queue.data.map((one) => [one.idempotency_key, one.unmatched_reason]),
    )
    expect(reasons).toEqual({
      u1: 'key_unknown',
      u2: 'session_unknown',
      u3: 'no_subject',
      u5: 'exposure_unknown',
    })
    const rates = await get<{ data: { source: string }[] }>(`${base}/match_rates`)
    expect(rates.data.find(({ source }) => source === 'lost')).toEqual({
      source: 'lost',
      signals: 5,
      exact: 1,
      strong: 0,
      weak: 0,
      unmatched: 4,
      match_rate: 0.2,
      unmatched_reasons: { exposure_unknown: 1, key_unknown: 1, no_subject: 1, session_unknown: 1 },
    })
  })

  it('need the scope outcomes', async () => {
    const key = await server.makeKey('ingest')
    const response = await server.fetch(base, {
      method: 'POST',
      body: JSON.stringify({ signals: [fact('no')] }),
      headers: { 'x-api-key': key },
    })
    expect(response.status).toBe(403)
  })
})
