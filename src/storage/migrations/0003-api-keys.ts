import type { MigrationText } from './migration.ts'

/** Keys are kept as keyed hashes only; `hint` is what a person may recognise one by. */
export const apiKeys: MigrationText = {
  name: 'api-keys',
  sqlite: `
CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  hint TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT,
  revoked_at TEXT
) STRICT;
CREATE INDEX api_keys_by_time ON api_keys (workspace_id, created_at, id);
`,
  postgres: `
CREATE TABLE api_keys (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  name text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL UNIQUE,
  hint text COLLATE "C" NOT NULL,
  scopes text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  expires_at text COLLATE "C",
  revoked_at text COLLATE "C"
);
CREATE INDEX api_keys_by_time ON api_keys (workspace_id, created_at, id);
`,
}
