import type { Generated } from 'kysely'
import type { WebhookDeliveryId, WebhookEndpointId, WebhookEventId } from '../../core/ids.ts'
import type { WebhookEventType } from '../../core/webhooks.ts'
import type { Json, Timestamp } from './column.ts'

export interface WebhooksTables {
  webhook_endpoints: WebhookEndpointsTable
  webhook_events: WebhookEventsTable
  webhook_deliveries: WebhookDeliveriesTable
  webhook_attempts: WebhookAttemptsTable
}

export interface WebhookEndpointsTable {
  id: WebhookEndpointId
  workspace_id: Generated<string>
  url: string
  description: string
  event_types: Json
  secret: string
  state: 'enabled' | 'disabled'
  disabled_reason: string | null
  failing_since: Timestamp | null
  created_at: Timestamp
  updated_at: Timestamp
  deleted_at: Timestamp | null
}

interface WebhookEventsTable {
  id: WebhookEventId
  workspace_id: Generated<string>
  type: WebhookEventType
  object_id: string
  created_at: Timestamp
}

export interface WebhookDeliveriesTable {
  id: WebhookDeliveryId
  workspace_id: Generated<string>
  event_id: WebhookEventId
  endpoint_id: WebhookEndpointId
  state: 'pending' | 'delivered' | 'dead'
  attempts: number
  /** As many were made before the last replay. */
  attempts_before: number
  created_at: Timestamp
  ended_at: Timestamp | null
}

interface WebhookAttemptsTable {
  delivery_id: WebhookDeliveryId
  attempt: number
  at: Timestamp
  status: number | null
  error: string | null
}
