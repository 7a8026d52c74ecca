import { z } from 'zod'
import { webhookSourcePath } from '../../contract/lucid/webhook-sources.ts'
import { DomainError } from '../../core/errors.ts'
import type { WebhookSourceId } from '../../core/ids.ts'
import type { Reading, Scheme } from '../../core/receive/scheme.ts'
import { type Headers, readPlace } from '../../core/receive/signature.ts'
import { toOutbox } from '../../storage/webhook-deliveries.ts'
import { insertWebhookReceipt, packBody } from '../../storage/webhook-receipts.ts'
import {
  countWebhookRefusal,
  findWebhookSource,
  type WebhookSource,
} from '../../storage/webhook-sources.ts'
import { readBytes } from '../body.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'
import {
  type Delivered,
  parseBody,
  type Refusal,
  type Verification,
  verifyDelivery,
  verifyForNobody,
} from '../hooks/verify.ts'

const path = '/lucid/v1/hooks/{webhook_source_id}'
const maxBytes = 1_048_576

const acknowledged = z.object({
  type: z.literal('webhook_receipt'),
  id: z.string(),
  state: z.enum(['received', 'known']),
})

export const hookEndpoints = [
  defineEndpoint({
    method: 'GET',
    path,
    family: 'lucid',
    authentication: 'signature',
    scopes: [],
    summary:
      'Says nothing, whether there is such a source or not: some senders look before they send.',
    params: webhookSourcePath,
    response: z.object({}),
    handle: async () => ({}),
  }),
  defineEndpoint({
    method: 'POST',
    path,
    family: 'lucid',
    authentication: 'signature',
    scopes: [],
    summary:
      'Takes a webhook of at most 1 MiB: 202 once it is stored, 200 "known" when it was before, 401 for everything that does not hold.',
    params: webhookSourcePath,
    response: acknowledged,
    async handle({ context, params, request }) {
      const delivered = { headers: readHeaders(request), body: await readBytes(request, maxBytes) }
      const source = await verify(context, params.webhook_source_id as WebhookSourceId, delivered)
      const { isKnown, receipt } = await store(context, source, delivered)
      return Response.json(
        { type: 'webhook_receipt', id: receipt.id, state: isKnown ? 'known' : 'received' },
        { status: isKnown ? 200 : 202 },
      )
    },
  }),
]

type Verified = Extract<Verification, { type: 'verified' }> & { readonly source: WebhookSource }

/** Whatever is wrong, the sender sees one answer, after the same work. */
async function verify(
  context: ApiContext,
  id: WebhookSourceId,
  delivered: Delivered,
): Promise<Verified> {
  const source = await context.database.read((reader) => findWebhookSource(reader, id))
  if (source?.state !== 'enabled') {
    verifyForNobody(delivered)
    throw notAccepted()
  }
  const verification = await verifyDelivery(delivered, {
    scheme: source.scheme,
    secrets: source.secrets.map(({ sealed }) => context.keyring.unseal('webhook-secret', sealed)),
    now: context.clock(),
  })
  if (verification.type === 'verified') return { ...verification, source }
  count(context, source, verification.reason)
  throw notAccepted()
}

/** Nobody waits for it, so that a real source takes no longer than one that is not there. */
function count({ database, log }: ApiContext, source: WebhookSource, reason: Refusal): void {
  log.warn({ source: source.id, reason }, 'a webhook was refused')
  database
    .scratch((scratch) => countWebhookRefusal(scratch, { sourceId: source.id, reason }))
    .catch((err: unknown) => log.warn({ err }, 'a refused webhook was not counted'))
}

const notAccepted = () =>
  new DomainError(
    'unauthenticated',
    'The webhook was not accepted: there is no such source, or its signature or its time does not hold.',
  )

async function store(
  context: ApiContext,
  { source, signed, contentHash }: Verified,
  { headers, body }: Delivered,
) {
  const { reading, scheme } = source
  const parsed = parseBody(body)
  const given = {
    id: context.newId('whrcpt'),
    sourceId: source.id,
    deliveryId: readPlace(reading.deliveryId, headers, parsed) ?? contentHash,
    event: readPlace(reading.event, headers, parsed) ?? '',
    headers: chooseHeaders(headers, reading, scheme),
    signed,
    contentHash,
    body: await packBody(body),
  }
  const actor = { type: 'service_account', id: source.id } as const
  return context.database.write(actor, async (writer) => {
    const inserted = await insertWebhookReceipt(writer, toOutbox(context), given)
    if (inserted.isKnown) return inserted
    await writer.audit({
      action: 'webhook_receipt.received',
      objectType: 'webhook_receipt',
      objectId: given.id,
    })
    return inserted
  })
}

const readHeaders = (request: Request): Headers => Object.fromEntries(request.headers)

/** Signatures, cookies and the like are not kept. */
const keptHeaders = ['content-type', 'user-agent']
const mostCharacters = 500

function chooseHeaders(headers: Headers, reading: Reading, scheme: Scheme): Headers {
  const timestamp = scheme.type === 'hmac' ? scheme.timestamp : null
  const places = [reading.deliveryId, reading.event, timestamp]
  const names = [
    ...keptHeaders,
    ...(scheme.type === 'standard' ? ['webhook-timestamp'] : []),
    ...places.flatMap((place) => (place?.in === 'header' ? [place.name] : [])),
  ]
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name]
      return value === undefined ? [] : [[name, value.slice(0, mostCharacters)]]
    }),
  )
}
