import type { MigrationText } from './migration.ts'

/**
 * Sessions that grow while they are watched, and what they are made of: agents with versions, environments,
 * files, resources. `env_imported` stands for wherever an imported session ran.
 */
export const liveSessions: MigrationText = {
  name: 'live-sessions',
  sqlite: `
CREATE TABLE agents (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  version INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  archived_at TEXT
) STRICT;
CREATE INDEX agents_by_time ON agents (workspace_id, created_at, id);

CREATE TABLE agent_versions (
  agent_id TEXT NOT NULL REFERENCES agents (id),
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (agent_id, version)
) STRICT;

CREATE TABLE environments (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  name TEXT NOT NULL,
  description TEXT,
  metadata TEXT NOT NULL,
  config TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  archived_at TEXT,
  deleted_at TEXT
) STRICT;
CREATE INDEX environments_by_time ON environments (workspace_id, created_at, id);
INSERT INTO environments (id, name, description, metadata, config, created_at, updated_at)
VALUES ('env_imported', 'imported', 'Wherever imported sessions ran.', '{}', '{"type":"self_hosted"}',
  '2026-11-25T00:00:00.000Z', '2026-11-25T00:00:00.000Z');

CREATE TABLE files (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  state TEXT NOT NULL CHECK (state IN ('staged', 'stored')),
  filename TEXT NOT NULL,
  mime_type TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  sha256 TEXT,
  scope_id TEXT,
  created_at TEXT NOT NULL,
  expires_at TEXT,
  deleted_at TEXT
) STRICT;
CREATE INDEX files_by_time ON files (workspace_id, created_at, id);
CREATE INDEX files_by_scope ON files (scope_id, created_at, id) WHERE scope_id IS NOT NULL;
CREATE INDEX files_staged ON files (created_at) WHERE state = 'staged';

CREATE TABLE file_chunks (
  file_id TEXT NOT NULL REFERENCES files (id),
  chunk INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (file_id, chunk)
) STRICT;

ALTER TABLE sessions RENAME COLUMN status TO former_status;
ALTER TABLE sessions ADD COLUMN status TEXT NOT NULL DEFAULT 'idle'
  CHECK (status IN ('idle', 'running', 'rescheduling', 'terminated'));
UPDATE sessions SET status = former_status;
ALTER TABLE sessions DROP COLUMN former_status;
ALTER TABLE sessions ADD COLUMN live INTEGER NOT NULL DEFAULT 0 CHECK (live IN (0, 1));
ALTER TABLE sessions ADD COLUMN agent_id TEXT;
ALTER TABLE sessions ADD COLUMN agent_number INTEGER;
ALTER TABLE sessions ADD COLUMN agent_snapshot TEXT;
ALTER TABLE sessions ADD COLUMN environment_id TEXT;
ALTER TABLE sessions ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
ALTER TABLE sessions ADD COLUMN vault_ids TEXT NOT NULL DEFAULT '[]';
ALTER TABLE sessions ADD COLUMN budget TEXT;
ALTER TABLE sessions ADD COLUMN tally TEXT;
ALTER TABLE sessions ADD COLUMN archived_at TEXT;
ALTER TABLE sessions ADD COLUMN deleted_at TEXT;
ALTER TABLE sessions ADD COLUMN began_at TEXT
  GENERATED ALWAYS AS (coalesce(started_at, created_at)) VIRTUAL;
CREATE INDEX sessions_by_beginning ON sessions (workspace_id, began_at, id);
CREATE INDEX sessions_by_agent_id ON sessions (agent_id, began_at, id) WHERE agent_id IS NOT NULL;

CREATE TABLE session_resources (
  id TEXT NOT NULL PRIMARY KEY,
  session_id TEXT NOT NULL REFERENCES sessions (id),
  ordinal INTEGER NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('memory_store', 'file', 'github_repository')),
  memory_store_id TEXT,
  file_id TEXT,
  body TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  deleted_at TEXT,
  UNIQUE (session_id, ordinal)
) STRICT;
CREATE INDEX session_resources_by_store ON session_resources (memory_store_id, session_id)
  WHERE memory_store_id IS NOT NULL;

ALTER TABLE dream_sessions ADD COLUMN event_count INTEGER;
`,
  postgres: `
CREATE TABLE agents (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  version integer NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  archived_at text COLLATE "C"
);
CREATE INDEX agents_by_time ON agents (workspace_id, created_at, id);

CREATE TABLE agent_versions (
  agent_id text COLLATE "C" NOT NULL REFERENCES agents (id),
  version integer NOT NULL,
  body text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (agent_id, version)
);

CREATE TABLE environments (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  name text COLLATE "C" NOT NULL,
  description text COLLATE "C",
  metadata text COLLATE "C" NOT NULL,
  config text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  archived_at text COLLATE "C",
  deleted_at text COLLATE "C"
);
CREATE INDEX environments_by_time ON environments (workspace_id, created_at, id);
INSERT INTO environments (id, name, description, metadata, config, created_at, updated_at)
VALUES ('env_imported', 'imported', 'Wherever imported sessions ran.', '{}', '{"type":"self_hosted"}',
  '2026-11-25T00:00:00.000Z', '2026-11-25T00:00:00.000Z');

CREATE TABLE files (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  state text COLLATE "C" NOT NULL CHECK (state IN ('staged', 'stored')),
  filename text COLLATE "C" NOT NULL,
  mime_type text COLLATE "C" NOT NULL,
  size_bytes bigint NOT NULL,
  sha256 text COLLATE "C",
  scope_id text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  expires_at text COLLATE "C",
  deleted_at text COLLATE "C"
);
CREATE INDEX files_by_time ON files (workspace_id, created_at, id);
CREATE INDEX files_by_scope ON files (scope_id, created_at, id) WHERE scope_id IS NOT NULL;
CREATE INDEX files_staged ON files (created_at) WHERE state = 'staged';

CREATE TABLE file_chunks (
  file_id text COLLATE "C" NOT NULL REFERENCES files (id),
  chunk integer NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (file_id, chunk)
);

ALTER TABLE sessions RENAME COLUMN status TO former_status;
ALTER TABLE sessions ADD COLUMN status text COLLATE "C" NOT NULL DEFAULT 'idle'
  CHECK (status IN ('idle', 'running', 'rescheduling', 'terminated'));
UPDATE sessions SET status = former_status;
ALTER TABLE sessions DROP COLUMN former_status;
ALTER TABLE sessions ADD COLUMN live integer NOT NULL DEFAULT 0 CHECK (live IN (0, 1));
ALTER TABLE sessions ADD COLUMN agent_id text COLLATE "C";
ALTER TABLE sessions ADD COLUMN agent_number integer;
ALTER TABLE sessions ADD COLUMN agent_snapshot text COLLATE "C";
ALTER TABLE sessions ADD COLUMN environment_id text COLLATE "C";
ALTER TABLE sessions ADD COLUMN metadata text COLLATE "C" NOT NULL DEFAULT '{}';
ALTER TABLE sessions ADD COLUMN vault_ids text COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE sessions ADD COLUMN budget text COLLATE "C";
ALTER TABLE sessions ADD COLUMN tally text COLLATE "C";
ALTER TABLE sessions ADD COLUMN archived_at text COLLATE "C";
ALTER TABLE sessions ADD COLUMN deleted_at text COLLATE "C";
ALTER TABLE sessions ADD COLUMN began_at text COLLATE "C"
  GENERATED ALWAYS AS (coalesce(started_at, created_at)) STORED;
CREATE INDEX sessions_by_beginning ON sessions (workspace_id, began_at, id);
CREATE INDEX sessions_by_agent_id ON sessions (agent_id, began_at, id) WHERE agent_id IS NOT NULL;

CREATE TABLE session_resources (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  session_id text COLLATE "C" NOT NULL REFERENCES sessions (id),
  ordinal integer NOT NULL,
  type text COLLATE "C" NOT NULL CHECK (type IN ('memory_store', 'file', 'github_repository')),
  memory_store_id text COLLATE "C",
  file_id text COLLATE "C",
  body text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  deleted_at text COLLATE "C",
  UNIQUE (session_id, ordinal)
);
CREATE INDEX session_resources_by_store ON session_resources (memory_store_id, session_id)
  WHERE memory_store_id IS NOT NULL;

ALTER TABLE dream_sessions ADD COLUMN event_count integer;
`,
}
