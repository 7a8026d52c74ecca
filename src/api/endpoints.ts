import type { Endpoint } from './endpoint.ts'
import { apiKeyEndpoints } from './lucid/api-keys.ts'
import { briefEndpoints } from './lucid/briefs.ts'
import { changeEndpoints } from './lucid/changes.ts'
import { dreamReportEndpoints } from './lucid/dream-reports.ts'
import { findingEndpoints } from './lucid/findings.ts'
import { searchEndpoints } from './lucid/search.ts'
import { storeArchiveEndpoints } from './lucid/store-archives.ts'
import { storeDiffEndpoints } from './lucid/store-diff.ts'
import { storeRestoreEndpoints } from './lucid/store-restore.ts'
import { storeSnapshotEndpoints } from './lucid/store-snapshots.ts'
import { webhookDeliveryEndpoints } from './lucid/webhook-deliveries.ts'
import { webhookEndpointEndpoints } from './lucid/webhook-endpoints.ts'
import { agentEndpoints } from './v1/agents.ts'
import { environmentEndpoints } from './v1/environments.ts'
import { memoryEndpoints } from './v1/memories.ts'
import { memoryStoreEndpoints } from './v1/memory-stores.ts'
import { memoryVersionEndpoints } from './v1/memory-versions.ts'

/** Every endpoint there is. */
export const endpoints: readonly Endpoint[] = [
  ...apiKeyEndpoints,
  ...briefEndpoints,
  ...changeEndpoints,
  ...dreamReportEndpoints,
  ...findingEndpoints,
  ...searchEndpoints,
  ...storeSnapshotEndpoints,
  ...storeDiffEndpoints,
  ...storeRestoreEndpoints,
  ...storeArchiveEndpoints,
  ...webhookDeliveryEndpoints,
  ...webhookEndpointEndpoints,
  ...memoryStoreEndpoints,
  ...memoryEndpoints,
  ...memoryVersionEndpoints,
  ...agentEndpoints,
  ...environmentEndpoints,
]
