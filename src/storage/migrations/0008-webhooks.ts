import type { MigrationText } from './migration.ts'

/**
 * An event and a delivery for each endpoint that wanted it stand in the transaction of what happened. Every
 * attempt leaves a row.
 */
export const webhooks: MigrationText = {
  name: 'webhooks',
  sqlite: `
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
  attempts_before INTEGER NOT NULL,
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
  postgres: `
CREATE TABLE webhook_endpoints (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  url text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  event_types text COLLATE "C" NOT NULL,
  secret text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('enabled', 'disabled')),
  disabled_reason text COLLATE "C",
  failing_since text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  deleted_at text COLLATE "C"
);
CREATE INDEX webhook_endpoints_by_time ON webhook_endpoints (workspace_id, created_at, id)
  WHERE deleted_at IS NULL;
CREATE TABLE webhook_events (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  type text COLLATE "C" NOT NULL,
  object_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL
);
CREATE TABLE webhook_deliveries (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  event_id text COLLATE "C" NOT NULL REFERENCES webhook_events (id),
  endpoint_id text COLLATE "C" NOT NULL REFERENCES webhook_endpoints (id),
  state text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts integer NOT NULL,
  attempts_before integer NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  ended_at text COLLATE "C",
  UNIQUE (event_id, endpoint_id)
);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (workspace_id, created_at, id);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, created_at, id);
CREATE TABLE webhook_attempts (
  delivery_id text COLLATE "C" NOT NULL REFERENCES webhook_deliveries (id),
  attempt integer NOT NULL,
  at text COLLATE "C" NOT NULL,
  status integer,
  error text COLLATE "C",
  PRIMARY KEY (delivery_id, attempt)
);
`,
}
