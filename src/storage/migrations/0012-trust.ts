import type { MigrationText } from './migration.ts'

/**
 * How far a quote may be trusted stands with it; quotes from before are untrusted. An
 * incident is a revocation or an erasure with its report.
 */
export const trust: MigrationText = {
  name: 'trust',
  sqlite: `
ALTER TABLE evidence ADD COLUMN taint TEXT NOT NULL DEFAULT 'untrusted';
CREATE INDEX sessions_by_principal ON sessions (workspace_id, principal) WHERE principal IS NOT NULL;
CREATE INDEX changes_by_path ON changes (dream_id, path);
CREATE TABLE incidents (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  kind TEXT NOT NULL CHECK (kind IN ('revocation', 'erasure')),
  source TEXT NOT NULL,
  reason TEXT NOT NULL,
  report TEXT NOT NULL,
  actor_type TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX incidents_by_time ON incidents (workspace_id, kind, created_at, id);
`,
  postgres: `
ALTER TABLE evidence ADD COLUMN taint text COLLATE "C" NOT NULL DEFAULT 'untrusted';
CREATE INDEX sessions_by_principal ON sessions (workspace_id, principal) WHERE principal IS NOT NULL;
CREATE INDEX changes_by_path ON changes (dream_id, path);
CREATE TABLE incidents (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('revocation', 'erasure')),
  source text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  report text COLLATE "C" NOT NULL,
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL
);
CREATE INDEX incidents_by_time ON incidents (workspace_id, kind, created_at, id);
`,
}
