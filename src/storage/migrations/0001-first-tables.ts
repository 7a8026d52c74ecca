import type { MigrationText } from './migration.ts'

export const firstTables: MigrationText = {
  name: 'first-tables',
  sqlite: `
CREATE TABLE imported_files (
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  sha256 TEXT NOT NULL,
  importer TEXT NOT NULL,
  format TEXT NOT NULL,
  path TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sessions INTEGER NOT NULL,
  events INTEGER NOT NULL,
  outcome_signals INTEGER NOT NULL,
  report TEXT NOT NULL,
  imported_at TEXT NOT NULL,
  PRIMARY KEY (workspace_id, sha256, importer)
) STRICT;

CREATE TABLE transcripts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('staged', 'current', 'superseded')),
  hash TEXT CHECK (hash IS NOT NULL OR state = 'staged'),
  event_count INTEGER NOT NULL,
  raw_bytes INTEGER NOT NULL,
  owner TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX transcripts_current ON transcripts (session_id) WHERE state = 'current';
CREATE INDEX transcripts_by_session ON transcripts (session_id, hash);
CREATE INDEX transcripts_staged ON transcripts (id) WHERE state = 'staged';

CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  key TEXT NOT NULL,
  format TEXT NOT NULL,
  agent_name TEXT NOT NULL,
  agent_version TEXT,
  agent_model TEXT,
  task_type TEXT,
  task_id TEXT,
  title TEXT,
  principal TEXT,
  labels TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('idle', 'terminated')),
  started_at TEXT,
  ended_at TEXT,
  transcript_id INTEGER NOT NULL REFERENCES transcripts (id),
  transcript_hash TEXT NOT NULL,
  event_count INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  start_key TEXT NOT NULL GENERATED ALWAYS AS (coalesce(started_at, '')) VIRTUAL,
  UNIQUE (workspace_id, key)
) STRICT;
CREATE INDEX sessions_by_time ON sessions (workspace_id, start_key, id);
CREATE INDEX sessions_by_agent ON sessions (workspace_id, agent_name);
CREATE INDEX sessions_by_task ON sessions (workspace_id, task_type, task_id);
CREATE INDEX sessions_by_transcript ON sessions (transcript_id);

CREATE TABLE session_events (
  transcript_id INTEGER NOT NULL REFERENCES transcripts (id),
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  processed_at TEXT,
  branch TEXT NOT NULL CHECK (branch IN ('live', 'abandoned')),
  record INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (transcript_id, seq)
) STRICT;
CREATE UNIQUE INDEX session_events_by_id ON session_events (transcript_id, id);

CREATE TABLE raw_chunks (
  transcript_id INTEGER NOT NULL REFERENCES transcripts (id),
  chunk INTEGER NOT NULL,
  first_ordinal INTEGER NOT NULL,
  count INTEGER NOT NULL,
  encoding TEXT NOT NULL CHECK (encoding = 'deflate'),
  data BLOB NOT NULL,
  PRIMARY KEY (transcript_id, chunk)
) STRICT;
CREATE UNIQUE INDEX raw_chunks_by_ordinal ON raw_chunks (transcript_id, first_ordinal);

CREATE TABLE outcome_signals (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  session_id TEXT NOT NULL REFERENCES sessions (id),
  kind TEXT NOT NULL,
  value REAL CHECK (value BETWEEN 0 AND 1),
  success INTEGER CHECK (success IN (0, 1)),
  components TEXT NOT NULL,
  decided_at TEXT,
  source TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX outcome_signals_by_session ON outcome_signals (session_id, decided_at, id);

CREATE TABLE digests (
  session_id TEXT NOT NULL,
  transcript_hash TEXT NOT NULL,
  digester_version INTEGER NOT NULL,
  encoding TEXT NOT NULL CHECK (encoding = 'deflate'),
  payload BLOB NOT NULL,
  PRIMARY KEY (session_id, transcript_hash, digester_version)
) STRICT;

CREATE TABLE memory_stores (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  metadata TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  archived_at TEXT
) STRICT;
CREATE INDEX memory_stores_by_time ON memory_stores (workspace_id, created_at, id);

CREATE TABLE memories (
  id TEXT NOT NULL PRIMARY KEY,
  store_id TEXT NOT NULL REFERENCES memory_stores (id),
  path TEXT NOT NULL,
  version_id TEXT NOT NULL REFERENCES memory_versions (id) DEFERRABLE INITIALLY DEFERRED,
  content_sha256 TEXT NOT NULL,
  content_size_bytes INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  deleted_at TEXT
) STRICT;
CREATE UNIQUE INDEX memories_by_path ON memories (store_id, path) WHERE deleted_at IS NULL;
CREATE INDEX memories_ever_at_path ON memories (store_id, path);
CREATE INDEX memories_by_version ON memories (version_id);

CREATE TABLE memory_versions (
  id TEXT NOT NULL PRIMARY KEY,
  memory_id TEXT NOT NULL REFERENCES memories (id),
  store_id TEXT NOT NULL REFERENCES memory_stores (id),
  ordinal INTEGER NOT NULL,
  operation TEXT NOT NULL CHECK (operation IN ('created', 'modified', 'deleted')),
  path TEXT,
  content TEXT,
  content_sha256 TEXT,
  content_size_bytes INTEGER,
  actor_type TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  dream_id TEXT REFERENCES dreams (id),
  created_at TEXT NOT NULL,
  redacted_at TEXT,
  UNIQUE (memory_id, ordinal)
) STRICT;
CREATE INDEX memory_versions_by_store ON memory_versions (store_id, created_at, id);
CREATE INDEX memory_versions_by_dream ON memory_versions (dream_id) WHERE dream_id IS NOT NULL;

CREATE TABLE dreams (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  ordinal INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'canceled')),
  input_store_id TEXT NOT NULL REFERENCES memory_stores (id),
  output_store_id TEXT REFERENCES memory_stores (id),
  inputs_hash TEXT NOT NULL,
  options TEXT NOT NULL,
  error TEXT,
  mined TEXT,
  reconciled TEXT,
  report TEXT,
  created_at TEXT NOT NULL,
  ended_at TEXT,
  UNIQUE (workspace_id, ordinal)
) STRICT;
CREATE INDEX dreams_by_inputs ON dreams (workspace_id, inputs_hash);

CREATE TABLE dream_sessions (
  dream_id TEXT NOT NULL REFERENCES dreams (id),
  ordinal INTEGER NOT NULL,
  session_id TEXT NOT NULL REFERENCES sessions (id),
  transcript_hash TEXT NOT NULL,
  PRIMARY KEY (dream_id, ordinal),
  UNIQUE (dream_id, session_id)
) STRICT;
CREATE INDEX dream_sessions_by_session ON dream_sessions (session_id);

CREATE TABLE findings (
  id TEXT NOT NULL PRIMARY KEY,
  dream_id TEXT NOT NULL REFERENCES dreams (id),
  ordinal INTEGER NOT NULL,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  task_type TEXT,
  grade TEXT NOT NULL CHECK (grade IN ('A', 'B', 'C', 'D')),
  title TEXT NOT NULL,
  payload TEXT NOT NULL,
  UNIQUE (dream_id, ordinal),
  UNIQUE (dream_id, key)
) STRICT;

CREATE TABLE changes (
  id TEXT NOT NULL PRIMARY KEY,
  dream_id TEXT NOT NULL REFERENCES dreams (id),
  ordinal INTEGER NOT NULL,
  key TEXT NOT NULL,
  operation TEXT NOT NULL
    CHECK (operation IN ('add', 'edit', 'merge', 'supersede', 'retire', 'move')),
  path TEXT NOT NULL,
  base_version_id TEXT REFERENCES memory_versions (id),
  base_sha256 TEXT,
  status TEXT NOT NULL
    CHECK (status IN ('proposed', 'accepted', 'rejected', 'applied', 'rolled_back')),
  payload TEXT NOT NULL,
  UNIQUE (dream_id, ordinal),
  UNIQUE (dream_id, key)
) STRICT;
CREATE INDEX changes_by_base ON changes (base_version_id) WHERE base_version_id IS NOT NULL;

CREATE TABLE evidence (
  id TEXT NOT NULL PRIMARY KEY,
  owner_type TEXT NOT NULL CHECK (owner_type IN ('finding', 'change')),
  owner_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  session_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL CHECK ("end" >= start),
  text TEXT NOT NULL,
  polarity TEXT NOT NULL CHECK (polarity IN ('supports', 'contradicts')),
  UNIQUE (owner_id, ordinal)
) STRICT;
CREATE INDEX evidence_by_session ON evidence (session_id);

CREATE TABLE audit_records (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  at TEXT NOT NULL,
  actor_type TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  action TEXT NOT NULL,
  object_type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  before_hash TEXT,
  after_hash TEXT,
  reason TEXT
) STRICT;
CREATE INDEX audit_records_by_object ON audit_records (object_type, object_id, seq);
CREATE TRIGGER audit_records_refuse_update BEFORE UPDATE ON audit_records
BEGIN
  SELECT RAISE(ABORT, 'audit_records is append-only');
END;
CREATE TRIGGER audit_records_refuse_delete BEFORE DELETE ON audit_records
BEGIN
  SELECT RAISE(ABORT, 'audit_records is append-only');
END;
CREATE TRIGGER audit_records_refuse_gap_or_replace BEFORE INSERT ON audit_records
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_records)
  OR EXISTS (SELECT 1 FROM audit_records WHERE id = NEW.id)
BEGIN
  SELECT RAISE(ABORT, 'audit_records is append-only and seq has no gaps');
END;

CREATE TABLE jobs (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  attempt INTEGER NOT NULL,
  owner TEXT,
  lease_until INTEGER,
  available_at INTEGER NOT NULL,
  error TEXT,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_queued ON jobs (available_at, created_at, id) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (lease_until) WHERE state = 'running';
`,
  postgres: `
CREATE TABLE imported_files (
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  sha256 text COLLATE "C" NOT NULL,
  importer text COLLATE "C" NOT NULL,
  format text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  bytes bigint NOT NULL,
  sessions integer NOT NULL,
  events integer NOT NULL,
  outcome_signals integer NOT NULL,
  report text COLLATE "C" NOT NULL,
  imported_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (workspace_id, sha256, importer)
);

CREATE TABLE transcripts (
  id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  session_id text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('staged', 'current', 'superseded')),
  hash text COLLATE "C" CHECK (hash IS NOT NULL OR state = 'staged'),
  event_count integer NOT NULL,
  raw_bytes bigint NOT NULL,
  owner text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX transcripts_current ON transcripts (session_id) WHERE state = 'current';
CREATE INDEX transcripts_by_session ON transcripts (session_id, hash);
CREATE INDEX transcripts_staged ON transcripts (id) WHERE state = 'staged';

CREATE TABLE sessions (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  key text COLLATE "C" NOT NULL,
  format text COLLATE "C" NOT NULL,
  agent_name text COLLATE "C" NOT NULL,
  agent_version text COLLATE "C",
  agent_model text COLLATE "C",
  task_type text COLLATE "C",
  task_id text COLLATE "C",
  title text COLLATE "C",
  principal text COLLATE "C",
  labels text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('idle', 'terminated')),
  started_at text COLLATE "C",
  ended_at text COLLATE "C",
  transcript_id bigint NOT NULL REFERENCES transcripts (id),
  transcript_hash text COLLATE "C" NOT NULL,
  event_count integer NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  start_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce(started_at, '')) STORED,
  UNIQUE (workspace_id, key)
);
CREATE INDEX sessions_by_time ON sessions (workspace_id, start_key, id);
CREATE INDEX sessions_by_agent ON sessions (workspace_id, agent_name);
CREATE INDEX sessions_by_task ON sessions (workspace_id, task_type, task_id);
CREATE INDEX sessions_by_transcript ON sessions (transcript_id);

CREATE TABLE session_events (
  transcript_id bigint NOT NULL REFERENCES transcripts (id),
  seq bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  processed_at text COLLATE "C",
  branch text COLLATE "C" NOT NULL CHECK (branch IN ('live', 'abandoned')),
  record integer NOT NULL,
  body text COLLATE "C" NOT NULL,
  PRIMARY KEY (transcript_id, seq)
);
CREATE UNIQUE INDEX session_events_by_id ON session_events (transcript_id, id);

CREATE TABLE raw_chunks (
  transcript_id bigint NOT NULL REFERENCES transcripts (id),
  chunk integer NOT NULL,
  first_ordinal integer NOT NULL,
  count integer NOT NULL,
  encoding text COLLATE "C" NOT NULL CHECK (encoding = 'deflate'),
  data bytea NOT NULL,
  PRIMARY KEY (transcript_id, chunk)
);
CREATE UNIQUE INDEX raw_chunks_by_ordinal ON raw_chunks (transcript_id, first_ordinal);

CREATE TABLE outcome_signals (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  session_id text COLLATE "C" NOT NULL REFERENCES sessions (id),
  kind text COLLATE "C" NOT NULL,
  value double precision CHECK (value BETWEEN 0 AND 1),
  success integer CHECK (success IN (0, 1)),
  components text COLLATE "C" NOT NULL,
  decided_at text COLLATE "C",
  source text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL
);
CREATE INDEX outcome_signals_by_session ON outcome_signals (session_id, decided_at, id);

CREATE TABLE digests (
  session_id text COLLATE "C" NOT NULL,
  transcript_hash text COLLATE "C" NOT NULL,
  digester_version integer NOT NULL,
  encoding text COLLATE "C" NOT NULL CHECK (encoding = 'deflate'),
  payload bytea NOT NULL,
  PRIMARY KEY (session_id, transcript_hash, digester_version)
);

CREATE TABLE memory_stores (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  name text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  metadata text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  archived_at text COLLATE "C"
);
CREATE INDEX memory_stores_by_time ON memory_stores (workspace_id, created_at, id);

CREATE TABLE memories (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  store_id text COLLATE "C" NOT NULL REFERENCES memory_stores (id),
  path text COLLATE "C" NOT NULL,
  version_id text COLLATE "C" NOT NULL,
  content_sha256 text COLLATE "C" NOT NULL,
  content_size_bytes bigint NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  deleted_at text COLLATE "C"
);
CREATE UNIQUE INDEX memories_by_path ON memories (store_id, path) WHERE deleted_at IS NULL;
CREATE INDEX memories_ever_at_path ON memories (store_id, path);
CREATE INDEX memories_by_version ON memories (version_id);

CREATE TABLE memory_versions (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  memory_id text COLLATE "C" NOT NULL REFERENCES memories (id),
  store_id text COLLATE "C" NOT NULL REFERENCES memory_stores (id),
  ordinal integer NOT NULL,
  operation text COLLATE "C" NOT NULL CHECK (operation IN ('created', 'modified', 'deleted')),
  path text COLLATE "C",
  content text COLLATE "C",
  content_sha256 text COLLATE "C",
  content_size_bytes bigint,
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  dream_id text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  redacted_at text COLLATE "C",
  UNIQUE (memory_id, ordinal)
);
CREATE INDEX memory_versions_by_store ON memory_versions (store_id, created_at, id);
CREATE INDEX memory_versions_by_dream ON memory_versions (dream_id) WHERE dream_id IS NOT NULL;

CREATE TABLE dreams (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  ordinal integer NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'canceled')),
  input_store_id text COLLATE "C" NOT NULL REFERENCES memory_stores (id),
  output_store_id text COLLATE "C" REFERENCES memory_stores (id),
  inputs_hash text COLLATE "C" NOT NULL,
  options text COLLATE "C" NOT NULL,
  error text COLLATE "C",
  mined text COLLATE "C",
  reconciled text COLLATE "C",
  report text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  ended_at text COLLATE "C",
  UNIQUE (workspace_id, ordinal)
);
CREATE INDEX dreams_by_inputs ON dreams (workspace_id, inputs_hash);

ALTER TABLE memories ADD FOREIGN KEY (version_id) REFERENCES memory_versions (id)
  DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE memory_versions ADD FOREIGN KEY (dream_id) REFERENCES dreams (id);

CREATE TABLE dream_sessions (
  dream_id text COLLATE "C" NOT NULL REFERENCES dreams (id),
  ordinal integer NOT NULL,
  session_id text COLLATE "C" NOT NULL REFERENCES sessions (id),
  transcript_hash text COLLATE "C" NOT NULL,
  PRIMARY KEY (dream_id, ordinal),
  UNIQUE (dream_id, session_id)
);
CREATE INDEX dream_sessions_by_session ON dream_sessions (session_id);

CREATE TABLE findings (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  dream_id text COLLATE "C" NOT NULL REFERENCES dreams (id),
  ordinal integer NOT NULL,
  key text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  task_type text COLLATE "C",
  grade text COLLATE "C" NOT NULL CHECK (grade IN ('A', 'B', 'C', 'D')),
  title text COLLATE "C" NOT NULL,
  payload text COLLATE "C" NOT NULL,
  UNIQUE (dream_id, ordinal),
  UNIQUE (dream_id, key)
);

CREATE TABLE changes (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  dream_id text COLLATE "C" NOT NULL REFERENCES dreams (id),
  ordinal integer NOT NULL,
  key text COLLATE "C" NOT NULL,
  operation text COLLATE "C" NOT NULL
    CHECK (operation IN ('add', 'edit', 'merge', 'supersede', 'retire', 'move')),
  path text COLLATE "C" NOT NULL,
  base_version_id text COLLATE "C" REFERENCES memory_versions (id),
  base_sha256 text COLLATE "C",
  status text COLLATE "C" NOT NULL
    CHECK (status IN ('proposed', 'accepted', 'rejected', 'applied', 'rolled_back')),
  payload text COLLATE "C" NOT NULL,
  UNIQUE (dream_id, ordinal),
  UNIQUE (dream_id, key)
);
CREATE INDEX changes_by_base ON changes (base_version_id) WHERE base_version_id IS NOT NULL;

CREATE TABLE evidence (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  owner_type text COLLATE "C" NOT NULL CHECK (owner_type IN ('finding', 'change')),
  owner_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  start integer NOT NULL,
  "end" integer NOT NULL CHECK ("end" >= start),
  text text COLLATE "C" NOT NULL,
  polarity text COLLATE "C" NOT NULL CHECK (polarity IN ('supports', 'contradicts')),
  UNIQUE (owner_id, ordinal)
);
CREATE INDEX evidence_by_session ON evidence (session_id);

CREATE TABLE audit_records (
  seq bigint PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  at text COLLATE "C" NOT NULL,
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  action text COLLATE "C" NOT NULL,
  object_type text COLLATE "C" NOT NULL,
  object_id text COLLATE "C" NOT NULL,
  before_hash text COLLATE "C",
  after_hash text COLLATE "C",
  reason text COLLATE "C"
);
CREATE INDEX audit_records_by_object ON audit_records (object_type, object_id, seq);
CREATE FUNCTION audit_records_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_records is append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER audit_records_refuse_update BEFORE UPDATE OR DELETE ON audit_records
FOR EACH ROW EXECUTE FUNCTION audit_records_refuse_change();
CREATE TRIGGER audit_records_refuse_truncate BEFORE TRUNCATE ON audit_records
FOR EACH STATEMENT EXECUTE FUNCTION audit_records_refuse_change();
CREATE FUNCTION audit_records_refuse_gap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM audit_records) THEN
    RAISE EXCEPTION 'audit_records is append-only and seq has no gaps'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER audit_records_refuse_gap BEFORE INSERT ON audit_records
FOR EACH ROW EXECUTE FUNCTION audit_records_refuse_gap();

CREATE TABLE jobs (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  kind text COLLATE "C" NOT NULL,
  payload text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
  attempt integer NOT NULL,
  owner text COLLATE "C",
  lease_until bigint,
  available_at bigint NOT NULL,
  error text COLLATE "C",
  created_at text COLLATE "C" NOT NULL
);
CREATE INDEX jobs_queued ON jobs (available_at, created_at, id) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (lease_until) WHERE state = 'running';
`,
}
