import ipaddr from 'ipaddr.js'

/** What may happen to the reference's objects that somebody may want to be told; the words are its own. */
export const webhookEventTypes = [
  'session.created',
  'session.running',
  'session.idled',
  'session.requires_action',
  'session.updated',
  'session.archived',
  'session.deleted',
  'session.status_terminated',
  'agent.created',
  'agent.updated',
  'agent.archived',
  'environment.created',
  'environment.updated',
  'environment.archived',
  'environment.deleted',
  'memory_store.created',
  'memory_store.archived',
  'memory_store.deleted',
  // Ours; only those who name them get them, so that a strict client of the reference is never surprised.
  'dream.created',
  'dream.running',
  'dream.completed',
  'dream.failed',
  'dream.canceled',
  'change.proposed',
  'change.accepted',
  'change.rejected',
  'change.applied',
  'change.rolled_back',
  'experiment.started',
  'experiment.ramped',
  'experiment.decided',
  'experiment.promoted',
  'experiment.rolled_back',
  'experiment.paused',
  'lucid.ping',
] as const
export type WebhookEventType = (typeof webhookEventTypes)[number]

/** What is sent: thin, as the reference's; whoever gets it fetches the object. */
export interface WebhookEvent {
  readonly id: string
  readonly type: WebhookEventType
  /** Of the object that it happened to. */
  readonly objectId: string
  readonly createdAt: string
}

/** `*` stands for every type of the reference; ours must be named. */
export function isSubscribed(wanted: readonly string[], type: WebhookEventType): boolean {
  return (
    wanted.includes(type) ||
    (wanted.includes('*') && !/^(?:dream|change|experiment|lucid)\./.test(type))
  )
}

/** Seconds until the next attempt after `attempt` failed ones: 5, 10, 20 … at most an hour, give or take half. */
export function backOffSeconds(attempt: number, random: number): number {
  const standard = Math.min(3_600, 5 * 2 ** Math.min(attempt - 1, 20))
  return standard * (0.5 + random)
}

/** After the last one a delivery is dead: it stays, and may be replayed. */
export const maxDeliveryAttempts = 8

export interface TargetRules {
  /** For tests and closed networks: plain http and private addresses too. */
  readonly allowPrivate: boolean
}

/** Of a URL as the platform's parser reads it, which also writes numbers like 0x7f.1 as addresses. */
export interface UrlParts {
  readonly href: string
  readonly protocol: string
  readonly hostname: string
  readonly username: string
  readonly password: string
}

/** Why nothing may be sent to this URL; null when it may. Names are looked up later, when it is sent. */
export function findTargetFault(url: UrlParts | null, rules: TargetRules): string | null {
  const { allowPrivate } = rules
  if (!url) return 'not a URL'
  if (url.href.length > 2_048) return 'longer than 2048 characters'
  if (url.username !== '' || url.password !== '')
    return 'holds a user name or password; the signature proves who sends'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'neither https nor http'
  if (allowPrivate || isLoopbackHost(url.hostname)) return null
  if (url.protocol !== 'https:') return 'not https; plain http is only for loopback addresses'
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (ipaddr.isValid(literal)) return findAddressFault(literal, rules)
  return null
}

/** Written so in the URL: a name of somebody else's that resolves to loopback is no loopback target. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}

/** Why nothing may be sent to this address; null when it may. IPv4 inside of IPv6 is judged as IPv4. */
export function findAddressFault(address: string, { allowPrivate }: TargetRules): string | null {
  if (!ipaddr.isValid(address)) return `not an address: ${address}`
  const range = ipaddr.process(address).range()
  return allowPrivate || range === 'unicast' ? null : `address ${address} is ${range}, not public`
}
