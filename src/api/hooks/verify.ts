import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { verify as verifyGitHub } from '@octokit/webhooks-methods'
import { Webhook } from 'standardwebhooks'
import { type HmacScheme, type Scheme, toleranceMs } from '../../core/receive/scheme.ts'
import {
  fillTemplate,
  type Headers,
  readPlace,
  readSignatureHeader,
  readTime,
} from '../../core/receive/signature.ts'
import type { Json } from '../../core/session.ts'

export interface Delivered {
  readonly headers: Headers
  readonly body: Buffer
}

export interface Proof {
  readonly scheme: Scheme
  /** Any of them is good. */
  readonly secrets: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type Verification =
  | {
      readonly type: 'verified'
      readonly signed: boolean
      /** SHA-256 of what was signed: whoever sends it again replays. */
      readonly contentHash: string
    }
  /** The reason is for administrators; whoever sent it learns nothing of it. */
  | { readonly type: 'refused'; readonly reason: Refusal }

export type Refusal =
  | 'no signature'
  | 'wrong signature'
  | 'no time'
  | 'too old or too new'
  | 'not UTF-8'

/** Whether the bytes are what somebody signed who knows a secret, at about this time. */
export async function verifyDelivery(delivered: Delivered, proof: Proof): Promise<Verification> {
  const { scheme } = proof
  if (scheme.type === 'standard') return verifyStandard(delivered, proof)
  if (scheme.type === 'github') return verifyFromGitHub(delivered, proof)
  if (scheme.type === 'hmac') return verifyHmac(delivered, proof, scheme)
  return verified(delivered.body, '', false)
}

/** The same work as a real one, for an address that nobody has. */
export function verifyForNobody({ body }: Delivered): void {
  createHmac('sha256', 'nobody').update(body).digest()
}

/** The library signs; the time is judged by our clock, which its own check does not know. */
function verifyStandard({ headers, body }: Delivered, { secrets, now }: Proof): Verification {
  const id = headers['webhook-id']
  const given = headers['webhook-signature']
  if (!id || !given) return refused('no signature')
  const ms = readTime('seconds', headers['webhook-timestamp'] ?? '')
  if (ms === null) return refused('no time')
  const text = readUtf8(body)
  if (text === null) return refused('not UTF-8')
  const signatures = given.split(' ', 20)
  const expected = secrets.map((secret) => new Webhook(secret).sign(id, new Date(ms), text))
  if (!matchAny(expected.map(toBytes), signatures.map(toBytes))) return refused('wrong signature')
  // The id is signed, so the same words under another id are another delivery.
  return isNear(ms, now) ? verified(body, id, true) : refused('too old or too new')
}

const toBytes = (text: string) => Buffer.from(text)

async function verifyFromGitHub(
  { headers, body }: Delivered,
  { secrets }: Proof,
): Promise<Verification> {
  const signature = headers['x-hub-signature-256']
  if (!signature) return refused('no signature')
  const text = readUtf8(body)
  if (text === null || text === '') return refused('not UTF-8')
  const results = await Promise.all(secrets.map((secret) => verifyGitHub(secret, text, signature)))
  return results.includes(true) ? verified(body, '', true) : refused('wrong signature')
}

function verifyHmac(
  { headers, body }: Delivered,
  { secrets, now }: Proof,
  scheme: HmacScheme,
): Verification {
  const read = readSignatureHeader(scheme, headers[scheme.header] ?? '')
  if (read.signatures.length === 0) return refused('no signature')
  const { timestamp } = scheme
  const time =
    timestamp === null || timestamp.in === 'body'
      ? ''
      : timestamp.in === 'header'
        ? headers[timestamp.name]
        : read.timestamp
  if (time === undefined || time === null) return refused('no time')
  const expected = secrets.map((secret) => {
    const hmac = createHmac(scheme.algorithm, secret)
    const parts = fillTemplate(scheme.signed, time)
    parts.forEach((part, at) => {
      if (at > 0) hmac.update(body)
      hmac.update(part)
    })
    return hmac.digest()
  })
  const given = read.signatures.map((one) => Buffer.from(one, scheme.encoding))
  if (!matchAny(expected, given)) return refused('wrong signature')
  if (timestamp === null) return verified(body, '', true)
  // Read only now: nothing of a body is parsed before its signature holds.
  const text = timestamp.in === 'body' ? readPlace(timestamp, headers, parseBody(body)) : time
  const ms = readTime(timestamp.format, text ?? '')
  if (ms === null) return refused('no time')
  return isNear(ms, now) ? verified(body, time, true) : refused('too old or too new')
}

/** Compares all with all, each in constant time, so that the time tells nothing of which one was near. */
function matchAny(expected: readonly Buffer[], given: readonly Buffer[]): boolean {
  let found = false
  for (const one of expected) {
    for (const other of given) {
      if (one.length === other.length && timingSafeEqual(one, other)) found = true
    }
  }
  return found
}

const isNear = (ms: number, now: number) => Math.abs(now - ms) <= toleranceMs

const refused = (reason: Refusal): Verification => ({ type: 'refused', reason })

const verified = (body: Buffer, signedBeside: string, signed: boolean): Verification => ({
  type: 'verified',
  signed,
  contentHash: createHash('sha256').update(`${signedBeside}\n`).update(body).digest('hex'),
})

function readUtf8(body: Buffer): string | null {
  try {
    // A byte order mark is part of what was signed.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return null
  }
}

/** Null where it is no JSON: the receipt will say so. */
export function parseBody(body: Buffer): Json {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return null
  }
}
