import type { MigrationText } from './migration.ts'

/**
 * Dreams that were asked for over the wire, what they read and hold, and what starts them by itself.
 * `held_store_id` is the lock of a dream that writes into its input store; it is null again once the dream has
 * fully stopped.
 */
export const dreamsOnRequest: MigrationText = {
  name: 'dreams-on-request',
  sqlite: `
ALTER TABLE dreams ADD COLUMN origin TEXT NOT NULL DEFAULT 'cli'
  CHECK (origin IN ('cli', 'api', 'schedule'));
ALTER TABLE dreams ADD COLUMN model TEXT NOT NULL DEFAULT 'lucidream-builtin';
ALTER TABLE dreams ADD COLUMN instructions TEXT;
ALTER TABLE dreams ADD COLUMN output_behavior TEXT NOT NULL DEFAULT 'create_new'
  CHECK (output_behavior IN ('create_new', 'update_existing'));
ALTER TABLE dreams ADD COLUMN held_store_id TEXT;
ALTER TABLE dreams ADD COLUMN session_id TEXT;
ALTER TABLE dreams ADD COLUMN session_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dreams ADD COLUMN selector TEXT;
ALTER TABLE dreams ADD COLUMN schedule_id TEXT;
ALTER TABLE dreams ADD COLUMN started_at TEXT;
ALTER TABLE dreams ADD COLUMN archived_at TEXT;
UPDATE dreams SET session_count =
  (SELECT count(*) FROM dream_sessions WHERE dream_sessions.dream_id = dreams.id);
CREATE UNIQUE INDEX dreams_holding ON dreams (held_store_id) WHERE held_store_id IS NOT NULL;
CREATE INDEX dreams_by_time ON dreams (workspace_id, created_at, ordinal);
CREATE INDEX dreams_by_status ON dreams (workspace_id, status, created_at, ordinal);
CREATE INDEX dreams_by_store ON dreams (input_store_id, created_at);

CREATE TABLE dream_memories (
  dream_id TEXT NOT NULL REFERENCES dreams (id),
  memory_id TEXT NOT NULL REFERENCES memories (id),
  version_id TEXT NOT NULL REFERENCES memory_versions (id),
  path TEXT NOT NULL,
  content_sha256 TEXT NOT NULL,
  PRIMARY KEY (dream_id, path)
) STRICT;
CREATE INDEX dream_memories_by_memory ON dream_memories (memory_id);
CREATE INDEX dream_memories_by_version ON dream_memories (version_id);

CREATE INDEX sessions_by_update ON sessions (workspace_id, updated_at);

CREATE TABLE dream_schedules (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  name TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'paused')),
  paused_reason TEXT,
  cron TEXT,
  timezone TEXT NOT NULL,
  new_sessions INTEGER,
  min_interval_seconds INTEGER NOT NULL,
  memory_store_id TEXT NOT NULL REFERENCES memory_stores (id),
  selector TEXT NOT NULL,
  model TEXT NOT NULL,
  instructions TEXT,
  output_behavior TEXT NOT NULL CHECK (output_behavior IN ('create_new', 'update_existing')),
  next_fire_at TEXT,
  next_look_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  deleted_at TEXT
) STRICT;
CREATE INDEX dream_schedules_by_time ON dream_schedules (workspace_id, created_at, id);
CREATE INDEX dream_schedules_due ON dream_schedules (next_look_at)
  WHERE status = 'active' AND deleted_at IS NULL;

CREATE TABLE dream_schedule_runs (
  schedule_id TEXT NOT NULL REFERENCES dream_schedules (id),
  fire_at TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('cron', 'new_sessions')),
  outcome TEXT NOT NULL CHECK (outcome IN ('dreamt', 'skipped', 'failed')),
  missed INTEGER NOT NULL,
  dream_id TEXT REFERENCES dreams (id),
  error TEXT,
  created_at TEXT NOT NULL,
  PRIMARY KEY (schedule_id, fire_at)
) STRICT;
CREATE INDEX dream_schedule_runs_by_dream ON dream_schedule_runs (dream_id) WHERE dream_id IS NOT NULL;
`,
  postgres: `
ALTER TABLE dreams ADD COLUMN origin text COLLATE "C" NOT NULL DEFAULT 'cli'
  CHECK (origin IN ('cli', 'api', 'schedule'));
ALTER TABLE dreams ADD COLUMN model text COLLATE "C" NOT NULL DEFAULT 'lucidream-builtin';
ALTER TABLE dreams ADD COLUMN instructions text COLLATE "C";
ALTER TABLE dreams ADD COLUMN output_behavior text COLLATE "C" NOT NULL DEFAULT 'create_new'
  CHECK (output_behavior IN ('create_new', 'update_existing'));
ALTER TABLE dreams ADD COLUMN held_store_id text COLLATE "C";
ALTER TABLE dreams ADD COLUMN session_id text COLLATE "C";
ALTER TABLE dreams ADD COLUMN session_count integer NOT NULL DEFAULT 0;
ALTER TABLE dreams ADD COLUMN selector text COLLATE "C";
ALTER TABLE dreams ADD COLUMN schedule_id text COLLATE "C";
ALTER TABLE dreams ADD COLUMN started_at text COLLATE "C";
ALTER TABLE dreams ADD COLUMN archived_at text COLLATE "C";
UPDATE dreams SET session_count =
  (SELECT count(*) FROM dream_sessions WHERE dream_sessions.dream_id = dreams.id);
CREATE UNIQUE INDEX dreams_holding ON dreams (held_store_id) WHERE held_store_id IS NOT NULL;
CREATE INDEX dreams_by_time ON dreams (workspace_id, created_at, ordinal);
CREATE INDEX dreams_by_status ON dreams (workspace_id, status, created_at, ordinal);
CREATE INDEX dreams_by_store ON dreams (input_store_id, created_at);

CREATE TABLE dream_memories (
  dream_id text COLLATE "C" NOT NULL REFERENCES dreams (id),
  memory_id text COLLATE "C" NOT NULL REFERENCES memories (id),
  version_id text COLLATE "C" NOT NULL REFERENCES memory_versions (id),
  path text COLLATE "C" NOT NULL,
  content_sha256 text COLLATE "C" NOT NULL,
  PRIMARY KEY (dream_id, path)
);
CREATE INDEX dream_memories_by_memory ON dream_memories (memory_id);
CREATE INDEX dream_memories_by_version ON dream_memories (version_id);

CREATE INDEX sessions_by_update ON sessions (workspace_id, updated_at);

CREATE TABLE dream_schedules (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  name text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('active', 'paused')),
  paused_reason text COLLATE "C",
  cron text COLLATE "C",
  timezone text COLLATE "C" NOT NULL,
  new_sessions integer,
  min_interval_seconds integer NOT NULL,
  memory_store_id text COLLATE "C" NOT NULL REFERENCES memory_stores (id),
  selector text COLLATE "C" NOT NULL,
  model text COLLATE "C" NOT NULL,
  instructions text COLLATE "C",
  output_behavior text COLLATE "C" NOT NULL CHECK (output_behavior IN ('create_new', 'update_existing')),
  next_fire_at text COLLATE "C",
  next_look_at text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  deleted_at text COLLATE "C"
);
CREATE INDEX dream_schedules_by_time ON dream_schedules (workspace_id, created_at, id);
CREATE INDEX dream_schedules_due ON dream_schedules (next_look_at)
  WHERE status = 'active' AND deleted_at IS NULL;

CREATE TABLE dream_schedule_runs (
  schedule_id text COLLATE "C" NOT NULL REFERENCES dream_schedules (id),
  fire_at text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL CHECK (reason IN ('cron', 'new_sessions')),
  outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('dreamt', 'skipped', 'failed')),
  missed integer NOT NULL,
  dream_id text COLLATE "C" REFERENCES dreams (id),
  error text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (schedule_id, fire_at)
);
CREATE INDEX dream_schedule_runs_by_dream ON dream_schedule_runs (dream_id) WHERE dream_id IS NOT NULL;
`,
}
