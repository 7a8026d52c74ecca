import type { z } from 'zod'
import {
  type webhookDelivery,
  webhookDeliveryPage,
  webhookDeliveryPath,
  webhookDeliveryQuery,
  webhookDelivery as webhookDeliverySchema,
  webhookDeliveryWithLog,
} from '../../contract/lucid/webhooks.ts'
import type { WebhookDeliveryId, WebhookEndpointId } from '../../core/ids.ts'
import {
  getWebhookDelivery,
  listWebhookAttempts,
  listWebhookDeliveries,
  replayWebhookDelivery,
  toOutbox,
  type WebhookDelivery,
} from '../../storage/webhook-deliveries.ts'
import { defineEndpoint } from '../endpoint.ts'
import { readCursor, writeCursor } from '../pages.ts'

const family = 'lucid'
const scopes = ['admin'] as const
const list = 'webhook_deliveries'

export const webhookDeliveryEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/webhook_deliveries',
    family,
    scopes,
    summary: 'What was sent, is to be sent or could not be sent; newest first.',
    query: webhookDeliveryQuery,
    response: webhookDeliveryPage,
    async handle({ context, query }) {
      const { keyring, database } = context
      const after =
        query.page === undefined
          ? undefined
          : (readCursor(keyring, list, query.page) as [string, WebhookDeliveryId])
      const rows = await database.read((reader) =>
        listWebhookDeliveries(reader, {
          ...(query.webhook_endpoint_id === undefined
            ? {}
            : { endpointId: query.webhook_endpoint_id as WebhookEndpointId }),
          ...(query.state === undefined ? {} : { state: query.state }),
          ...(after ? { after: { createdAt: after[0], id: after[1] } } : {}),
          limit: query.limit + 1,
        }),
      )
      const page = rows.slice(0, query.limit)
      const last = rows.length > page.length ? page.at(-1) : undefined
      return {
        data: page.map(presentDelivery),
        next_page: last ? writeCursor(keyring, list, [last.createdAt, last.id]) : null,
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/lucid/v1/webhook_deliveries/{webhook_delivery_id}',
    family,
    scopes,
    summary: 'One delivery with every attempt.',
    params: webhookDeliveryPath,
    response: webhookDeliveryWithLog,
    async handle({ context, params }) {
      const id = params.webhook_delivery_id as WebhookDeliveryId
      return context.database.read(async (reader) => ({
        ...presentDelivery(await getWebhookDelivery(reader, id)),
        log: (await listWebhookAttempts(reader, id)).map((one) => ({ ...one })),
      }))
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/lucid/v1/webhook_deliveries/{webhook_delivery_id}/replay',
    family,
    scopes,
    summary:
      'Sends a delivery once more under the same webhook-id; a pending one is left as it is.',
    params: webhookDeliveryPath,
    response: webhookDeliverySchema,
    async handle({ context, actor, params }) {
      const id = params.webhook_delivery_id as WebhookDeliveryId
      return context.database.write(actor, async (writer) => {
        const delivery = await replayWebhookDelivery(writer, toOutbox(context), id)
        await writer.audit({
          action: 'webhook_delivery.replayed',
          objectType: 'webhook_delivery',
          objectId: id,
        })
        return presentDelivery(delivery)
      })
    },
  }),
]

export const presentDelivery = (delivery: WebhookDelivery): z.input<typeof webhookDelivery> => ({
  id: delivery.id,
  type: 'webhook_delivery',
  webhook_endpoint_id: delivery.endpointId,
  event: {
    id: delivery.event.id,
    type: delivery.event.type,
    object_id: delivery.event.objectId,
    created_at: delivery.event.createdAt,
  },
  state: delivery.state,
  attempts: delivery.attempts,
  created_at: delivery.createdAt,
  ended_at: delivery.endedAt,
})
