import { type Clock, toTimestamp } from '../core/clock.ts'
import { DomainError } from '../core/errors.ts'
import type { NewId } from '../core/ids.ts'
import type { Keyring } from '../core/keyring.ts'
import { presets, type Reading, type Scheme, type SenderKind } from '../core/receive/scheme.ts'
import type { NewWebhookSource, StoredSecret, WebhookSource } from './webhook-sources.ts'

export interface WantedWebhookSource {
  readonly name: string
  readonly provider: SenderKind
  /** Only for `generic`. */
  readonly scheme: Scheme | null
  readonly reading: Reading | null
  /** What the sender signs with; null: one is made. */
  readonly secret: string | null
  readonly mapping: string | null
  readonly condition: string | null
  /** Somebody said in so many words that nothing need be signed. */
  readonly allowUnsigned: boolean
}

export interface Tools {
  readonly keyring: Keyring
  readonly newId: NewId
  readonly clock: Clock
}

/** A source and its secret, which the caller shows once. Refuses what would not protect anything. */
export function makeWebhookSource(
  tools: Tools,
  wanted: WantedWebhookSource,
): { readonly source: NewWebhookSource; readonly secret: string | null } {
  const { provider, name, mapping, condition } = wanted
  const preset = presets[provider]
  const scheme = chooseScheme(wanted)
  if (mapping === null && !preset.mapped) {
    throw invalid(`mapping: the provider ${provider} comes with none; give one`)
  }
  const secret = scheme.type === 'none' ? null : (wanted.secret ?? newSecret(tools, scheme))
  if (scheme.type === 'none' && wanted.secret !== null) {
    throw invalid('secret: the scheme none signs nothing; leave it out')
  }
  return {
    source: {
      id: tools.newId('whsrc'),
      name,
      provider,
      scheme,
      reading: wanted.reading ?? preset.reading,
      mapping,
      condition,
      secrets: secret === null ? [] : [storeSecret(tools, scheme, secret)],
    },
    secret,
  }
}

/** What the audit log says of a source. */
export const sourceFact = (what: string, { id }: Pick<WebhookSource, 'id'>) => ({
  action: `webhook_source.${what}`,
  objectType: 'webhook_source',
  objectId: id,
})

/** The new secret and, while senders change over, the one before. */
export function rotateSecret(
  tools: Tools,
  { scheme, secrets }: Pick<NewWebhookSource, 'scheme' | 'secrets'>,
  wanted: { readonly secret: string | null; readonly keepOld: boolean },
): { readonly secrets: readonly StoredSecret[]; readonly secret: string } {
  if (scheme.type === 'none') {
    throw invalid('The source is not signed and has no secret; remove it and add a signed one')
  }
  const secret = wanted.secret ?? newSecret(tools, scheme)
  const kept = wanted.keepOld ? secrets.slice(0, 1) : []
  return { secrets: [storeSecret(tools, scheme, secret), ...kept], secret }
}

function chooseScheme({ provider, scheme, reading, allowUnsigned }: WantedWebhookSource): Scheme {
  const preset = presets[provider].scheme
  if (preset !== null && (scheme !== null || reading !== null)) {
    throw invalid(`scheme: ${provider} has its own; choose the provider generic for another`)
  }
  const chosen = preset ?? scheme
  if (chosen === null) throw invalid('scheme: the provider generic needs one')
  if (chosen.type === 'none' && !allowUnsigned) {
    throw invalid(
      'scheme: an unsigned source believes anybody who knows its address; choose a signed scheme, or say allow_unsigned',
    )
  }
  if (chosen.type !== 'none' && allowUnsigned) {
    throw invalid('allow_unsigned: this source is signed; leave it out')
  }
  if (chosen.type === 'hmac') refuseLeaky(chosen)
  return chosen
}

function refuseLeaky({ signed, timestamp }: Extract<Scheme, { type: 'hmac' }>): void {
  if (signed.split('{body}').length !== 2)
    throw invalid('scheme.signed: {body} has to stand in it once')
  const isOutside = timestamp !== null && timestamp.in !== 'body'
  if (isOutside !== signed.includes('{timestamp}')) {
    throw invalid(
      'scheme.signed: {timestamp} has to stand in it where the time is no part of the body, and only there; a time that is not signed protects nothing',
    )
  }
}

function newSecret({ keyring }: Tools, { type }: Scheme): string {
  const made = keyring.newSecret()
  return type === 'standard' ? `whsec_${Buffer.from(made, 'base64url').toString('base64')}` : made
}

function storeSecret({ keyring, clock }: Tools, { type }: Scheme, secret: string): StoredSecret {
  if (type === 'standard' && !isStandardSecret(secret)) {
    throw invalid('secret: Standard Webhooks wants whsec_ and at least 16 bytes in base64')
  }
  return {
    sealed: keyring.seal('webhook-secret', secret),
    hint: `…${secret.slice(-4)}`,
    createdAt: toTimestamp(clock()),
  }
}

function isStandardSecret(secret: string): boolean {
  const text = secret.replace(/^whsec_/, '')
  return (
    /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text) &&
    text.length >= 22
  )
}

const invalid = (message: string) => new DomainError('invalid_argument', `${message}.`)
