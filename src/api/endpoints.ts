import type { Endpoint } from './endpoint.ts'
import { apiKeyEndpoints } from './lucid/api-keys.ts'
import { auditEndpoints } from './lucid/audit.ts'
import { briefEndpoints } from './lucid/briefs.ts'
import { changeEndpoints } from './lucid/changes.ts'
import { checkoutEndpoints } from './lucid/checkout.ts'
import { dreamReportEndpoints } from './lucid/dream-reports.ts'
import { dreamScheduleEndpoints } from './lucid/dream-schedules.ts'
import { selectedDreamEndpoints } from './lucid/dreams.ts'
import { endorsementEndpoints } from './lucid/endorsements.ts'
import { experimentEndpoints } from './lucid/experiments.ts'
import { exposureEndpoints } from './lucid/exposures.ts'
import { findingEndpoints } from './lucid/findings.ts'
import { hookEndpoints } from './lucid/hooks.ts'
import { importEndpoints } from './lucid/imports.ts'
import { incidentEndpoints } from './lucid/incidents.ts'
import { joinRuleEndpoints } from './lucid/join-rules.ts'
import { outcomeDefinitionEndpoints } from './lucid/outcome-definitions.ts'
import { outcomeSignalEndpoints } from './lucid/outcome-signals.ts'
import { policyEndpoints } from './lucid/policies.ts'
import { regressionEndpoints } from './lucid/regressions.ts'
import { reviewEndpoints } from './lucid/reviews.ts'
import { searchEndpoints } from './lucid/search.ts'
import { ingestEndpoints } from './lucid/sessions.ts'
import { statsEndpoints } from './lucid/stats.ts'
import { storeArchiveEndpoints } from './lucid/store-archives.ts'
import { storeDiffEndpoints } from './lucid/store-diff.ts'
import { storeRestoreEndpoints } from './lucid/store-restore.ts'
import { storeSnapshotEndpoints } from './lucid/store-snapshots.ts'
import { webhookDeliveryEndpoints } from './lucid/webhook-deliveries.ts'
import { webhookEndpointEndpoints } from './lucid/webhook-endpoints.ts'
import { webhookReceiptEndpoints } from './lucid/webhook-receipts.ts'
import { webhookSourceEndpoints } from './lucid/webhook-sources.ts'
import { withholdingEndpoints } from './lucid/withholding.ts'
import { agentEndpoints } from './v1/agents.ts'
import { dreamEndpoints } from './v1/dreams.ts'
import { environmentEndpoints } from './v1/environments.ts'
import { fileEndpoints } from './v1/files.ts'
import { memoryEndpoints } from './v1/memories.ts'
import { memoryStoreEndpoints } from './v1/memory-stores.ts'
import { memoryVersionEndpoints } from './v1/memory-versions.ts'
import { modelEndpoints } from './v1/models.ts'
import { sessionEventEndpoints } from './v1/session-events.ts'
import { sessionResourceEndpoints } from './v1/session-resources.ts'
import { sessionThreadEndpoints } from './v1/session-threads.ts'
import { sessionEndpoints } from './v1/sessions.ts'

/** Every endpoint there is. */
export const endpoints: readonly Endpoint[] = [
  ...apiKeyEndpoints,
  ...incidentEndpoints,
  ...endorsementEndpoints,
  ...auditEndpoints,
  ...briefEndpoints,
  ...changeEndpoints,
  ...reviewEndpoints,
  ...experimentEndpoints,
  ...regressionEndpoints,
  ...dreamReportEndpoints,
  ...findingEndpoints,
  ...checkoutEndpoints,
  ...exposureEndpoints,
  ...withholdingEndpoints,
  ...importEndpoints,
  ...outcomeSignalEndpoints,
  ...outcomeDefinitionEndpoints,
  ...joinRuleEndpoints,
  ...searchEndpoints,
  ...statsEndpoints,
  ...storeSnapshotEndpoints,
  ...storeDiffEndpoints,
  ...storeRestoreEndpoints,
  ...storeArchiveEndpoints,
  ...dreamEndpoints,
  ...selectedDreamEndpoints,
  ...dreamScheduleEndpoints,
  ...modelEndpoints,
  ...webhookDeliveryEndpoints,
  ...webhookEndpointEndpoints,
  ...webhookSourceEndpoints,
  ...webhookReceiptEndpoints,
  ...hookEndpoints,
  ...ingestEndpoints,
  ...policyEndpoints,
  ...memoryStoreEndpoints,
  ...memoryEndpoints,
  ...memoryVersionEndpoints,
  ...agentEndpoints,
  ...environmentEndpoints,
  ...sessionEndpoints,
  ...sessionEventEndpoints,
  ...sessionResourceEndpoints,
  ...sessionThreadEndpoints,
  ...fileEndpoints,
]
