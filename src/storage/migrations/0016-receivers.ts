import type { MigrationText } from './migration.ts'

/**
 * Who may send webhooks, what they sent, and how often somebody failed to. A receipt and the job that maps it
 * stand in one transaction; a delivery is known by its id and by what was signed.
 */
export const receivers: MigrationText = {
  name: 'receivers',
  sqlite: `
CREATE TABLE webhook_sources (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  name TEXT NOT NULL,
  provider TEXT NOT NULL,
  scheme TEXT NOT NULL,
  reading TEXT NOT NULL,
  mapping TEXT,
  condition TEXT,
  secrets TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled')),
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  deleted_at TEXT
) STRICT;
CREATE UNIQUE INDEX webhook_sources_by_name ON webhook_sources (workspace_id, name)
  WHERE deleted_at IS NULL;
CREATE TABLE webhook_receipts (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  source_id TEXT NOT NULL REFERENCES webhook_sources (id),
  delivery_id TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  event TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('received', 'mapped', 'ignored', 'failed')),
  reason TEXT,
  headers TEXT NOT NULL,
  body BLOB NOT NULL,
  body_bytes INTEGER NOT NULL,
  signed INTEGER NOT NULL CHECK (signed IN (0, 1)),
  signals INTEGER NOT NULL,
  rounds INTEGER NOT NULL,
  received_at TEXT NOT NULL,
  ended_at TEXT,
  UNIQUE (source_id, delivery_id),
  UNIQUE (source_id, content_hash)
) STRICT;
CREATE INDEX webhook_receipts_by_time ON webhook_receipts (workspace_id, received_at, id);
CREATE INDEX webhook_receipts_by_source ON webhook_receipts (source_id, received_at, id);
CREATE TABLE webhook_refusals (
  source_id TEXT NOT NULL REFERENCES webhook_sources (id),
  reason TEXT NOT NULL,
  count INTEGER NOT NULL,
  last_at TEXT NOT NULL,
  PRIMARY KEY (source_id, reason)
) STRICT;
`,
  postgres: `
CREATE TABLE webhook_sources (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  name text COLLATE "C" NOT NULL,
  provider text COLLATE "C" NOT NULL,
  scheme text COLLATE "C" NOT NULL,
  reading text COLLATE "C" NOT NULL,
  mapping text COLLATE "C",
  condition text COLLATE "C",
  secrets text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('enabled', 'disabled')),
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  deleted_at text COLLATE "C"
);
CREATE UNIQUE INDEX webhook_sources_by_name ON webhook_sources (workspace_id, name)
  WHERE deleted_at IS NULL;
CREATE TABLE webhook_receipts (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  source_id text COLLATE "C" NOT NULL REFERENCES webhook_sources (id),
  delivery_id text COLLATE "C" NOT NULL,
  content_hash text COLLATE "C" NOT NULL,
  event text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('received', 'mapped', 'ignored', 'failed')),
  reason text COLLATE "C",
  headers text COLLATE "C" NOT NULL,
  body bytea NOT NULL,
  body_bytes integer NOT NULL,
  signed integer NOT NULL CHECK (signed IN (0, 1)),
  signals integer NOT NULL,
  rounds integer NOT NULL,
  received_at text COLLATE "C" NOT NULL,
  ended_at text COLLATE "C",
  UNIQUE (source_id, delivery_id),
  UNIQUE (source_id, content_hash)
);
CREATE INDEX webhook_receipts_by_time ON webhook_receipts (workspace_id, received_at, id);
CREATE INDEX webhook_receipts_by_source ON webhook_receipts (source_id, received_at, id);
CREATE TABLE webhook_refusals (
  source_id text COLLATE "C" NOT NULL REFERENCES webhook_sources (id),
  reason text COLLATE "C" NOT NULL,
  count integer NOT NULL,
  last_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (source_id, reason)
);
`,
}
