import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findTargetFault, maxDeliveryAttempts } from '../../src/core/webhooks.ts'
import { deliverWebhook } from '../../src/pipeline/webhooks/deliver.ts'
import { makePost } from '../../src/pipeline/webhooks/post.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { doNextJob, fillServer, inputsOf, makeStore } from './_dreaming.ts'
import { Receiver } from './_receiver.ts'

let server: TestServer
/** Milliseconds by which the server's clock is ahead of this process's. */
let ahead = 0
let receiver: Receiver
beforeAll(async () => {
  server = await startTestServer({}, () => Date.now() + ahead)
  receiver = new Receiver()
  await receiver.open()
})
afterAll(async () => {
  receiver.close()
  await server.stop()
})
afterEach(() => {
  receiver.received.length = 0
  receiver.answers.length = 0
  ahead = 0
})

interface Endpoint {
  readonly id: string
  readonly secret: string
  readonly state: string
  readonly disabled_reason: string | null
  readonly failing_since: string | null
}
interface Delivery {
  readonly id: string
  readonly state: string
  readonly attempts: number
  readonly event: { readonly id: string }
  readonly log: { readonly status: number | null; readonly error: string | null }[]
}

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await server.fetch(`/lucid/v1/${path}`, {
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

const register = (body: object = {}) =>
  call<Endpoint>('POST', 'webhook_endpoints', { url: receiver.url, ...body })
const ping = ({ id }: Endpoint) => call<Delivery>('POST', `webhook_endpoints/${id}/test`)
const show = ({ id }: Delivery) => call<Delivery>('GET', `webhook_deliveries/${id}`)
const showEndpoint = ({ id }: Endpoint) => call<Endpoint>('GET', `webhook_endpoints/${id}`)

/** Works on every delivery that is due, as a worker would. */
async function work(): Promise<void> {
  const { jobs } = server.context
  for (;;) {
    const job = await jobs.claim({ owner: 'test', leaseMs: 60_000, kinds: ['webhook'] })
    if (!job) return
    await deliverWebhook(server.context, job)
  }
}

describe('a webhook', () => {
  it('is signed so that the official client accepts it, and a tampered or old one is refused', async () => {
    const endpoint = await register()
    const delivery = await ping(endpoint)
    await work()
    const [got] = receiver.received
    if (!got) throw new Error('nothing was received')
    const { webhooks } = server.client().beta
    const event = webhooks.unwrap(got.body, { headers: got.headers, key: endpoint.secret })
    expect(event).toMatchObject({
      type: 'event',
      id: delivery.event.id,
      data: { type: 'lucid.ping', id: endpoint.id },
    })
    const tampered = got.body.replace('lucid.ping', 'lucid.pong')
    expect(() =>
      webhooks.unwrap(tampered, { headers: got.headers, key: endpoint.secret }),
    ).toThrow()
    const old = { ...got.headers, 'webhook-timestamp': '1700000000' }
    expect(() => webhooks.unwrap(got.body, { headers: old, key: endpoint.secret })).toThrow()
    expect(await show(delivery)).toMatchObject({ state: 'delivered', log: [{ status: 200 }] })
  })

  it('is tried again under the same id with a new timestamp, and is dead after the last attempt', async () => {
    const endpoint = await register()
    for (let i = 0; i < maxDeliveryAttempts; i += 1) receiver.answers.push({ status: 500 })
    const delivery = await ping(endpoint)
    for (let i = 0; i < maxDeliveryAttempts; i += 1) {
      await work()
      expect((await show(delivery)).attempts).toBe(i + 1)
      ahead += 2 * 3_600_000
    }
    const dead = await show(delivery)
    expect(dead).toMatchObject({ state: 'dead', attempts: maxDeliveryAttempts })
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect((await showEndpoint(endpoint)).failing_since).not.toBeNull()
    await call('POST', `webhook_deliveries/${delivery.id}/replay`)
    await work()
    expect(await show(delivery)).toMatchObject({
      state: 'delivered',
      attempts: maxDeliveryAttempts + 1,
    })
    expect((await showEndpoint(endpoint)).failing_since).toBeNull()
  })

  it('that is redirected ends there, and its endpoint is switched off with the reason', async () => {
    const endpoint = await register()
    receiver.answers.push({ status: 302, headers: { location: 'http://10.0.0.1/' } })
    const delivery = await ping(endpoint)
    await work()
    expect(await show(delivery)).toMatchObject({ state: 'dead', log: [{ status: 302 }] })
    expect(await showEndpoint(endpoint)).toMatchObject({
      state: 'disabled',
      disabled_reason: expect.stringContaining('redirect'),
    })
    expect(receiver.received).toHaveLength(1)
    const enabled = await call<Endpoint>('POST', `webhook_endpoints/${endpoint.id}`, {
      state: 'enabled',
    })
    expect(enabled).toMatchObject({ state: 'enabled', disabled_reason: null })
  })

  it('of an endpoint that was deleted meanwhile is dead and never sent', async () => {
    const endpoint = await register()
    const delivery = await ping(endpoint)
    await call('DELETE', `webhook_endpoints/${endpoint.id}`)
    await work()
    expect(await show(delivery)).toMatchObject({ state: 'dead' })
    expect(receiver.received).toHaveLength(0)
  })
})

describe('a dream', () => {
  it('is told of from its beginning to what it proposes, to those who named these types', async () => {
    const named = ['*', 'dream.created', 'dream.running', 'dream.completed', 'change.proposed']
    const endpoint = await register({ event_types: named })
    const others = await register()
    const client = server.client()
    const sessionIds = (await fillServer(server)).slice(0, 3)
    const dream = await client.beta.dreams.create({
      model: 'lucidream-builtin',
      inputs: inputsOf(await makeStore(client), sessionIds),
    })
    while (await doNextJob(server.context));
    const told = async ({ id }: Endpoint) => {
      const path = `webhook_deliveries?webhook_endpoint_id=${id}&limit=100`
      const { data } = await call<{ data: { event: { type: string; object_id: string } }[] }>(
        'GET',
        path,
      )
      return data.map(({ event }) => event)
    }
    const events = await told(endpoint)
    const changes = await call<{ data: unknown[] }>('GET', `dreams/${dream.id}/changes?limit=100`)
    const count = (type: string) => events.filter((event) => event.type === type).length
    expect(count('change.proposed')).toBe(changes.data.length)
    expect(changes.data.length).toBeGreaterThan(0)
    for (const type of ['dream.created', 'dream.running', 'dream.completed']) {
      expect(events.filter((event) => event.type === type)).toEqual([
        expect.objectContaining({ object_id: dream.id }),
      ])
    }
    // The input store, and the copy that the dream made of it.
    expect(count('memory_store.created')).toBe(2)
    expect((await told(others)).every(({ type }) => type.startsWith('memory_store.'))).toBe(true)
  })
})

describe('a target', () => {
  it.each([
    'https://10.1.2.3/',
    'http://example.com/',
    'https://[::ffff:192.168.0.1]/',
    'nonsense',
  ])('%s is refused when it is registered', async (url) => {
    const response = await server.fetch('/lucid/v1/webhook_endpoints', {
      method: 'POST',
      body: JSON.stringify({ url }),
    })
    expect(response.status).toBe(400)
  })

  it('whose name turns private after it was registered is not connected to', async () => {
    const url = 'https://hooks.example.com/'
    expect(findTargetFault(URL.parse(url), { allowPrivate: false })).toBeNull()
    const post = makePost({
      allowPrivate: false,
      resolve: async () => [{ address: '10.0.0.7', family: 4 }],
    })
    expect(await post(url, {}, '{}')).toEqual({
      type: 'refused',
      reason: expect.stringContaining('10.0.0.7'),
    })
  })

  it('with one private address among public ones is not connected to', async () => {
    const post = makePost({
      allowPrivate: false,
      resolve: async () => [
        { address: '93.184.216.34', family: 4 },
        { address: '::1', family: 6 },
      ],
    })
    expect(await post('https://hooks.example.com/', {}, '{}')).toMatchObject({ type: 'refused' })
  })

  it('that does not answer fails with a reason and may be tried again', async () => {
    const post = makePost({ allowPrivate: false })
    expect(await post('http://127.0.0.1:1/', {}, '{}')).toMatchObject({ type: 'failed' })
  })
})

describe('a signing secret', () => {
  it('is shown when it is made and rotated, and stored sealed', async () => {
    const endpoint = await register()
    const rotated = await call<Endpoint>('POST', `webhook_endpoints/${endpoint.id}/rotate_secret`)
    expect(rotated.secret).toMatch(/^whsec_/)
    expect(rotated.secret).not.toBe(endpoint.secret)
    expect(JSON.stringify(await call('GET', 'webhook_endpoints'))).not.toContain('whsec_')
  })
})
