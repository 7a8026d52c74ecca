/** Where one value of a delivery stands. A path goes through the JSON body, `data.item.id`. */
export type Place =
  | { readonly in: 'header'; readonly name: string }
  | { readonly in: 'body'; readonly path: string }

/** When it was signed. `signature`: an entry of the signature header itself, `t=1700000000`. */
export type TimePlace = (Place | { readonly in: 'signature'; readonly prefix: string }) & {
  readonly format: 'seconds' | 'milliseconds' | 'iso'
}

/** One sender's way to sign with a shared secret, as data; header names are lower case. */
export interface HmacScheme {
  readonly type: 'hmac'
  readonly header: string
  readonly algorithm: 'sha1' | 'sha256' | 'sha512'
  readonly encoding: 'hex' | 'base64'
  /** Before each signature in the header: `sha256=`. Entries without it are no signatures. */
  readonly prefix: string
  /** Between the entries of the header; null: it holds one. */
  readonly separator: string | null
  /** What is signed; `{timestamp}` and `{body}` stand for what came. */
  readonly signed: string
  /** Null: no time is signed, and a replay is known by its content. */
  readonly timestamp: TimePlace | null
}

/** How the sender of a delivery is known. Standard Webhooks and GitHub are their own libraries' work. */
export type Scheme =
  | { readonly type: 'standard' }
  | { readonly type: 'github' }
  | HmacScheme
  /** Nobody signs: whoever knows the address may say anything, and the signals are not signed. */
  | { readonly type: 'none' }

/** How a source's deliveries are told apart and named. */
export interface Reading {
  /** What the sender calls this delivery, in every attempt; null: it says nothing, and the content names it. */
  readonly deliveryId: Place | null
  /** What kind of thing happened. */
  readonly event: Place | null
}

export const senderKinds = [
  'standard',
  'anthropic',
  'github',
  'zendesk',
  'linear',
  'jira',
  'intercom',
  'pagerduty',
  'stripe',
  'slack',
  'generic',
] as const
export type SenderKind = (typeof senderKinds)[number]

/** Null: whoever adds the source says how it signs. */
interface Preset {
  readonly scheme: Scheme | null
  readonly reading: Reading
  /** Whether a mapping comes with it. */
  readonly mapped: boolean
}

const header = (name: string) => ({ in: 'header', name }) as const
const body = (path: string) => ({ in: 'body', path }) as const

const hmac = {
  type: 'hmac',
  algorithm: 'sha256',
  encoding: 'hex',
  prefix: '',
  separator: null,
  signed: '{body}',
  timestamp: null,
} as const

const standard = {
  scheme: { type: 'standard' },
  reading: { deliveryId: header('webhook-id'), event: body('type') },
  mapped: true,
} as const

/** As the senders document them; docs/webhooks-in.md shows the table to administrators. */
export const presets: Readonly<Record<SenderKind, Preset>> = {
  standard,
  anthropic: {
    ...standard,
    reading: { ...standard.reading, event: body('data.type') },
  },
  github: {
    scheme: { type: 'github' },
    reading: { deliveryId: header('x-github-delivery'), event: header('x-github-event') },
    mapped: true,
  },
  zendesk: {
    scheme: {
      ...hmac,
      header: 'x-zendesk-webhook-signature',
      encoding: 'base64',
      signed: '{timestamp}{body}',
      timestamp: { ...header('x-zendesk-webhook-signature-timestamp'), format: 'iso' },
    },
    reading: { deliveryId: header('x-zendesk-webhook-invocation-id'), event: body('type') },
    mapped: true,
  },
  linear: {
    scheme: {
      ...hmac,
      header: 'linear-signature',
      timestamp: { ...body('webhookTimestamp'), format: 'milliseconds' },
    },
    reading: { deliveryId: header('linear-delivery'), event: body('type') },
    mapped: true,
  },
  jira: {
    scheme: { ...hmac, header: 'x-hub-signature', prefix: 'sha256=' },
    reading: {
      deliveryId: header('x-atlassian-webhook-identifier'),
      event: body('webhookEvent'),
    },
    mapped: true,
  },
  intercom: {
    scheme: { ...hmac, header: 'x-hub-signature', algorithm: 'sha1', prefix: 'sha1=' },
    reading: { deliveryId: body('id'), event: body('topic') },
    mapped: true,
  },
  pagerduty: {
    scheme: { ...hmac, header: 'x-pagerduty-signature', prefix: 'v1=', separator: ',' },
    reading: { deliveryId: body('event.id'), event: body('event.event_type') },
    mapped: true,
  },
  stripe: {
    scheme: {
      ...hmac,
      header: 'stripe-signature',
      prefix: 'v1=',
      separator: ',',
      signed: '{timestamp}.{body}',
      timestamp: { in: 'signature', prefix: 't=', format: 'seconds' },
    },
    reading: { deliveryId: body('id'), event: body('type') },
    mapped: true,
  },
  slack: {
    scheme: {
      ...hmac,
      header: 'x-slack-signature',
      prefix: 'v0=',
      signed: 'v0:{timestamp}:{body}',
      timestamp: { ...header('x-slack-request-timestamp'), format: 'seconds' },
    },
    reading: { deliveryId: body('event_id'), event: body('event.type') },
    mapped: false,
  },
  generic: { scheme: null, reading: { deliveryId: null, event: null }, mapped: false },
}

/** A signed time may be this far from ours, before or behind. */
export const toleranceMs = 5 * 60_000
