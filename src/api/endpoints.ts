import type { Endpoint } from './endpoint.ts'
import { apiKeyEndpoints } from './lucid/api-keys.ts'
import { webhookDeliveryEndpoints } from './lucid/webhook-deliveries.ts'
import { webhookEndpointEndpoints } from './lucid/webhook-endpoints.ts'
import { memoryEndpoints } from './v1/memories.ts'
import { memoryStoreEndpoints } from './v1/memory-stores.ts'
import { memoryVersionEndpoints } from './v1/memory-versions.ts'

/** Every endpoint there is. */
export const endpoints: readonly Endpoint[] = [
  ...apiKeyEndpoints,
  ...webhookDeliveryEndpoints,
  ...webhookEndpointEndpoints,
  ...memoryStoreEndpoints,
  ...memoryEndpoints,
  ...memoryVersionEndpoints,
]
