import { z } from 'zod'
import { cursor, givenId, limit, pageOf, prose } from '../v1/wire.ts'

const url = z.string().min(1).max(2_048, 'at most 2048 characters')
/** Which words there are is the handler's to check: the list is core's. */
const eventTypes = z
  .array(z.string().min(1).max(64))
  .min(1, 'at least one event type, or *')
  .max(64, 'at most 64 event types')
  .describe('types, or * for every type of the reference; dream.*, change.* must be named')

export const webhookEndpoint = z.object({
  id: z.string(),
  type: z.literal('webhook_endpoint'),
  url: z.string(),
  description: z.string(),
  event_types: z.array(z.string()),
  state: z.enum(['enabled', 'disabled']),
  disabled_reason: z.string().nullable(),
  failing_since: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
})

export const newWebhookEndpoint = z.object({
  url,
  description: prose(0, 1_024).default(''),
  event_types: eventTypes.default(['*']),
})

export const webhookEndpointPatch = z.object({
  url: url.optional(),
  description: prose(0, 1_024).optional(),
  event_types: eventTypes.optional(),
  state: z.enum(['enabled', 'disabled']).optional(),
})

/** The signing secret is in this answer and nowhere else, ever. */
export const webhookEndpointWithSecret = webhookEndpoint.extend({
  secret: z.string().describe('whsec_ and base64; shown once'),
})

export const webhookEndpointPage = z.object({ data: z.array(webhookEndpoint) })
export const webhookEndpointPath = z.object({ webhook_endpoint_id: givenId })
export const deletedWebhookEndpoint = z.object({
  id: z.string(),
  type: z.literal('webhook_endpoint_deleted'),
})

export const webhookDelivery = z.object({
  id: z.string(),
  type: z.literal('webhook_delivery'),
  webhook_endpoint_id: z.string(),
  event: z.object({
    id: z.string(),
    type: z.string(),
    object_id: z.string(),
    created_at: z.string(),
  }),
  state: z.enum(['pending', 'delivered', 'dead']),
  attempts: z.int(),
  created_at: z.string(),
  ended_at: z.string().nullable(),
})

export const webhookDeliveryWithLog = webhookDelivery.extend({
  log: z.array(
    z.object({
      attempt: z.int(),
      at: z.string(),
      status: z.int().nullable(),
      error: z.string().nullable(),
    }),
  ),
})

export const webhookDeliveryPage = pageOf(webhookDelivery)
export const webhookDeliveryPath = z.object({ webhook_delivery_id: givenId })
export const webhookDeliveryQuery = z.object({
  webhook_endpoint_id: givenId.optional(),
  state: z.enum(['pending', 'delivered', 'dead']).optional(),
  limit: limit(100, 20),
  page: cursor,
})
