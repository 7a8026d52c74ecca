import type { Migration } from './migration.ts'

/**
 * An event and a delivery for each endpoint that wanted it stand in the transaction of what happened. Every
 * attempt leaves a row.
 */
export const webhooks: Migration = {
  number: 8,
  name: 'webhooks',
  sql: `
CREATE TABLE webhook_endpoints (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  event_types TEXT NOT NULL,
  secret TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled')),
  disabled_reason TEXT,
  failing_since TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  deleted_at TEXT
) STRICT;
CREATE INDEX webhook_endpoints_by_time ON webhook_endpoints (workspace_id, created_at, id)
  WHERE deleted_at IS NULL;
CREATE TABLE webhook_events (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE TABLE webhook_deliveries (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  event_id TEXT NOT NULL REFERENCES webhook_events (id),
  endpoint_id TEXT NOT NULL REFERENCES webhook_endpoints (id),
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  ended_at TEXT,
  UNIQUE (event_id, endpoint_id)
) STRICT;
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (workspace_id, created_at, id);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, created_at, id);
CREATE TABLE webhook_attempts (
  delivery_id TEXT NOT NULL REFERENCES webhook_deliveries (id),
  attempt INTEGER NOT NULL,
  at TEXT NOT NULL,
  status INTEGER,
  error TEXT,
  PRIMARY KEY (delivery_id, attempt)
) STRICT;
`,
}
