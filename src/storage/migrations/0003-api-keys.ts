import type { Migration } from './migration.ts'

/** Keys are kept as keyed hashes only; `hint` is what a person may recognise one by. */
export const apiKeys: Migration = {
  number: 3,
  name: 'api-keys',
  sql: `
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
}
