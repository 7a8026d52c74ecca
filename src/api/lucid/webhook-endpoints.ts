import type { z } from 'zod'
import {
  deletedWebhookEndpoint,
  newWebhookEndpoint,
  webhookDelivery,
  type webhookEndpoint,
  webhookEndpointPage,
  webhookEndpointPatch,
  webhookEndpointPath,
  webhookEndpoint as webhookEndpointSchema,
  webhookEndpointWithSecret,
} from '../../contract/lucid/webhooks.ts'
import { DomainError } from '../../core/errors.ts'
import type { WebhookEndpointId } from '../../core/ids.ts'
import { findTargetFault, type WebhookEventType, webhookEventTypes } from '../../core/webhooks.ts'
import { getWebhookDelivery, insertDeliveries, toOutbox } from '../../storage/webhook-deliveries.ts'
import {
  deleteWebhookEndpoint,
  getWebhookEndpoint,
  insertWebhookEndpoint,
  listWebhookEndpoints,
  updateWebhookEndpoint,
  type WebhookEndpoint,
} from '../../storage/webhook-endpoints.ts'
import type { ApiContext } from '../context.ts'
import { defineEndpoint } from '../endpoint.ts'
import { presentDelivery } from './webhook-deliveries.ts'

const family = 'lucid'
const scopes = ['admin'] as const
const base = '/lucid/v1/webhook_endpoints'

export const webhookEndpointEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: base,
    family,
    scopes,
    summary: 'All webhook endpoints, newest first.',
    response: webhookEndpointPage,
    async handle({ context }) {
      const all = await context.database.read((reader) => listWebhookEndpoints(reader))
      return { data: all.map(present) }
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: base,
    family,
    scopes,
    summary: 'Registers a webhook endpoint; its signing secret is shown only in this answer.',
    body: newWebhookEndpoint,
    response: webhookEndpointWithSecret,
    async handle({ context, actor, body }) {
      refuseTarget(context, body.url)
      refuseUnknownTypes(body.event_types)
      const { secret, sealed } = makeSecret(context)
      const endpoint = await context.database.write(actor, async (writer) => {
        const inserted = await insertWebhookEndpoint(writer, {
          id: context.newId('whend'),
          url: body.url,
          description: body.description,
          eventTypes: body.event_types,
          secret: sealed,
        })
        await writer.audit(fact('created', inserted.id))
        return inserted
      })
      return { ...present(endpoint), secret }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: `${base}/{webhook_endpoint_id}`,
    family,
    scopes,
    summary: 'One webhook endpoint.',
    params: webhookEndpointPath,
    response: webhookEndpointSchema,
    async handle({ context, params }) {
      const id = toId(params)
      return present(await context.database.read((reader) => getWebhookEndpoint(reader, id)))
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${base}/{webhook_endpoint_id}`,
    family,
    scopes,
    summary: 'Changes what is given; enabling one that was switched off lets it begin anew.',
    params: webhookEndpointPath,
    body: webhookEndpointPatch,
    response: webhookEndpointSchema,
    async handle({ context, actor, params, body }) {
      if (body.url !== undefined) refuseTarget(context, body.url)
      if (body.event_types) refuseUnknownTypes(body.event_types)
      const { url, description, event_types: eventTypes, state } = body
      return context.database.write(actor, async (writer) => {
        const updated = await updateWebhookEndpoint(writer, toId(params), {
          ...(url === undefined ? {} : { url }),
          ...(description === undefined ? {} : { description }),
          ...(eventTypes === undefined ? {} : { eventTypes }),
          ...(state === undefined ? {} : { state, ...resets[state] }),
        })
        await writer.audit(fact('updated', updated.id))
        return present(updated)
      })
    },
  }),
  defineEndpoint({
    method: 'DELETE',
    path: `${base}/{webhook_endpoint_id}`,
    family,
    scopes,
    summary: 'Removes an endpoint; its delivery log stays, what is still pending is not sent.',
    params: webhookEndpointPath,
    response: deletedWebhookEndpoint,
    async handle({ context, actor, params }) {
      const id = toId(params)
      await context.database.write(actor, async (writer) => {
        await deleteWebhookEndpoint(writer, id)
        await writer.audit(fact('deleted', id))
      })
      return { id, type: 'webhook_endpoint_deleted' as const }
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${base}/{webhook_endpoint_id}/rotate_secret`,
    family,
    scopes,
    summary:
      'A new signing secret, shown only in this answer; the old one is worth nothing at once.',
    params: webhookEndpointPath,
    response: webhookEndpointWithSecret,
    async handle({ context, actor, params }) {
      const { secret, sealed } = makeSecret(context)
      const endpoint = await context.database.write(actor, async (writer) => {
        const updated = await updateWebhookEndpoint(writer, toId(params), { secret: sealed })
        await writer.audit(fact('secret_rotated', updated.id))
        return updated
      })
      return { ...present(endpoint), secret }
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: `${base}/{webhook_endpoint_id}/test`,
    family,
    scopes,
    summary: 'Sends one lucid.ping to this endpoint, whatever it subscribed to.',
    params: webhookEndpointPath,
    response: webhookDelivery,
    async handle({ context, actor, params }) {
      return context.database.write(actor, async (writer) => {
        const { id } = await getWebhookEndpoint(writer, toId(params))
        const [deliveryId] = await insertDeliveries(writer, toOutbox(context), {
          type: 'lucid.ping',
          objectId: id,
          endpointIds: [id],
        })
        await writer.audit(fact('tested', id))
        if (deliveryId === undefined) throw new Error('One endpoint gave no delivery.')
        return presentDelivery(await getWebhookDelivery(writer, deliveryId))
      })
    },
  }),
]

/** Why it was switched off is forgotten when somebody switches it on; who switches it off says so. */
const resets = {
  enabled: { disabledReason: null, failingSince: null },
  disabled: { disabledReason: 'switched off by an administrator' },
} as const

const toId = (params: { readonly webhook_endpoint_id: string }) =>
  params.webhook_endpoint_id as WebhookEndpointId

const fact = (what: string, objectId: string) => ({
  action: `webhook_endpoint.${what}`,
  objectType: 'webhook_endpoint',
  objectId,
})

function makeSecret({ keyring }: ApiContext) {
  const bytes = Buffer.from(keyring.newSecret(), 'base64url')
  const secret = `whsec_${bytes.toString('base64')}`
  return { secret, sealed: keyring.seal('webhook-secret', secret) }
}

function refuseTarget({ settings }: ApiContext, url: string): void {
  const fault = findTargetFault(URL.parse(url), { allowPrivate: settings.allowPrivateTargets })
  if (fault !== null) {
    throw new DomainError(
      'invalid_argument',
      `url: ${fault}. Give an https URL of a public host, or a loopback address; LUCIDREAM_ALLOW_PRIVATE_TARGETS=1 allows more.`,
    )
  }
}

function refuseUnknownTypes(types: readonly string[]): void {
  const unknown = types.find(
    (type) => type !== '*' && !webhookEventTypes.includes(type as WebhookEventType),
  )
  if (unknown === undefined) return
  throw new DomainError(
    'invalid_argument',
    `event_types: there is no ${JSON.stringify(unknown).slice(0, 80)}; give * or some of ${webhookEventTypes.join(', ')}.`,
  )
}

const present = (endpoint: WebhookEndpoint): z.input<typeof webhookEndpoint> => ({
  id: endpoint.id,
  type: 'webhook_endpoint',
  url: endpoint.url,
  description: endpoint.description,
  event_types: [...endpoint.eventTypes],
  state: endpoint.state,
  disabled_reason: endpoint.disabledReason,
  failing_since: endpoint.failingSince,
  created_at: endpoint.createdAt,
  updated_at: endpoint.updatedAt,
})
