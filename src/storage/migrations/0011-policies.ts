import type { MigrationText } from './migration.ts'

/**
 * A policy's versions are never changed; its row points at the one that holds. A decision keeps its reasons as
 * rows, so that they can be counted.
 */
export const policies: MigrationText = {
  name: 'policies',
  sqlite: `
CREATE TABLE policy_versions (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  name TEXT NOT NULL,
  file TEXT NOT NULL,
  text TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX policy_versions_by_name ON policy_versions (workspace_id, name, created_at);
CREATE TABLE policies (
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  file TEXT NOT NULL,
  version_id TEXT REFERENCES policy_versions (id),
  fault TEXT,
  faulty_since TEXT,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (workspace_id, file)
) STRICT;
CREATE TABLE decisions (
  id TEXT NOT NULL PRIMARY KEY,
  change_id TEXT NOT NULL REFERENCES changes (id),
  moment TEXT NOT NULL CHECK (moment IN ('propose', 'apply')),
  verdict TEXT NOT NULL CHECK (verdict IN ('allow', 'review', 'deny')),
  risk TEXT NOT NULL CHECK (risk IN ('low', 'medium', 'high', 'critical')),
  approvals TEXT NOT NULL,
  policy_version TEXT,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX decisions_by_change ON decisions (change_id, created_at);
CREATE INDEX decisions_by_time ON decisions (created_at);
CREATE TABLE decision_reasons (
  decision_id TEXT NOT NULL REFERENCES decisions (id),
  ordinal INTEGER NOT NULL,
  rule TEXT NOT NULL,
  path TEXT NOT NULL,
  value TEXT NOT NULL,
  "limit" TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('allow', 'review', 'deny')),
  mode TEXT NOT NULL CHECK (mode IN ('enforce', 'audit')),
  PRIMARY KEY (decision_id, ordinal)
) STRICT;
`,
  postgres: `
CREATE TABLE policy_versions (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  name text COLLATE "C" NOT NULL,
  file text COLLATE "C" NOT NULL,
  text text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL
);
CREATE INDEX policy_versions_by_name ON policy_versions (workspace_id, name, created_at);
CREATE TABLE policies (
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  file text COLLATE "C" NOT NULL,
  version_id text COLLATE "C" REFERENCES policy_versions (id),
  fault text COLLATE "C",
  faulty_since text COLLATE "C",
  updated_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (workspace_id, file)
);
CREATE TABLE decisions (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  change_id text COLLATE "C" NOT NULL REFERENCES changes (id),
  moment text COLLATE "C" NOT NULL CHECK (moment IN ('propose', 'apply')),
  verdict text COLLATE "C" NOT NULL CHECK (verdict IN ('allow', 'review', 'deny')),
  risk text COLLATE "C" NOT NULL CHECK (risk IN ('low', 'medium', 'high', 'critical')),
  approvals text COLLATE "C" NOT NULL,
  policy_version text COLLATE "C",
  created_at text COLLATE "C" NOT NULL
);
CREATE INDEX decisions_by_change ON decisions (change_id, created_at);
CREATE INDEX decisions_by_time ON decisions (created_at);
CREATE TABLE decision_reasons (
  decision_id text COLLATE "C" NOT NULL REFERENCES decisions (id),
  ordinal integer NOT NULL,
  rule text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  "limit" text COLLATE "C" NOT NULL,
  verdict text COLLATE "C" NOT NULL CHECK (verdict IN ('allow', 'review', 'deny')),
  mode text COLLATE "C" NOT NULL CHECK (mode IN ('enforce', 'audit')),
  PRIMARY KEY (decision_id, ordinal)
);
`,
}
