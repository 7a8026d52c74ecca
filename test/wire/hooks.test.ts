import { createHmac, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { receiveDelivery } from '../../src/pipeline/receive/receive.ts'
import { startTestServer, type TestServer } from '../_server.ts'

let server: TestServer
/** Milliseconds by which the server's clock is ahead of this process's. */
let ahead = 0
beforeAll(async () => {
  server = await startTestServer({}, () => Date.now() + ahead)
})
afterAll(() => server.stop())

interface Source {
  readonly id: string
  readonly secret: string
  readonly path: string
  readonly refused: readonly { readonly reason: string; readonly count: number }[]
}
interface Receipt {
  readonly id: string
  readonly state: string
  readonly reason: string | null
  readonly signals: number
  readonly signed: boolean
  readonly rounds: number
}

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await server.fetch(`/lucid/v1/${path}`, {
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

let made = 0
const add = (provider: string, more: object = {}) => {
  made += 1
  return call<Source>('POST', 'webhook_sources', { name: `source-${made}`, provider, ...more })
}
const show = ({ id }: { id: string }) => call<Receipt>('GET', `webhook_receipts/${id}`)

/** As a sender posts: without any key. */
const post = (
  path: string,
  headers: Record<string, string>,
  body: string | Uint8Array<ArrayBuffer>,
) => fetch(`${server.url}${path}`, { method: 'POST', headers, body })

const merged = (number: number, more: object = {}) =>
  JSON.stringify({
    action: 'closed',
    repository: { full_name: 'Acme/App' },
    pull_request: {
      number,
      merged: true,
      merged_at: '2026-11-20T10:00:00Z',
      merged_by: { login: 'ann' },
      title: 'Say the price',
      head: { sha: 'a'.repeat(40), ref: 'price' },
      ...more,
    },
  })

function fromGitHub(
  { path, secret }: Source,
  body: string,
  delivery: string = randomBytes(8).toString('hex'),
) {
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'pull_request',
    'x-github-delivery': delivery,
    'x-hub-signature-256': signature,
    cookie: 'session=1',
  }
  return post(path, headers, body)
}

const json = async <T>(response: Response) => (await response.json()) as T

/** Maps every delivery that waits, as a worker would. */
async function work(): Promise<void> {
  const { jobs } = server.context
  for (;;) {
    const job = await jobs.claim({ owner: 'test', leaseMs: 60_000, kinds: ['receive'] })
    if (!job) return
    await receiveDelivery(server.context, job)
  }
}

async function listSignals() {
  return server.context.database.read((reader) =>
    reader.read
      .selectFrom('outcome_signals')
      .selectAll()
      .where('source', 'like', 'receiver/%')
      .orderBy('idempotency_key')
      .execute(),
  )
}
const signalsOf = async ({ id }: Source) =>
  (await listSignals()).filter(({ idempotency_key }) => idempotency_key?.startsWith(id))

describe('a webhook that is signed', () => {
  it('is acknowledged, mapped once, and known when it comes again under any id', async () => {
    const source = await add('github')
    const body = merged(412)
    const first = await fromGitHub(source, body, 'd-1')
    expect(first.status).toBe(202)
    const receipt = await json<Receipt>(first)
    expect(await show(receipt)).toMatchObject({ state: 'received', signed: true })
    for (const id of ['d-1', 'd-2']) {
      const again = await fromGitHub(source, body, id)
      expect([again.status, await json(again)]).toEqual([
        200,
        { type: 'webhook_receipt', id: receipt.id, state: 'known' },
      ])
    }
    expect((await fromGitHub(source, merged(413), 'd-1')).status).toBe(200)
    await work()
    await work()
    expect(await show(receipt)).toMatchObject({ state: 'mapped', signals: 1, reason: null })
    const [signal, ...others] = await signalsOf(source)
    expect(others).toEqual([])
    expect(signal).toMatchObject({ kind: 'pr_merged', value: 1, success: 1, signed: 1 })
    expect(signal?.source).toMatch(/^receiver\/source-/)
    expect(JSON.parse(signal?.subjects ?? '')).toContainEqual({
      type: 'github.pr',
      value: 'acme/app#412',
    })
  })

  it('keeps the very bytes and none of the headers that prove or tell more', async () => {
    const source = await add('github')
    const body = ` ${merged(7)}\n`
    const receipt = await json<Receipt>(await fromGitHub(source, body))
    const kept = await call<{ body_base64: string; headers: Record<string, string> }>(
      'GET',
      `webhook_receipts/${receipt.id}`,
    )
    expect(Buffer.from(kept.body_base64, 'base64').toString()).toBe(body)
    expect(Object.keys(kept.headers).toSorted()).toEqual([
      'content-type',
      'user-agent',
      'x-github-delivery',
      'x-github-event',
    ])
  })

  it('is good under both secrets while they are rotated, and under the old one no longer after', async () => {
    const source = await add('github')
    const next = await call<Source>('POST', `webhook_sources/${source.id}/rotate_secret`, {})
    expect((await fromGitHub(source, merged(1))).status).toBe(202)
    expect((await fromGitHub(next, merged(2))).status).toBe(202)
    const last = await call<Source>('POST', `webhook_sources/${source.id}/rotate_secret`, {
      keep_old: false,
      secret: 'chosen by the sender',
    })
    expect(last.secret).toBe('chosen by the sender')
    expect((await fromGitHub(next, merged(3))).status).toBe(401)
    expect((await fromGitHub(last, merged(3))).status).toBe(202)
  })

  it('is refused when it is old', async () => {
    const source = await add('standard')
    const send = (at: number) => {
      const body =
        '{"type":"outcome","timestamp":"2026-11-20T10:00:00Z","data":{"kind":"csat","value":0.75}}'
      const seconds = String(Math.floor(at / 1_000))
      const key = Buffer.from(source.secret.slice('whsec_'.length), 'base64')
      const signature = createHmac('sha256', key).update(`m1.${seconds}.${body}`).digest('base64')
      const headers = {
        'webhook-id': 'm1',
        'webhook-timestamp': seconds,
        'webhook-signature': `v1,${signature}`,
      }
      return post(source.path, headers, body)
    }
    const captured = Date.now()
    ahead = 6 * 60_000
    expect((await send(captured)).status).toBe(401)
    ahead = 0
    expect((await send(captured)).status).toBe(202)
    expect((await send(captured + 1_000)).status).toBe(200)
    await work()
    expect(await signalsOf(source)).toMatchObject([{ kind: 'csat', value: 0.75 }])
  })
})

describe('what does not hold', () => {
  it('gets one answer whatever is wrong, and is counted for administrators only', async () => {
    const source = await add('github')
    const off = await add('github')
    await call('PATCH', `webhook_sources/${off.id}`, { state: 'disabled' })
    const body = merged(1)
    const answers = [
      await fromGitHub({ ...source, secret: 'guessed, and wrong' }, body),
      await post(source.path, {}, body),
      await fromGitHub(off, body),
      await fromGitHub({ ...source, path: '/lucid/v1/hooks/whsrc_0000' }, body),
    ]
    const shapes = await Promise.all(
      answers.map(async (answer) => {
        const { error } = await json<{ error: object }>(answer)
        return { status: answer.status, error }
      }),
    )
    expect(new Set(shapes.map((shape) => JSON.stringify(shape))).size).toBe(1)
    expect(shapes[0]?.status).toBe(401)
    await expect
      .poll(async () => (await call<Source>('GET', `webhook_sources/${source.id}`)).refused)
      .toMatchObject([
        { reason: 'no signature', count: 1 },
        { reason: 'wrong signature', count: 1 },
      ])
    const { data } = await call<{ data: Receipt[] }>(
      'GET',
      `webhook_receipts?webhook_source_id=${source.id}`,
    )
    expect(data).toEqual([])
  })

  it('is refused with 413 above one mebibyte, before anything else is looked at', async () => {
    const source = await add('github')
    expect((await post(source.path, {}, 'x'.repeat(1_048_577))).status).toBe(413)
    expect((await fromGitHub(source, JSON.stringify('x'.repeat(1_048_574)))).status).toBe(202)
  })

  it('is refused with 429 beyond ten times the writes of a key', async () => {
    const small = await startTestServer({ writesPerMinute: 1 })
    try {
      const codes: number[] = []
      for (let i = 0; i < 12; i += 1) {
        const response = await fetch(`${small.url}/lucid/v1/hooks/whsrc_1`, { method: 'POST' })
        codes.push(response.status)
      }
      expect(codes).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429])
    } finally {
      await small.stop()
    }
  })

  it('never causes a 500 nor a signal, whatever bytes come', async () => {
    const signed = await add('github')
    const open = await add('generic', {
      scheme: { type: 'none' },
      allow_unsigned: true,
      mapping: '{"kind": kind, "success": success}',
    })
    for (let size = 0; size < 40; size += 1) {
      const bytes = new Uint8Array(randomBytes(size * 7))
      expect((await post(signed.path, { 'x-hub-signature-256': 'sha256=00' }, bytes)).status).toBe(
        401,
      )
      expect([200, 202]).toContain((await post(open.path, {}, bytes)).status)
    }
    await work()
    expect(await signalsOf(open)).toEqual([])
    expect(await signalsOf(signed)).toEqual([])
    const { data } = await call<{ data: Receipt[] }>(
      'GET',
      `webhook_receipts?webhook_source_id=${open.id}&limit=100`,
    )
    for (const { state, reason, signed: isSigned } of data) {
      expect([state, isSigned]).toEqual(['failed', false])
      expect(reason).toContain('not JSON')
    }
  })
})

describe('a source', () => {
  it.each([
    [{ provider: 'generic', mapping: '{}' }, 'scheme: the provider generic needs one'],
    [{ provider: 'slack' }, 'mapping: the provider slack comes with none'],
    [
      { provider: 'generic', mapping: '{}', scheme: { type: 'none' } },
      'unsigned source believes anybody',
    ],
    [{ provider: 'github', allow_unsigned: true }, 'allow_unsigned'],
    [{ provider: 'github', scheme: { type: 'standard' } }, 'github has its own'],
    [{ provider: 'standard', secret: 'not base64 at all!' }, 'whsec_'],
    [{ provider: 'github', secret: 'short' }, 'at least 16'],
    [{ provider: 'github', mapping: '{"kind": ' }, 'mapping: '],
    [{ provider: 'github', mapping: '$match(a, /(?=b)/)' }, 'invalid or unsupported'],
    [{ provider: 'github', condition: 'event ==' }, 'condition: '],
    [
      {
        provider: 'generic',
        mapping: '{}',
        scheme: {
          type: 'hmac',
          header: 'x-sign',
          timestamp: { in: 'header', name: 'x-at', format: 'seconds' },
        },
      },
      'a time that is not signed protects nothing',
    ],
  ])('%j is refused and says why', async (given, why) => {
    const response = await server.fetch('/lucid/v1/webhook_sources', {
      method: 'POST',
      body: JSON.stringify({ name: 'refused', ...given }),
    })
    expect(response.status).toBe(400)
    expect((await json<{ error: { message: string } }>(response)).error.message).toContain(why)
  })

  it('shows its secret once, and is gone for senders when it is removed; what it sent is mapped still', async () => {
    const source = await add('github')
    const receipt = await json<Receipt>(await fromGitHub(source, merged(9)))
    const listed = await server.fetch('/lucid/v1/webhook_sources')
    expect(await listed.text()).not.toContain(source.secret)
    await call('DELETE', `webhook_sources/${source.id}`)
    expect((await fromGitHub(source, merged(10))).status).toBe(401)
    await work()
    expect(await show(receipt)).toMatchObject({ state: 'mapped' })
  })

  it('maps only what its condition holds for, and says so', async () => {
    const source = await add('github', { condition: 'payload.pull_request.number > 100.0' })
    const few = await json<Receipt>(await fromGitHub(source, merged(99)))
    const many = await json<Receipt>(await fromGitHub(source, merged(101)))
    await work()
    expect(await show(few)).toMatchObject({
      state: 'ignored',
      reason: 'the condition of the source is false',
    })
    expect(await show(many)).toMatchObject({ state: 'mapped' })
  })
})

describe('a mapping', () => {
  it('that is at fault leaves a receipt that says why, and is mapped when it is mended and replayed', async () => {
    const source = await add('github', { mapping: '{"kind": "ci", "sucess": true}' })
    const receipt = await json<Receipt>(await fromGitHub(source, merged(1)))
    await work()
    const failed = await show(receipt)
    expect(failed).toMatchObject({ state: 'failed', signals: 0 })
    expect(failed.reason).toContain('sucess')
    await call('PATCH', `webhook_sources/${source.id}`, {
      mapping: '{"kind": "ci", "success": true, "explanation": pull_request.title}',
    })
    const path = `webhook_receipts/${receipt.id}/replay`
    expect(await call('POST', path)).toMatchObject({ state: 'received', rounds: 2 })
    await work()
    expect(await show(receipt)).toMatchObject({ state: 'mapped', signals: 1 })
    await call('POST', path)
    await work()
    expect(await show(receipt)).toMatchObject({ state: 'mapped', rounds: 3 })
    await call('PATCH', `webhook_sources/${source.id}`, {
      mapping: '{"kind":"ci","success":false}',
    })
    await call('POST', path)
    await work()
    const conflict = await show(receipt)
    expect(conflict.state).toBe('failed')
    expect(conflict.reason).toContain('never overwritten')
    expect(await signalsOf(source)).toMatchObject([{ success: 1 }])
  })

  it('is tried on a payload and on a receipt, and nothing is stored', async () => {
    const source = await add('github')
    const receipt = await json<Receipt>(await fromGitHub(source, merged(5)))
    const before = await listSignals()
    const path = `webhook_sources/${source.id}/test`
    const payload = JSON.parse(merged(6))
    expect(await call('POST', path, { payload, event: 'pull_request' })).toMatchObject({
      result: 'signals',
      signals: [{ kind: 'pr_merged', success: true }],
    })
    const mapping = '{"kind": "custom", "success": false}'
    expect(await call('POST', path, { webhook_receipt_id: receipt.id, mapping })).toMatchObject({
      signals: [{ kind: 'custom', success: false }],
    })
    expect(await call('POST', path, { payload: [1], mapping: '$eval("1")' })).toMatchObject({
      result: 'failed',
      reason: expect.stringContaining('$eval'),
    })
    expect(await listSignals()).toEqual(before)
  })

  it('writes no secret and no person into what it says', async () => {
    const source = await add('github')
    const title = `mail ann@example.org the key ${'AKIA'}${'ABCDEFGHIJKLMNOP'}`
    await fromGitHub(source, merged(77, { title }))
    await work()
    const [signal] = await signalsOf(source)
    expect(signal?.explanation).toContain('mail')
    expect(signal?.explanation).not.toContain('ann@example.org')
    expect(signal?.explanation).not.toContain('ABCDEFGHIJKLMNOP')
  })
})
