-- The schema after all migrations. Written by scripts/generate.ts; not edited by hand.

CREATE TABLE agent_versions (
  agent_id TEXT NOT NULL REFERENCES agents (id),
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (agent_id, version)
) STRICT;

CREATE TABLE agents (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  version INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  archived_at TEXT
) STRICT;
CREATE INDEX agents_by_time ON agents (workspace_id, created_at, id);

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
, owner TEXT, role_names TEXT NOT NULL DEFAULT '[]', group_names TEXT NOT NULL DEFAULT '[]') STRICT;
CREATE INDEX api_keys_by_time ON api_keys (workspace_id, created_at, id);

CREATE TABLE audit_checkpoints (
  size INTEGER PRIMARY KEY,
  root TEXT NOT NULL CHECK (length(root) = 64),
  note TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE audit_records (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  at TEXT NOT NULL,
  actor_type TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  action TEXT NOT NULL,
  object_type TEXT NOT NULL,
  object_id TEXT NOT NULL, workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default', before_commitment TEXT, after_commitment TEXT, reason_commitment TEXT, leaf TEXT CHECK (length(leaf) = 64)) STRICT;
CREATE INDEX audit_records_by_action ON audit_records (action, seq);
CREATE INDEX audit_records_by_actor ON audit_records (actor_id, seq);
CREATE INDEX audit_records_by_object ON audit_records (object_type, object_id, seq);
CREATE INDEX audit_records_by_time ON audit_records (at, seq);
CREATE INDEX audit_records_without_leaf ON audit_records (seq) WHERE leaf IS NULL;
CREATE TRIGGER audit_records_refuse_delete BEFORE DELETE ON audit_records
BEGIN
  SELECT RAISE(ABORT, 'audit_records is append-only');
END;
CREATE TRIGGER audit_records_refuse_gap_or_replace BEFORE INSERT ON audit_records
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_records)
  OR EXISTS (SELECT 1 FROM audit_records WHERE id = NEW.id) OR NEW.leaf IS NULL
BEGIN
  SELECT RAISE(ABORT, 'audit_records is append-only, seq has no gaps, and every record has its leaf');
END;
CREATE TRIGGER audit_records_refuse_update BEFORE UPDATE ON audit_records
WHEN OLD.leaf IS NOT NULL OR NEW.leaf IS NULL OR NEW.seq IS NOT OLD.seq OR NEW.id IS NOT OLD.id
  OR NEW.at IS NOT OLD.at OR NEW.actor_type IS NOT OLD.actor_type OR NEW.actor_id IS NOT OLD.actor_id
  OR NEW.action IS NOT OLD.action OR NEW.object_type IS NOT OLD.object_type
  OR NEW.object_id IS NOT OLD.object_id OR NEW.workspace_id IS NOT OLD.workspace_id
BEGIN
  SELECT RAISE(ABORT, 'audit_records is append-only');
END;

CREATE TABLE audit_salts (
  seq INTEGER PRIMARY KEY REFERENCES audit_records (seq),
  salt TEXT NOT NULL CHECK (length(salt) = 32),
  before_hash TEXT,
  after_hash TEXT,
  reason TEXT
) STRICT;
CREATE TRIGGER audit_salts_refuse_update BEFORE UPDATE ON audit_salts
BEGIN
  SELECT RAISE(ABORT, 'audit_salts may be deleted and not changed');
END;

CREATE TABLE audit_tiles (
  level INTEGER NOT NULL CHECK (level > 0 AND level % 8 = 0),
  at INTEGER NOT NULL,
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  PRIMARY KEY (level, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE change_write_parts (
  write_id TEXT NOT NULL REFERENCES change_writes (id),
  ordinal INTEGER NOT NULL,
  owner_id TEXT NOT NULL,
  edits TEXT NOT NULL,
  PRIMARY KEY (write_id, ordinal)
) STRICT;
CREATE INDEX change_write_parts_by_owner ON change_write_parts (owner_id, write_id);

CREATE TABLE change_writes (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  store_id TEXT NOT NULL REFERENCES memory_stores (id),
  ordinal INTEGER NOT NULL,
  dream_id TEXT NOT NULL REFERENCES dreams (id),
  kind TEXT NOT NULL CHECK (kind IN ('apply', 'roll_back', 'restore')),
  path TEXT NOT NULL,
  memory_id TEXT NOT NULL REFERENCES memories (id),
  version_before TEXT,
  version_after TEXT,
  bytes_added INTEGER NOT NULL,
  bytes_removed INTEGER NOT NULL,
  actor_type TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  UNIQUE (store_id, ordinal)
) STRICT;
CREATE INDEX change_writes_by_dream ON change_writes (dream_id, ordinal);
CREATE INDEX change_writes_by_memory ON change_writes (memory_id, ordinal);
CREATE INDEX change_writes_by_path ON change_writes (store_id, path, ordinal);

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
  payload TEXT NOT NULL, round INTEGER NOT NULL DEFAULT 0, status_reason TEXT, taint TEXT, verdict TEXT CHECK (verdict IN ('allow', 'review', 'deny')), due_at TEXT,
  UNIQUE (dream_id, ordinal),
  UNIQUE (dream_id, key)
) STRICT;
CREATE INDEX changes_by_base ON changes (base_version_id) WHERE base_version_id IS NOT NULL;
CREATE INDEX changes_by_path ON changes (dream_id, path);
CREATE INDEX changes_due ON changes (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE critiques (
  change_id TEXT NOT NULL REFERENCES changes (id),
  round INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  critic TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'revise', 'reject')),
  explanation TEXT NOT NULL,
  PRIMARY KEY (change_id, round, ordinal)
) STRICT;
CREATE VIEW database_size AS
  SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size;

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

CREATE TABLE decisions (
  id TEXT NOT NULL PRIMARY KEY,
  change_id TEXT NOT NULL REFERENCES changes (id),
  verdict TEXT NOT NULL CHECK (verdict IN ('allow', 'review', 'deny')),
  risk TEXT NOT NULL CHECK (risk IN ('low', 'medium', 'high', 'critical')),
  approvals TEXT NOT NULL,
  policy_version TEXT,
  created_at TEXT NOT NULL
, moment TEXT NOT NULL DEFAULT 'try'
  CHECK (moment IN ('propose', 'apply', 'try'))) STRICT;
CREATE INDEX decisions_by_change ON decisions (change_id, created_at);
CREATE INDEX decisions_by_time ON decisions (created_at);

CREATE TABLE digest_batches (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  head TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE digests (
  session_id TEXT NOT NULL,
  transcript_hash TEXT NOT NULL,
  digester_version INTEGER NOT NULL,
  batch_id INTEGER NOT NULL REFERENCES digest_batches (id),
  place INTEGER NOT NULL,
  PRIMARY KEY (session_id, transcript_hash, digester_version)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE dream_sessions (
  dream_id TEXT NOT NULL REFERENCES dreams (id),
  ordinal INTEGER NOT NULL,
  session_id TEXT NOT NULL REFERENCES sessions (id),
  transcript_hash TEXT NOT NULL, event_count INTEGER,
  PRIMARY KEY (dream_id, ordinal),
  UNIQUE (dream_id, session_id)
) STRICT;
CREATE INDEX dream_sessions_by_session ON dream_sessions (session_id);

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
  ended_at TEXT, origin TEXT NOT NULL DEFAULT 'cli'
  CHECK (origin IN ('cli', 'api', 'schedule')), model TEXT NOT NULL DEFAULT 'lucidream-builtin', instructions TEXT, output_behavior TEXT NOT NULL DEFAULT 'create_new'
  CHECK (output_behavior IN ('create_new', 'update_existing')), held_store_id TEXT, session_id TEXT, session_count INTEGER NOT NULL DEFAULT 0, selector TEXT, schedule_id TEXT, started_at TEXT, archived_at TEXT, experiment_id TEXT REFERENCES experiments (id),
  UNIQUE (workspace_id, ordinal)
) STRICT;
CREATE INDEX dreams_by_experiment ON dreams (experiment_id, ordinal) WHERE experiment_id IS NOT NULL;
CREATE INDEX dreams_by_inputs ON dreams (workspace_id, inputs_hash);
CREATE INDEX dreams_by_status ON dreams (workspace_id, status, created_at, ordinal);
CREATE INDEX dreams_by_store ON dreams (input_store_id, created_at);
CREATE INDEX dreams_by_time ON dreams (workspace_id, created_at, ordinal);
CREATE UNIQUE INDEX dreams_holding ON dreams (held_store_id) WHERE held_store_id IS NOT NULL;

CREATE TABLE endorsements (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  store_id TEXT NOT NULL REFERENCES memory_stores (id),
  memory_id TEXT NOT NULL REFERENCES memories (id),
  version_id TEXT NOT NULL REFERENCES memory_versions (id),
  whole INTEGER NOT NULL CHECK (whole IN (0, 1)),
  content_sha256 TEXT NOT NULL,
  lines TEXT NOT NULL,
  line_count INTEGER NOT NULL,
  taint_before TEXT NOT NULL,
  taint TEXT NOT NULL,
  person TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor_type TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  voided_at TEXT,
  void_reason TEXT
) STRICT;
CREATE INDEX endorsements_by_memory ON endorsements (memory_id, voided_at);
CREATE INDEX endorsements_by_store ON endorsements (store_id, created_at);

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
  polarity TEXT NOT NULL CHECK (polarity IN ('supports', 'contradicts')), taint TEXT NOT NULL DEFAULT 'untrusted',
  UNIQUE (owner_id, ordinal)
) STRICT;
CREATE INDEX evidence_by_session ON evidence (session_id);

CREATE TABLE experiment_arms (
  experiment_id TEXT NOT NULL REFERENCES experiments (id),
  arm TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  overlay_store_id TEXT REFERENCES memory_stores (id),
  created_at TEXT NOT NULL, collected_at TEXT, collected_versions TEXT,
  PRIMARY KEY (experiment_id, arm)
) STRICT;
CREATE INDEX experiment_arms_by_overlay ON experiment_arms (overlay_store_id);

CREATE TABLE experiment_changes (
  experiment_id TEXT NOT NULL REFERENCES experiments (id),
  ordinal INTEGER NOT NULL,
  change_id TEXT NOT NULL REFERENCES changes (id),
  change_hash TEXT NOT NULL,
  ready_at INTEGER,
  proven_at INTEGER,
  closed_at INTEGER,
  verdict TEXT CHECK (verdict IN ('promote', 'rollback', 'inconclusive', 'void')), leave_one_out TEXT,
  PRIMARY KEY (experiment_id, ordinal)
) STRICT;
CREATE INDEX experiment_changes_by_change ON experiment_changes (change_id);

CREATE TABLE experiment_commits (
  experiment_id TEXT NOT NULL REFERENCES experiments (id),
  ordinal INTEGER NOT NULL,
  value REAL NOT NULL CHECK (value BETWEEN 0 AND 1),
  missing INTEGER NOT NULL CHECK (missing IN (0, 1)),
  scores TEXT NOT NULL,
  hard_stop TEXT,
  late_value REAL,
  late_at TEXT,
  committed_at TEXT NOT NULL,
  readings TEXT NOT NULL,
  PRIMARY KEY (experiment_id, ordinal)
) STRICT;
CREATE INDEX experiment_commits_missing ON experiment_commits (experiment_id, late_value) WHERE missing = 1;

CREATE TABLE experiment_decisions (
  experiment_id TEXT NOT NULL REFERENCES experiments (id),
  ordinal INTEGER NOT NULL,
  kind TEXT NOT NULL,
  frontier INTEGER NOT NULL,
  detail TEXT NOT NULL,
  actor_type TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (experiment_id, ordinal)
) STRICT;

CREATE TABLE experiment_states (
  experiment_id TEXT NOT NULL REFERENCES experiments (id),
  test TEXT NOT NULL,
  frontier INTEGER NOT NULL,
  state TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (experiment_id, test)
) STRICT;

CREATE TABLE experiment_units (
  experiment_id TEXT NOT NULL REFERENCES experiments (id),
  ordinal INTEGER NOT NULL,
  unit TEXT NOT NULL,
  stratum TEXT NOT NULL,
  principal TEXT,
  arm TEXT NOT NULL,
  stage INTEGER NOT NULL,
  pi REAL NOT NULL,
  assigned_at TEXT NOT NULL,
  deadline_at TEXT NOT NULL,
  PRIMARY KEY (experiment_id, ordinal),
  UNIQUE (experiment_id, unit)
) STRICT;

CREATE TABLE experiments (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  store_id TEXT NOT NULL REFERENCES memory_stores (id),
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'running', 'paused', 'promoted', 'rolled_back', 'inconclusive', 'void')),
  unit TEXT NOT NULL CHECK (unit IN ('session', 'actor', 'workspace', 'block')),
  salt TEXT NOT NULL,
  settings TEXT NOT NULL,
  incumbent_snapshot_id TEXT REFERENCES memory_snapshots (id),
  stage INTEGER NOT NULL,
  verdict TEXT,
  created_by_type TEXT NOT NULL,
  created_by_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  started_at TEXT,
  ended_at TEXT,
  promoted_content_hash TEXT,
  holdback_from INTEGER,
  holdback_until TEXT,
  holdback_ended_at TEXT
) STRICT;
CREATE INDEX experiments_by_store ON experiments (store_id, state);
CREATE INDEX experiments_by_time ON experiments (workspace_id, created_at, id);
CREATE INDEX experiments_open ON experiments (id)
  WHERE (state in ('running', 'paused') or (state = 'promoted' and holdback_ended_at is null));

CREATE TABLE exposures (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  store_id TEXT NOT NULL REFERENCES memory_stores (id),
  experiment_id TEXT REFERENCES experiments (id),
  unit_ordinal INTEGER,
  unit TEXT NOT NULL,
  arm TEXT,
  session_id TEXT REFERENCES sessions (id),
  content_hash TEXT NOT NULL,
  via TEXT NOT NULL CHECK (via IN ('session', 'checkout', 'mcp', 'file_sync', 'hook')),
  withheld TEXT NOT NULL,
  assigned_at TEXT NOT NULL,
  delivered_at TEXT,
  confirmed_at TEXT
, washout INTEGER NOT NULL DEFAULT 0 CHECK (washout IN (0, 1)), task_type TEXT) STRICT;
CREATE INDEX exposures_by_session ON exposures (session_id);
CREATE INDEX exposures_by_store ON exposures (store_id, assigned_at, id);
CREATE INDEX exposures_by_store_unit ON exposures (store_id, unit, assigned_at, id);
CREATE INDEX exposures_by_unit ON exposures (experiment_id, unit_ordinal);
CREATE INDEX exposures_of_sessions ON exposures (experiment_id, session_id) WHERE session_id IS NOT NULL;

CREATE TABLE file_chunks (
  file_id TEXT NOT NULL REFERENCES files (id),
  chunk INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (file_id, chunk)
) STRICT;

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
CREATE INDEX files_by_scope ON files (scope_id, created_at, id) WHERE scope_id IS NOT NULL;
CREATE INDEX files_by_time ON files (workspace_id, created_at, id);
CREATE INDEX files_staged ON files (created_at) WHERE state = 'staged';

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

CREATE TABLE import_progress (
  import_id TEXT NOT NULL PRIMARY KEY,
  bytes_done INTEGER NOT NULL,
  bytes_total INTEGER,
  sessions INTEGER NOT NULL,
  events INTEGER NOT NULL
) STRICT;

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

CREATE TABLE imports (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  state TEXT NOT NULL
    CHECK (state IN ('queued', 'running', 'completed', 'failed', 'canceled')),
  source TEXT NOT NULL CHECK (source IN ('upload', 'path')),
  name TEXT NOT NULL,
  sha256 TEXT,
  program TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  file_id TEXT REFERENCES files (id),
  cancel_requested_at TEXT,
  result TEXT,
  error TEXT,
  created_at TEXT NOT NULL,
  ended_at TEXT
) STRICT;
CREATE INDEX imports_by_content ON imports (workspace_id, sha256, program) WHERE sha256 IS NOT NULL;
CREATE INDEX imports_by_time ON imports (workspace_id, created_at, id);

CREATE TABLE incidents (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  source TEXT NOT NULL,
  reason TEXT NOT NULL,
  report TEXT NOT NULL,
  actor_type TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  created_at TEXT NOT NULL
, kind TEXT NOT NULL DEFAULT 'regression'
  CHECK (kind IN ('revocation', 'erasure', 'regression'))) STRICT;
CREATE INDEX incidents_by_time ON incidents (workspace_id, kind, created_at, id);

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

CREATE TABLE join_rules (
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  name TEXT NOT NULL,
  rule TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (workspace_id, name)
) STRICT;

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
CREATE INDEX memories_by_version ON memories (version_id);

CREATE TABLE memory_snapshots (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  store_id TEXT NOT NULL REFERENCES memory_stores (id),
  name TEXT NOT NULL,
  at TEXT NOT NULL,
  version_ids TEXT NOT NULL,
  memories INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX memory_snapshots_by_store ON memory_snapshots (store_id, created_at, id);

CREATE TABLE memory_stores (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  metadata TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  archived_at TEXT
, deleted_at TEXT, live_memories INTEGER NOT NULL DEFAULT 0, memories_ever INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX memory_stores_by_time ON memory_stores (workspace_id, created_at, id)
  WHERE deleted_at IS NULL;
CREATE INDEX memory_stores_open ON memory_stores (workspace_id, created_at, id)
  WHERE deleted_at IS NULL AND archived_at IS NULL;

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
  redacted_at TEXT, session_id TEXT, redacted_by_type TEXT, redacted_by_id TEXT,
  UNIQUE (memory_id, ordinal)
) STRICT;
CREATE INDEX memory_versions_by_actor
  ON memory_versions (store_id, actor_id, created_at, ordinal, id);
CREATE INDEX memory_versions_by_dream ON memory_versions (dream_id) WHERE dream_id IS NOT NULL;
CREATE INDEX memory_versions_by_memory
  ON memory_versions (memory_id, created_at, ordinal, id);
CREATE INDEX memory_versions_by_operation
  ON memory_versions (store_id, operation, created_at, ordinal, id);
CREATE INDEX memory_versions_by_session
  ON memory_versions (store_id, session_id, created_at, ordinal, id) WHERE session_id IS NOT NULL;
CREATE INDEX memory_versions_by_store
  ON memory_versions (store_id, created_at, ordinal, id);

CREATE TABLE migrations (
  number INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  applied_at TEXT NOT NULL
) STRICT;

CREATE TABLE outcome_definitions (
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  definition TEXT NOT NULL,
  created_by_type TEXT NOT NULL,
  created_by_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (workspace_id, name, version)
) STRICT;

CREATE TABLE "outcome_signals" (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  session_id TEXT REFERENCES sessions (id),
  kind TEXT NOT NULL,
  value REAL CHECK (value BETWEEN 0 AND 1),
  success INTEGER CHECK (success IN (0, 1)),
  components TEXT NOT NULL,
  decided_at TEXT,
  source TEXT NOT NULL,
  created_at TEXT NOT NULL,
  idempotency_key TEXT,
  principal TEXT,
  signed INTEGER NOT NULL DEFAULT 0 CHECK (signed IN (0, 1)),
  subjects TEXT NOT NULL DEFAULT '[]',
  explanation TEXT,
  final INTEGER CHECK (final IN (0, 1)),
  unmatched_reason TEXT
) STRICT;
CREATE UNIQUE INDEX outcome_signals_by_key ON outcome_signals (workspace_id, source, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX outcome_signals_by_kind ON outcome_signals (kind, created_at, id);
CREATE INDEX outcome_signals_by_session ON outcome_signals (session_id, decided_at, id);
CREATE INDEX outcome_signals_by_time ON outcome_signals (created_at, id);
CREATE INDEX outcome_signals_unmatched ON outcome_signals (created_at, id) WHERE unmatched_reason IS NOT NULL;
CREATE TRIGGER outcome_signals_retallied AFTER UPDATE OF session_id, unmatched_reason ON outcome_signals BEGIN
  UPDATE tallies SET count = count - 1 WHERE what = 'signals' AND name IN (OLD.source, '*')
    AND state = CASE WHEN OLD.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN OLD.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END;
  INSERT INTO tallies (what, name, state, count) VALUES
    ('signals', NEW.source, CASE WHEN NEW.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN NEW.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, 1),
    ('signals', '*', CASE WHEN NEW.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN NEW.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, 1)
    ON CONFLICT (what, name, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER outcome_signals_tallied AFTER INSERT ON outcome_signals BEGIN
  INSERT INTO tallies (what, name, state, count) VALUES
    ('signals', NEW.source, CASE WHEN NEW.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN NEW.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, 1),
    ('signals', '*', CASE WHEN NEW.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN NEW.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, 1)
    ON CONFLICT (what, name, state) DO UPDATE SET count = count + 1;
END;

CREATE TABLE policies (
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  file TEXT NOT NULL,
  version_id TEXT REFERENCES policy_versions (id),
  fault TEXT,
  faulty_since TEXT,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (workspace_id, file)
) STRICT;

CREATE TABLE policy_versions (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  name TEXT NOT NULL,
  file TEXT NOT NULL,
  text TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at TEXT NOT NULL
, loaded_by_type TEXT, loaded_by_id TEXT) STRICT;
CREATE INDEX policy_versions_by_name ON policy_versions (workspace_id, name, created_at);

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

CREATE TABLE rejoin_marks (
  workspace_id TEXT NOT NULL PRIMARY KEY DEFAULT 'wrkspc_default',
  revision INTEGER NOT NULL,
  through TEXT
) STRICT;

CREATE TABLE reviews (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  change_id TEXT NOT NULL REFERENCES changes (id),
  dream_id TEXT NOT NULL REFERENCES dreams (id),
  ordinal INTEGER NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'reject', 'edit')),
  actor_type TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  reason TEXT,
  overrules INTEGER NOT NULL CHECK (overrules IN (0, 1)),
  edited_from TEXT,
  change_hash TEXT NOT NULL,
  evidence_hash TEXT NOT NULL,
  support INTEGER NOT NULL,
  policy_version TEXT,
  approval_hash TEXT,
  expires_at TEXT,
  voided_at TEXT,
  void_reason TEXT,
  created_at TEXT NOT NULL, bypasses INTEGER NOT NULL DEFAULT 0 CHECK (bypasses IN (0, 1)),
  UNIQUE (change_id, ordinal)
) STRICT;
CREATE INDEX reviews_by_dream ON reviews (dream_id, change_id);

CREATE TABLE search_documents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('memory', 'event')),
  owner_id TEXT NOT NULL,
  object_id TEXT NOT NULL,
  transcript_id INTEGER,
  UNIQUE (owner_id, object_id)
) STRICT;

CREATE VIRTUAL TABLE search_index USING fts5(
  words, content = '', contentless_delete = 1, tokenize = 'ascii'
);

CREATE TABLE 'search_index_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE 'search_index_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'search_index_docsize'(id INTEGER PRIMARY KEY, sz BLOB, origin INTEGER);

CREATE TABLE 'search_index_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TABLE search_old_memories (memory_id TEXT NOT NULL PRIMARY KEY) STRICT;

CREATE TABLE search_queue (
  session_id TEXT NOT NULL PRIMARY KEY,
  ticket INTEGER NOT NULL,
  queued_at TEXT NOT NULL
) STRICT;
CREATE INDEX search_queue_by_time ON search_queue (queued_at, session_id);

CREATE TABLE search_sessions (
  session_id TEXT NOT NULL PRIMARY KEY,
  transcript_id INTEGER NOT NULL,
  indexed_events INTEGER NOT NULL
) STRICT;

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

CREATE TABLE session_key_marks (
  session_id TEXT NOT NULL PRIMARY KEY,
  transcript_id INTEGER NOT NULL,
  events INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT;

CREATE TABLE session_key_queue (
  session_id TEXT NOT NULL PRIMARY KEY,
  ticket INTEGER NOT NULL,
  queued_at TEXT NOT NULL
) STRICT;
CREATE INDEX session_key_queue_by_time ON session_key_queue (queued_at, session_id);

CREATE TABLE session_keys (
  session_id TEXT NOT NULL REFERENCES sessions (id),
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  via TEXT NOT NULL,
  confidence TEXT NOT NULL CHECK (confidence IN ('exact', 'strong', 'weak')),
  PRIMARY KEY (session_id, type, value, via)
) STRICT;
CREATE INDEX session_keys_by_value ON session_keys (type, value, session_id);

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
  started_at TEXT,
  ended_at TEXT,
  transcript_id INTEGER NOT NULL REFERENCES transcripts (id),
  transcript_hash TEXT NOT NULL,
  event_count INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  start_key TEXT NOT NULL GENERATED ALWAYS AS (coalesce(started_at, '')) VIRTUAL, status TEXT NOT NULL DEFAULT 'idle'
  CHECK (status IN ('idle', 'running', 'rescheduling', 'terminated')), live INTEGER NOT NULL DEFAULT 0 CHECK (live IN (0, 1)), agent_id TEXT, agent_number INTEGER, agent_snapshot TEXT, environment_id TEXT, metadata TEXT NOT NULL DEFAULT '{}', vault_ids TEXT NOT NULL DEFAULT '[]', budget TEXT, tally TEXT, archived_at TEXT, deleted_at TEXT, began_at TEXT
  GENERATED ALWAYS AS (coalesce(started_at, created_at)) VIRTUAL,
  UNIQUE (workspace_id, key)
) STRICT;
CREATE INDEX sessions_by_agent ON sessions (workspace_id, agent_name);
CREATE INDEX sessions_by_agent_id ON sessions (agent_id, began_at, id) WHERE agent_id IS NOT NULL;
CREATE INDEX sessions_by_beginning ON sessions (workspace_id, began_at, id);
CREATE INDEX sessions_by_principal ON sessions (workspace_id, principal) WHERE principal IS NOT NULL;
CREATE INDEX sessions_by_task ON sessions (workspace_id, task_type, task_id);
CREATE INDEX sessions_by_time ON sessions (workspace_id, start_key, id);
CREATE INDEX sessions_by_transcript ON sessions (transcript_id);
CREATE INDEX sessions_by_update ON sessions (workspace_id, updated_at);
CREATE TRIGGER session_keys_added AFTER INSERT ON sessions BEGIN
  INSERT INTO session_key_queue (session_id, ticket, queued_at) VALUES (NEW.id, 1, NEW.updated_at)
    ON CONFLICT (session_id) DO UPDATE SET ticket = session_key_queue.ticket + 1;
END;
CREATE TRIGGER session_keys_changed AFTER UPDATE OF transcript_id, event_count, metadata, labels, deleted_at ON sessions BEGIN
  INSERT INTO session_key_queue (session_id, ticket, queued_at) VALUES (NEW.id, 1, NEW.updated_at)
    ON CONFLICT (session_id) DO UPDATE SET ticket = session_key_queue.ticket + 1;
END;
CREATE TRIGGER sessions_queue_insert AFTER INSERT ON sessions
BEGIN
  INSERT INTO search_queue (session_id, ticket, queued_at) VALUES (NEW.id, 1, NEW.updated_at)
  ON CONFLICT (session_id) DO UPDATE SET ticket = ticket + 1;
END;
CREATE TRIGGER sessions_queue_update
AFTER UPDATE OF transcript_id, event_count, deleted_at ON sessions
BEGIN
  INSERT INTO search_queue (session_id, ticket, queued_at) VALUES (NEW.id, 1, NEW.updated_at)
  ON CONFLICT (session_id) DO UPDATE SET ticket = ticket + 1;
END;

CREATE TABLE signal_joins (
  signal_id TEXT NOT NULL REFERENCES outcome_signals (id),
  ordinal INTEGER NOT NULL,
  session_id TEXT REFERENCES sessions (id),
  exposure_id TEXT,
  via TEXT NOT NULL,
  confidence TEXT NOT NULL CHECK (confidence IN ('exact', 'strong', 'weak')),
  created_at TEXT NOT NULL,
  PRIMARY KEY (signal_id, ordinal),
  CHECK (session_id IS NOT NULL OR exposure_id IS NOT NULL)
) STRICT;
CREATE INDEX signal_joins_by_exposure ON signal_joins (exposure_id, signal_id);
CREATE INDEX signal_joins_by_session ON signal_joins (session_id, signal_id);

CREATE TABLE signal_keys (
  signal_id TEXT NOT NULL REFERENCES outcome_signals (id),
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (signal_id, type, value)
) STRICT;
CREATE INDEX signal_keys_by_value ON signal_keys (type, value, signal_id);

CREATE TABLE tallies (
  what TEXT NOT NULL CHECK (what IN ('signals', 'receipts')),
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (what, name, state)
) STRICT;
CREATE INDEX tallies_by_count ON tallies (what, count, name);

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
CREATE INDEX transcripts_by_session ON transcripts (session_id, hash);
CREATE UNIQUE INDEX transcripts_current ON transcripts (session_id) WHERE state = 'current';
CREATE INDEX transcripts_staged ON transcripts (id) WHERE state = 'staged';

CREATE TABLE webhook_attempts (
  delivery_id TEXT NOT NULL REFERENCES webhook_deliveries (id),
  attempt INTEGER NOT NULL,
  at TEXT NOT NULL,
  status INTEGER,
  error TEXT,
  PRIMARY KEY (delivery_id, attempt)
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
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, created_at, id);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (workspace_id, created_at, id);

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
  ended_at TEXT, body_gone_at TEXT, body_gone_why TEXT CHECK (body_gone_why IN ('expired', 'erased')),
  UNIQUE (source_id, delivery_id),
  UNIQUE (source_id, content_hash)
) STRICT;
CREATE INDEX webhook_receipts_by_source ON webhook_receipts (source_id, received_at, id);
CREATE INDEX webhook_receipts_by_time ON webhook_receipts (workspace_id, received_at, id);
CREATE INDEX webhook_receipts_with_body ON webhook_receipts (received_at, id)
  WHERE body_gone_at IS NULL AND state <> 'received';
CREATE TRIGGER webhook_receipts_retallied AFTER UPDATE OF state ON webhook_receipts WHEN OLD.state <> NEW.state BEGIN
  UPDATE tallies SET count = count - 1 WHERE what = 'receipts' AND name IN (OLD.source_id, '*') AND state = OLD.state;
  INSERT INTO tallies (what, name, state, count) VALUES
    ('receipts', NEW.source_id, NEW.state, 1), ('receipts', '*', NEW.state, 1)
    ON CONFLICT (what, name, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER webhook_receipts_tallied AFTER INSERT ON webhook_receipts BEGIN
  INSERT INTO tallies (what, name, state, count) VALUES
    ('receipts', NEW.source_id, NEW.state, 1), ('receipts', '*', NEW.state, 1)
    ON CONFLICT (what, name, state) DO UPDATE SET count = count + 1;
END;

CREATE TABLE webhook_refusals (
  source_id TEXT NOT NULL REFERENCES webhook_sources (id),
  reason TEXT NOT NULL,
  count INTEGER NOT NULL,
  last_at TEXT NOT NULL,
  PRIMARY KEY (source_id, reason)
) STRICT;

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

CREATE TABLE withholding_frames (
  store_id TEXT NOT NULL REFERENCES memory_stores (id),
  content_hash TEXT NOT NULL,
  items TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (store_id, content_hash)
) STRICT;

CREATE TABLE withholding_settings (
  store_id TEXT NOT NULL PRIMARY KEY REFERENCES memory_stores (id),
  share REAL NOT NULL CHECK (share BETWEEN 0.05 AND 0.1),
  exempt_paths TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
