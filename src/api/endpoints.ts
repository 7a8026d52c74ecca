import type { Endpoint } from './endpoint.ts'
import { apiKeyEndpoints } from './lucid/api-keys.ts'
import { dreamScheduleEndpoints } from './lucid/dream-schedules.ts'
import { selectedDreamEndpoints } from './lucid/dreams.ts'
import { webhookDeliveryEndpoints } from './lucid/webhook-deliveries.ts'
import { webhookEndpointEndpoints } from './lucid/webhook-endpoints.ts'
import { agentEndpoints } from './v1/agents.ts'
import { dreamEndpoints } from './v1/dreams.ts'
import { environmentEndpoints } from './v1/environments.ts'
import { memoryEndpoints } from './v1/memories.ts'
import { memoryStoreEndpoints } from './v1/memory-stores.ts'
import { memoryVersionEndpoints } from './v1/memory-versions.ts'
import { modelEndpoints } from './v1/models.ts'

/** Every endpoint there is. */
export const endpoints: readonly Endpoint[] = [
  ...apiKeyEndpoints,
  ...dreamEndpoints,
  ...selectedDreamEndpoints,
  ...dreamScheduleEndpoints,
  ...modelEndpoints,
  ...webhookDeliveryEndpoints,
  ...webhookEndpointEndpoints,
  ...memoryStoreEndpoints,
  ...memoryEndpoints,
  ...memoryVersionEndpoints,
  ...agentEndpoints,
  ...environmentEndpoints,
]
