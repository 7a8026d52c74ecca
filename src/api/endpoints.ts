import type { Endpoint } from './endpoint.ts'
import { apiKeyEndpoints } from './lucid/api-keys.ts'
import { webhookDeliveryEndpoints } from './lucid/webhook-deliveries.ts'
import { webhookEndpointEndpoints } from './lucid/webhook-endpoints.ts'

/** Every endpoint there is. */
export const endpoints: readonly Endpoint[] = [
  ...apiKeyEndpoints,
  ...webhookDeliveryEndpoints,
  ...webhookEndpointEndpoints,
]
