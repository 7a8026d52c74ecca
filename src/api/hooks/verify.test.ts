import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type HmacScheme, presets, type Scheme } from '../../core/receive/scheme.ts'
import type { Headers } from '../../core/receive/signature.ts'
import { type Verification, verifyDelivery } from './verify.ts'

const now = Date.parse('2026-11-25T08:00:00Z')
const secret = 'the secret of a sender'
const standardSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const hmac = (algorithm: string, key: string | Buffer, text: string | Buffer) =>
  createHmac(algorithm, key).update(text)

interface Sent {
  readonly headers: Headers
  readonly body: string
}

/** As each sender's documentation says, made here with nothing of ours. */
const senders: readonly {
  readonly name: string
  readonly scheme: Scheme
  readonly timed: boolean
  readonly sign: (key: string, at: number) => Sent
}[] = [
  {
    name: 'standard',
    scheme: { type: 'standard' },
    timed: true,
    sign(key, at) {
      const body = '{"type":"x"}'
      const seconds = String(at / 1_000)
      const bytes = Buffer.from(key.replace('whsec_', ''), 'base64')
      const signature = hmac('sha256', bytes, `msg_1.${seconds}.${body}`).digest('base64')
      const headers = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': seconds,
        'webhook-signature': `v1a,other v1,${signature} v1,AAAA`,
      }
      return { body, headers }
    },
  },
  {
    name: 'github',
    scheme: { type: 'github' },
    timed: false,
    sign(key) {
      const body = '{"action":"closed"}'
      const signature = `sha256=${hmac('sha256', key, body).digest('hex')}`
      return { body, headers: { 'x-hub-signature-256': signature } }
    },
  },
  {
    name: 'zendesk',
    scheme: presets.zendesk.scheme as Scheme,
    timed: true,
    sign(key, at) {
      const body = '{"type":"zen:event-type:ticket.status_changed"}'
      const time = new Date(at).toISOString().replace('.000', '')
      return {
        body,
        headers: {
          'x-zendesk-webhook-signature': hmac('sha256', key, time + body).digest('base64'),
          'x-zendesk-webhook-signature-timestamp': time,
        },
      }
    },
  },
  {
    name: 'linear',
    scheme: presets.linear.scheme as Scheme,
    timed: true,
    sign(key, at) {
      const body = `{"type":"Issue","webhookTimestamp":${at}}`
      return { body, headers: { 'linear-signature': hmac('sha256', key, body).digest('hex') } }
    },
  },
  {
    name: 'jira',
    scheme: presets.jira.scheme as Scheme,
    timed: false,
    sign(key) {
      const body = '{"webhookEvent":"jira:issue_updated"}'
      const signature = `sha256=${hmac('sha256', key, body).digest('hex')}`
      return { body, headers: { 'x-hub-signature': signature } }
    },
  },
  {
    name: 'intercom',
    scheme: presets.intercom.scheme as Scheme,
    timed: false,
    sign(key) {
      const body = '{"topic":"ping"}'
      const signature = `sha1=${hmac('sha1', key, body).digest('hex')}`
      return { body, headers: { 'x-hub-signature': signature } }
    },
  },
  {
    name: 'pagerduty',
    scheme: presets.pagerduty.scheme as Scheme,
    timed: false,
    sign(key) {
      const body = '{"event":{}}'
      const signature = hmac('sha256', key, body).digest('hex')
      return { body, headers: { 'x-pagerduty-signature': `v1=${'0'.repeat(64)},v1=${signature}` } }
    },
  },
  {
    name: 'stripe',
    scheme: presets.stripe.scheme as Scheme,
    timed: true,
    sign(key, at) {
      const body = '{"id":"evt_1"}'
      const signature = hmac('sha256', key, `${at / 1_000}.${body}`).digest('hex')
      return {
        body,
        headers: { 'stripe-signature': `t=${at / 1_000},v1=${signature},v0=${signature}` },
      }
    },
  },
  {
    name: 'slack',
    scheme: presets.slack.scheme as Scheme,
    timed: true,
    sign(key, at) {
      const body = '{"event_id":"Ev1"}'
      const signature = hmac('sha256', key, `v0:${at / 1_000}:${body}`).digest('hex')
      return {
        body,
        headers: {
          'x-slack-signature': `v0=${signature}`,
          'x-slack-request-timestamp': String(at / 1_000),
        },
      }
    },
  },
]

const keyOf = (name: string) => (name === 'standard' ? standardSecret : secret)
const otherOf = (name: string) =>
  name === 'standard'
    ? `whsec_${Buffer.alloc(24, 7).toString('base64')}`
    : 'another secret, not known'

function check(
  { headers, body }: { headers: Headers; body: string | Buffer },
  scheme: Scheme,
  secrets: readonly string[],
): Promise<Verification> {
  return verifyDelivery({ headers, body: Buffer.from(body as string) }, { scheme, secrets, now })
}

describe.each(senders)('$name', ({ name, scheme, sign }) => {
  const key = keyOf(name)
  const other = otherOf(name)

  it('is accepted under its secret and under either of two, and under no other', async () => {
    const sent = sign(key, now)
    expect(await check(sent, scheme, [key])).toMatchObject({ type: 'verified', signed: true })
    expect((await check(sent, scheme, [other, key])).type).toBe('verified')
    expect((await check(sent, scheme, [key, other])).type).toBe('verified')
    expect(await check(sent, scheme, [other])).toEqual({
      type: 'refused',
      reason: 'wrong signature',
    })
    expect((await check(sent, scheme, [])).type).toBe('refused')
  })

  it('is refused with one byte changed anywhere in the body or its signature', async () => {
    const sent = sign(key, now)
    for (let at = 0; at < sent.body.length; at += 1) {
      const body = `${sent.body.slice(0, at)}~${sent.body.slice(at + 1)}`
      expect((await check({ ...sent, body }, scheme, [key])).type).toBe('refused')
    }
    expect((await check({ ...sent, body: `${sent.body} ` }, scheme, [key])).type).toBe('refused')
    for (const header of Object.keys(sent.headers)) {
      const headers = { ...sent.headers, [header]: 'v1=0,sha256=00,v1,AAAA' }
      expect((await check({ ...sent, headers }, scheme, [key])).type).toBe('refused')
      const without = Object.entries(sent.headers).filter(([one]) => one !== header)
      const stripped = { ...sent, headers: Object.fromEntries(without) }
      expect((await check(stripped, scheme, [key])).type).toBe('refused')
    }
  })

  it('refuses whatever bytes and headers come without the secret', async () => {
    const names = Object.keys(sign(key, now).headers)
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.oneof(fc.string(), fc.constant(`v1=${'0'.repeat(64)}`), fc.constant('t=1')), {
          minLength: names.length,
          maxLength: names.length,
        }),
        async (bytes, values) => {
          const headers = Object.fromEntries(names.map((one, at) => [one, values[at] ?? '']))
          const delivered = { headers, body: Buffer.from(bytes) }
          const answer = await verifyDelivery(delivered, { scheme, secrets: [key], now })
          expect(answer.type).toBe('refused')
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe.each(senders.filter(({ timed }) => timed))('$name', ({ name, scheme, sign }) => {
  it('is refused when it was signed more than five minutes from now', async () => {
    const key = keyOf(name)
    for (const minutes of [-5, 5]) {
      const near = sign(key, now + minutes * 60_000)
      expect((await check(near, scheme, [key])).type).toBe('verified')
      const far = sign(key, now + minutes * 60_000 + Math.sign(minutes) * 1_000)
      expect(await check(far, scheme, [key])).toEqual({
        type: 'refused',
        reason: 'too old or too new',
      })
    }
  })
})

describe('a published example', () => {
  it('of Standard Webhooks is accepted', async () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    }
    const proof = {
      scheme: { type: 'standard' as const },
      secrets: [standardSecret],
      now: 1_614_265_330_000,
    }
    const body = Buffer.from('{"test": 2432232314}')
    expect((await verifyDelivery({ headers, body }, proof)).type).toBe('verified')
  })

  it('of GitHub is accepted', async () => {
    const headers = {
      'x-hub-signature-256':
        'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    }
    const sent = { headers, body: 'Hello, World!' }
    const secrets = ["It's a Secret to Everybody"]
    expect((await check(sent, { type: 'github' }, secrets)).type).toBe('verified')
  })
})

describe('the published example of Slack', () => {
  it('is accepted by the table', async () => {
    const headers = {
      'x-slack-request-timestamp': '1531420618',
      'x-slack-signature': 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503',
    }
    const body = Buffer.from(
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c',
    )
    const proof = {
      scheme: presets.slack.scheme as Scheme,
      secrets: ['8f742231b10e8888abcd99yyyzzz85a5'],
      now: 1_531_420_618_000,
    }
    expect((await verifyDelivery({ headers, body }, proof)).type).toBe('verified')
  })
})

describe('what tells deliveries apart', () => {
  const hashOf = async (sent: Sent, scheme: Scheme, key: string) => {
    const answer = await check(sent, scheme, [key])
    return answer.type === 'verified' ? answer.contentHash : answer.reason
  }

  it('is what was signed: headers that nobody signed change nothing', async () => {
    for (const { name, scheme, sign } of senders) {
      const sent = sign(keyOf(name), now)
      const again = { ...sent, headers: { ...sent.headers, 'x-github-delivery': 'another' } }
      expect(await hashOf(again, scheme, keyOf(name))).toBe(await hashOf(sent, scheme, keyOf(name)))
    }
  })

  it('takes a template with the body in the middle, and bytes that are no UTF-8', async () => {
    const scheme: HmacScheme = {
      type: 'hmac',
      header: 'x-sign',
      algorithm: 'sha512',
      encoding: 'base64',
      prefix: '',
      separator: null,
      signed: 'a.{body}.{timestamp}',
      timestamp: { in: 'header', name: 'x-at', format: 'seconds' },
    }
    const body = Buffer.from([0xff, 0xfe, 0x00])
    const signed = Buffer.concat([Buffer.from('a.'), body, Buffer.from(`.${now / 1_000}`)])
    const headers = {
      'x-sign': hmac('sha512', secret, signed).digest('base64'),
      'x-at': String(now / 1_000),
    }
    const answer = await verifyDelivery({ headers, body }, { scheme, secrets: [secret], now })
    expect(answer.type).toBe('verified')
  })
})
