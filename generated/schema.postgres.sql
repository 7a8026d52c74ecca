-- The schema after all migrations. Written by scripts/generate.ts; not edited by hand.

CREATE TABLE agent_versions (
  agent_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  body text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT agent_versions_pkey PRIMARY KEY (agent_id, version),
  CONSTRAINT agent_versions_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id)
);

CREATE TABLE agents (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  version integer NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  archived_at text COLLATE "C",
  CONSTRAINT agents_pkey PRIMARY KEY (id)
);
CREATE INDEX agents_by_time ON agents USING btree (workspace_id, created_at, id);

CREATE TABLE api_keys (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  name text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  hint text COLLATE "C" NOT NULL,
  scopes text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  expires_at text COLLATE "C",
  revoked_at text COLLATE "C",
  owner text COLLATE "C",
  role_names text COLLATE "C" NOT NULL DEFAULT '[]'::text,
  group_names text COLLATE "C" NOT NULL DEFAULT '[]'::text,
  CONSTRAINT api_keys_pkey PRIMARY KEY (id),
  CONSTRAINT api_keys_hash_key UNIQUE (hash)
);
CREATE INDEX api_keys_by_time ON api_keys USING btree (workspace_id, created_at, id);

CREATE TABLE audit_checkpoints (
  size bigint NOT NULL,
  root text COLLATE "C" NOT NULL,
  note text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (size),
  CONSTRAINT audit_checkpoints_root_check CHECK (length(root) = 64)
);

CREATE TABLE audit_records (
  seq bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  at text COLLATE "C" NOT NULL,
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  action text COLLATE "C" NOT NULL,
  object_type text COLLATE "C" NOT NULL,
  object_id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  before_commitment text COLLATE "C",
  after_commitment text COLLATE "C",
  reason_commitment text COLLATE "C",
  leaf text COLLATE "C",
  CONSTRAINT audit_records_pkey PRIMARY KEY (seq),
  CONSTRAINT audit_records_id_key UNIQUE (id),
  CONSTRAINT audit_records_leaf_check CHECK (length(leaf) = 64)
);
CREATE INDEX audit_records_by_action ON audit_records USING btree (action, seq);
CREATE INDEX audit_records_by_actor ON audit_records USING btree (actor_id, seq);
CREATE INDEX audit_records_by_object ON audit_records USING btree (object_type, object_id, seq);
CREATE INDEX audit_records_by_time ON audit_records USING btree (at, seq);
CREATE INDEX audit_records_without_leaf ON audit_records USING btree (seq) WHERE leaf IS NULL;
CREATE TRIGGER audit_records_refuse_delete BEFORE DELETE ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_records_refuse_change();
CREATE TRIGGER audit_records_refuse_gap BEFORE INSERT ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_records_refuse_gap();
CREATE TRIGGER audit_records_refuse_truncate BEFORE TRUNCATE ON audit_records FOR EACH STATEMENT EXECUTE FUNCTION audit_records_refuse_change();
CREATE TRIGGER audit_records_refuse_update BEFORE UPDATE ON audit_records FOR EACH ROW EXECUTE FUNCTION audit_records_refuse_edit();

CREATE TABLE audit_salts (
  seq bigint NOT NULL,
  salt text COLLATE "C" NOT NULL,
  before_hash text COLLATE "C",
  after_hash text COLLATE "C",
  reason text COLLATE "C",
  CONSTRAINT audit_salts_pkey PRIMARY KEY (seq),
  CONSTRAINT audit_salts_salt_check CHECK (length(salt) = 32),
  CONSTRAINT audit_salts_seq_fkey FOREIGN KEY (seq) REFERENCES audit_records(seq)
);
CREATE TRIGGER audit_salts_refuse_update BEFORE UPDATE ON audit_salts FOR EACH ROW EXECUTE FUNCTION audit_salts_refuse_change();

CREATE TABLE audit_tiles (
  level integer NOT NULL,
  at bigint NOT NULL,
  hash text COLLATE "C" NOT NULL,
  CONSTRAINT audit_tiles_pkey PRIMARY KEY (level, at),
  CONSTRAINT audit_tiles_hash_check CHECK (length(hash) = 64),
  CONSTRAINT audit_tiles_level_check CHECK (level > 0 AND (level % 8) = 0)
);

CREATE TABLE change_write_parts (
  write_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  edits text COLLATE "C" NOT NULL,
  CONSTRAINT change_write_parts_pkey PRIMARY KEY (write_id, ordinal),
  CONSTRAINT change_write_parts_write_id_fkey FOREIGN KEY (write_id) REFERENCES change_writes(id)
);
CREATE INDEX change_write_parts_by_owner ON change_write_parts USING btree (owner_id, write_id);

CREATE TABLE change_writes (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  store_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  dream_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  memory_id text COLLATE "C" NOT NULL,
  version_before text COLLATE "C",
  version_after text COLLATE "C",
  bytes_added integer NOT NULL,
  bytes_removed integer NOT NULL,
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT change_writes_pkey PRIMARY KEY (id),
  CONSTRAINT change_writes_store_id_ordinal_key UNIQUE (store_id, ordinal),
  CONSTRAINT change_writes_kind_check CHECK (kind = ANY (ARRAY['apply'::text, 'roll_back'::text, 'restore'::text])),
  CONSTRAINT change_writes_dream_id_fkey FOREIGN KEY (dream_id) REFERENCES dreams(id),
  CONSTRAINT change_writes_memory_id_fkey FOREIGN KEY (memory_id) REFERENCES memories(id),
  CONSTRAINT change_writes_store_id_fkey FOREIGN KEY (store_id) REFERENCES memory_stores(id)
);
CREATE INDEX change_writes_by_dream ON change_writes USING btree (dream_id, ordinal);
CREATE INDEX change_writes_by_memory ON change_writes USING btree (memory_id, ordinal);
CREATE INDEX change_writes_by_path ON change_writes USING btree (store_id, path, ordinal);

CREATE TABLE changes (
  id text COLLATE "C" NOT NULL,
  dream_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  key text COLLATE "C" NOT NULL,
  operation text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  base_version_id text COLLATE "C",
  base_sha256 text COLLATE "C",
  status text COLLATE "C" NOT NULL,
  payload text COLLATE "C" NOT NULL,
  round integer NOT NULL DEFAULT 0,
  status_reason text COLLATE "C",
  taint text COLLATE "C",
  verdict text COLLATE "C",
  due_at text COLLATE "C",
  CONSTRAINT changes_pkey PRIMARY KEY (id),
  CONSTRAINT changes_dream_id_key_key UNIQUE (dream_id, key),
  CONSTRAINT changes_dream_id_ordinal_key UNIQUE (dream_id, ordinal),
  CONSTRAINT changes_operation_check CHECK (operation = ANY (ARRAY['add'::text, 'edit'::text, 'merge'::text, 'supersede'::text, 'retire'::text, 'move'::text])),
  CONSTRAINT changes_status_check CHECK (status = ANY (ARRAY['proposed'::text, 'accepted'::text, 'rejected'::text, 'applied'::text, 'rolled_back'::text])),
  CONSTRAINT changes_verdict_check CHECK (verdict = ANY (ARRAY['allow'::text, 'review'::text, 'deny'::text])),
  CONSTRAINT changes_base_version_id_fkey FOREIGN KEY (base_version_id) REFERENCES memory_versions(id),
  CONSTRAINT changes_dream_id_fkey FOREIGN KEY (dream_id) REFERENCES dreams(id)
);
CREATE INDEX changes_by_base ON changes USING btree (base_version_id) WHERE base_version_id IS NOT NULL;
CREATE INDEX changes_by_path ON changes USING btree (dream_id, path);
CREATE INDEX changes_due ON changes USING btree (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE critiques (
  change_id text COLLATE "C" NOT NULL,
  round integer NOT NULL,
  ordinal integer NOT NULL,
  critic text COLLATE "C" NOT NULL,
  verdict text COLLATE "C" NOT NULL,
  explanation text COLLATE "C" NOT NULL,
  CONSTRAINT critiques_pkey PRIMARY KEY (change_id, round, ordinal),
  CONSTRAINT critiques_verdict_check CHECK (verdict = ANY (ARRAY['accept'::text, 'revise'::text, 'reject'::text])),
  CONSTRAINT critiques_change_id_fkey FOREIGN KEY (change_id) REFERENCES changes(id)
);

CREATE TABLE decision_reasons (
  decision_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  rule text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  "limit" text COLLATE "C" NOT NULL,
  verdict text COLLATE "C" NOT NULL,
  mode text COLLATE "C" NOT NULL,
  CONSTRAINT decision_reasons_pkey PRIMARY KEY (decision_id, ordinal),
  CONSTRAINT decision_reasons_mode_check CHECK (mode = ANY (ARRAY['enforce'::text, 'audit'::text])),
  CONSTRAINT decision_reasons_verdict_check CHECK (verdict = ANY (ARRAY['allow'::text, 'review'::text, 'deny'::text])),
  CONSTRAINT decision_reasons_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES decisions(id)
);

CREATE TABLE decisions (
  id text COLLATE "C" NOT NULL,
  change_id text COLLATE "C" NOT NULL,
  moment text COLLATE "C" NOT NULL,
  verdict text COLLATE "C" NOT NULL,
  risk text COLLATE "C" NOT NULL,
  approvals text COLLATE "C" NOT NULL,
  policy_version text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT decisions_pkey PRIMARY KEY (id),
  CONSTRAINT decisions_moment_check CHECK (moment = ANY (ARRAY['propose'::text, 'apply'::text, 'try'::text])),
  CONSTRAINT decisions_risk_check CHECK (risk = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text])),
  CONSTRAINT decisions_verdict_check CHECK (verdict = ANY (ARRAY['allow'::text, 'review'::text, 'deny'::text])),
  CONSTRAINT decisions_change_id_fkey FOREIGN KEY (change_id) REFERENCES changes(id)
);
CREATE INDEX decisions_by_change ON decisions USING btree (change_id, created_at);
CREATE INDEX decisions_by_time ON decisions USING btree (created_at);

CREATE TABLE digest_batches (
  id integer NOT NULL,
  head text COLLATE "C" NOT NULL,
  body bytea NOT NULL,
  CONSTRAINT digest_batches_pkey PRIMARY KEY (id)
);

CREATE TABLE digests (
  session_id text COLLATE "C" NOT NULL,
  transcript_hash text COLLATE "C" NOT NULL,
  digester_version integer NOT NULL,
  batch_id integer NOT NULL,
  place integer NOT NULL,
  CONSTRAINT digests_pkey PRIMARY KEY (session_id, transcript_hash, digester_version),
  CONSTRAINT digests_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES digest_batches(id)
);

CREATE TABLE dream_memories (
  dream_id text COLLATE "C" NOT NULL,
  memory_id text COLLATE "C" NOT NULL,
  version_id text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  content_sha256 text COLLATE "C" NOT NULL,
  CONSTRAINT dream_memories_pkey PRIMARY KEY (dream_id, path),
  CONSTRAINT dream_memories_dream_id_fkey FOREIGN KEY (dream_id) REFERENCES dreams(id),
  CONSTRAINT dream_memories_memory_id_fkey FOREIGN KEY (memory_id) REFERENCES memories(id),
  CONSTRAINT dream_memories_version_id_fkey FOREIGN KEY (version_id) REFERENCES memory_versions(id)
);
CREATE INDEX dream_memories_by_memory ON dream_memories USING btree (memory_id);
CREATE INDEX dream_memories_by_version ON dream_memories USING btree (version_id);

CREATE TABLE dream_schedule_runs (
  schedule_id text COLLATE "C" NOT NULL,
  fire_at text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  outcome text COLLATE "C" NOT NULL,
  missed integer NOT NULL,
  dream_id text COLLATE "C",
  error text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT dream_schedule_runs_pkey PRIMARY KEY (schedule_id, fire_at),
  CONSTRAINT dream_schedule_runs_outcome_check CHECK (outcome = ANY (ARRAY['dreamt'::text, 'skipped'::text, 'failed'::text])),
  CONSTRAINT dream_schedule_runs_reason_check CHECK (reason = ANY (ARRAY['cron'::text, 'new_sessions'::text])),
  CONSTRAINT dream_schedule_runs_dream_id_fkey FOREIGN KEY (dream_id) REFERENCES dreams(id),
  CONSTRAINT dream_schedule_runs_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES dream_schedules(id)
);
CREATE INDEX dream_schedule_runs_by_dream ON dream_schedule_runs USING btree (dream_id) WHERE dream_id IS NOT NULL;

CREATE TABLE dream_schedules (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  name text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  paused_reason text COLLATE "C",
  cron text COLLATE "C",
  timezone text COLLATE "C" NOT NULL,
  new_sessions integer,
  min_interval_seconds integer NOT NULL,
  memory_store_id text COLLATE "C" NOT NULL,
  selector text COLLATE "C" NOT NULL,
  model text COLLATE "C" NOT NULL,
  instructions text COLLATE "C",
  output_behavior text COLLATE "C" NOT NULL,
  next_fire_at text COLLATE "C",
  next_look_at text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  deleted_at text COLLATE "C",
  CONSTRAINT dream_schedules_pkey PRIMARY KEY (id),
  CONSTRAINT dream_schedules_output_behavior_check CHECK (output_behavior = ANY (ARRAY['create_new'::text, 'update_existing'::text])),
  CONSTRAINT dream_schedules_status_check CHECK (status = ANY (ARRAY['active'::text, 'paused'::text])),
  CONSTRAINT dream_schedules_memory_store_id_fkey FOREIGN KEY (memory_store_id) REFERENCES memory_stores(id)
);
CREATE INDEX dream_schedules_by_time ON dream_schedules USING btree (workspace_id, created_at, id);
CREATE INDEX dream_schedules_due ON dream_schedules USING btree (next_look_at) WHERE status = 'active'::text AND deleted_at IS NULL;

CREATE TABLE dream_sessions (
  dream_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  transcript_hash text COLLATE "C" NOT NULL,
  event_count integer,
  CONSTRAINT dream_sessions_pkey PRIMARY KEY (dream_id, ordinal),
  CONSTRAINT dream_sessions_dream_id_session_id_key UNIQUE (dream_id, session_id),
  CONSTRAINT dream_sessions_dream_id_fkey FOREIGN KEY (dream_id) REFERENCES dreams(id),
  CONSTRAINT dream_sessions_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id)
);
CREATE INDEX dream_sessions_by_session ON dream_sessions USING btree (session_id);

CREATE TABLE dreams (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  ordinal integer NOT NULL,
  status text COLLATE "C" NOT NULL,
  input_store_id text COLLATE "C" NOT NULL,
  output_store_id text COLLATE "C",
  inputs_hash text COLLATE "C" NOT NULL,
  options text COLLATE "C" NOT NULL,
  error text COLLATE "C",
  mined text COLLATE "C",
  reconciled text COLLATE "C",
  report text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  ended_at text COLLATE "C",
  origin text COLLATE "C" NOT NULL DEFAULT 'cli'::text,
  model text COLLATE "C" NOT NULL DEFAULT 'lucidream-builtin'::text,
  instructions text COLLATE "C",
  output_behavior text COLLATE "C" NOT NULL DEFAULT 'create_new'::text,
  held_store_id text COLLATE "C",
  session_id text COLLATE "C",
  session_count integer NOT NULL DEFAULT 0,
  selector text COLLATE "C",
  schedule_id text COLLATE "C",
  started_at text COLLATE "C",
  archived_at text COLLATE "C",
  experiment_id text COLLATE "C",
  CONSTRAINT dreams_pkey PRIMARY KEY (id),
  CONSTRAINT dreams_workspace_id_ordinal_key UNIQUE (workspace_id, ordinal),
  CONSTRAINT dreams_origin_check CHECK (origin = ANY (ARRAY['cli'::text, 'api'::text, 'schedule'::text])),
  CONSTRAINT dreams_output_behavior_check CHECK (output_behavior = ANY (ARRAY['create_new'::text, 'update_existing'::text])),
  CONSTRAINT dreams_status_check CHECK (status = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'failed'::text, 'canceled'::text])),
  CONSTRAINT dreams_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES experiments(id),
  CONSTRAINT dreams_input_store_id_fkey FOREIGN KEY (input_store_id) REFERENCES memory_stores(id),
  CONSTRAINT dreams_output_store_id_fkey FOREIGN KEY (output_store_id) REFERENCES memory_stores(id)
);
CREATE INDEX dreams_by_experiment ON dreams USING btree (experiment_id, ordinal) WHERE experiment_id IS NOT NULL;
CREATE INDEX dreams_by_inputs ON dreams USING btree (workspace_id, inputs_hash);
CREATE INDEX dreams_by_status ON dreams USING btree (workspace_id, status, created_at, ordinal);
CREATE INDEX dreams_by_store ON dreams USING btree (input_store_id, created_at);
CREATE INDEX dreams_by_time ON dreams USING btree (workspace_id, created_at, ordinal);
CREATE UNIQUE INDEX dreams_holding ON dreams USING btree (held_store_id) WHERE held_store_id IS NOT NULL;

CREATE TABLE endorsements (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  store_id text COLLATE "C" NOT NULL,
  memory_id text COLLATE "C" NOT NULL,
  version_id text COLLATE "C" NOT NULL,
  whole integer NOT NULL,
  content_sha256 text COLLATE "C" NOT NULL,
  lines text COLLATE "C" NOT NULL,
  line_count integer NOT NULL,
  taint_before text COLLATE "C" NOT NULL,
  taint text COLLATE "C" NOT NULL,
  person text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  voided_at text COLLATE "C",
  void_reason text COLLATE "C",
  CONSTRAINT endorsements_pkey PRIMARY KEY (id),
  CONSTRAINT endorsements_whole_check CHECK (whole = ANY (ARRAY[0, 1])),
  CONSTRAINT endorsements_memory_id_fkey FOREIGN KEY (memory_id) REFERENCES memories(id),
  CONSTRAINT endorsements_store_id_fkey FOREIGN KEY (store_id) REFERENCES memory_stores(id),
  CONSTRAINT endorsements_version_id_fkey FOREIGN KEY (version_id) REFERENCES memory_versions(id)
);
CREATE INDEX endorsements_by_memory ON endorsements USING btree (memory_id, voided_at);
CREATE INDEX endorsements_by_store ON endorsements USING btree (store_id, created_at);

CREATE TABLE environments (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  name text COLLATE "C" NOT NULL,
  description text COLLATE "C",
  metadata text COLLATE "C" NOT NULL,
  config text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  archived_at text COLLATE "C",
  deleted_at text COLLATE "C",
  CONSTRAINT environments_pkey PRIMARY KEY (id)
);
CREATE INDEX environments_by_time ON environments USING btree (workspace_id, created_at, id);

CREATE TABLE evidence (
  id text COLLATE "C" NOT NULL,
  owner_type text COLLATE "C" NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  start integer NOT NULL,
  "end" integer NOT NULL,
  text text COLLATE "C" NOT NULL,
  polarity text COLLATE "C" NOT NULL,
  taint text COLLATE "C" NOT NULL DEFAULT 'untrusted'::text,
  CONSTRAINT evidence_pkey PRIMARY KEY (id),
  CONSTRAINT evidence_owner_id_ordinal_key UNIQUE (owner_id, ordinal),
  CONSTRAINT evidence_check CHECK ("end" >= start),
  CONSTRAINT evidence_owner_type_check CHECK (owner_type = ANY (ARRAY['finding'::text, 'change'::text])),
  CONSTRAINT evidence_polarity_check CHECK (polarity = ANY (ARRAY['supports'::text, 'contradicts'::text]))
);
CREATE INDEX evidence_by_session ON evidence USING btree (session_id);

CREATE TABLE experiment_arms (
  experiment_id text COLLATE "C" NOT NULL,
  arm text COLLATE "C" NOT NULL,
  content_hash text COLLATE "C" NOT NULL,
  overlay_store_id text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  collected_at text COLLATE "C",
  collected_versions text COLLATE "C",
  CONSTRAINT experiment_arms_pkey PRIMARY KEY (experiment_id, arm),
  CONSTRAINT experiment_arms_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES experiments(id),
  CONSTRAINT experiment_arms_overlay_store_id_fkey FOREIGN KEY (overlay_store_id) REFERENCES memory_stores(id)
);
CREATE INDEX experiment_arms_by_overlay ON experiment_arms USING btree (overlay_store_id);

CREATE TABLE experiment_changes (
  experiment_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  change_id text COLLATE "C" NOT NULL,
  change_hash text COLLATE "C" NOT NULL,
  ready_at integer,
  proven_at integer,
  closed_at integer,
  verdict text COLLATE "C",
  leave_one_out text COLLATE "C",
  CONSTRAINT experiment_changes_pkey PRIMARY KEY (experiment_id, ordinal),
  CONSTRAINT experiment_changes_verdict_check CHECK (verdict = ANY (ARRAY['promote'::text, 'rollback'::text, 'inconclusive'::text, 'void'::text])),
  CONSTRAINT experiment_changes_change_id_fkey FOREIGN KEY (change_id) REFERENCES changes(id),
  CONSTRAINT experiment_changes_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES experiments(id)
);
CREATE INDEX experiment_changes_by_change ON experiment_changes USING btree (change_id);

CREATE TABLE experiment_commits (
  experiment_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  value double precision NOT NULL,
  missing integer NOT NULL,
  scores text COLLATE "C" NOT NULL,
  hard_stop text COLLATE "C",
  late_value double precision,
  late_at text COLLATE "C",
  committed_at text COLLATE "C" NOT NULL,
  readings text COLLATE "C" NOT NULL,
  CONSTRAINT experiment_commits_pkey PRIMARY KEY (experiment_id, ordinal),
  CONSTRAINT experiment_commits_missing_check CHECK (missing = ANY (ARRAY[0, 1])),
  CONSTRAINT experiment_commits_value_check CHECK (value >= 0::double precision AND value <= 1::double precision),
  CONSTRAINT experiment_commits_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES experiments(id)
);
CREATE INDEX experiment_commits_missing ON experiment_commits USING btree (experiment_id, late_value) WHERE missing = 1;

CREATE TABLE experiment_decisions (
  experiment_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  kind text COLLATE "C" NOT NULL,
  frontier integer NOT NULL,
  detail text COLLATE "C" NOT NULL,
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT experiment_decisions_pkey PRIMARY KEY (experiment_id, ordinal),
  CONSTRAINT experiment_decisions_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES experiments(id)
);

CREATE TABLE experiment_states (
  experiment_id text COLLATE "C" NOT NULL,
  test text COLLATE "C" NOT NULL,
  frontier integer NOT NULL,
  state text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  CONSTRAINT experiment_states_pkey PRIMARY KEY (experiment_id, test),
  CONSTRAINT experiment_states_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES experiments(id)
);

CREATE TABLE experiment_units (
  experiment_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  unit text COLLATE "C" NOT NULL,
  stratum text COLLATE "C" NOT NULL,
  principal text COLLATE "C",
  arm text COLLATE "C" NOT NULL,
  stage integer NOT NULL,
  pi double precision NOT NULL,
  assigned_at text COLLATE "C" NOT NULL,
  deadline_at text COLLATE "C" NOT NULL,
  CONSTRAINT experiment_units_pkey PRIMARY KEY (experiment_id, ordinal),
  CONSTRAINT experiment_units_experiment_id_unit_key UNIQUE (experiment_id, unit),
  CONSTRAINT experiment_units_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES experiments(id)
);

CREATE TABLE experiments (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  store_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  unit text COLLATE "C" NOT NULL,
  salt text COLLATE "C" NOT NULL,
  settings text COLLATE "C" NOT NULL,
  incumbent_snapshot_id text COLLATE "C",
  stage integer NOT NULL,
  verdict text COLLATE "C",
  created_by_type text COLLATE "C" NOT NULL,
  created_by_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  started_at text COLLATE "C",
  ended_at text COLLATE "C",
  promoted_content_hash text COLLATE "C",
  holdback_from integer,
  holdback_until text COLLATE "C",
  holdback_ended_at text COLLATE "C",
  CONSTRAINT experiments_pkey PRIMARY KEY (id),
  CONSTRAINT experiments_state_check CHECK (state = ANY (ARRAY['draft'::text, 'running'::text, 'paused'::text, 'promoted'::text, 'rolled_back'::text, 'inconclusive'::text, 'void'::text])),
  CONSTRAINT experiments_unit_check CHECK (unit = ANY (ARRAY['session'::text, 'actor'::text, 'workspace'::text, 'block'::text])),
  CONSTRAINT experiments_incumbent_snapshot_id_fkey FOREIGN KEY (incumbent_snapshot_id) REFERENCES memory_snapshots(id),
  CONSTRAINT experiments_store_id_fkey FOREIGN KEY (store_id) REFERENCES memory_stores(id)
);
CREATE INDEX experiments_by_store ON experiments USING btree (store_id, state);
CREATE INDEX experiments_by_time ON experiments USING btree (workspace_id, created_at, id);
CREATE INDEX experiments_open ON experiments USING btree (id) WHERE (state = ANY (ARRAY['running'::text, 'paused'::text])) OR state = 'promoted'::text AND holdback_ended_at IS NULL;

CREATE TABLE exposures (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  store_id text COLLATE "C" NOT NULL,
  experiment_id text COLLATE "C",
  unit_ordinal integer,
  unit text COLLATE "C" NOT NULL,
  arm text COLLATE "C",
  session_id text COLLATE "C",
  content_hash text COLLATE "C" NOT NULL,
  via text COLLATE "C" NOT NULL,
  withheld text COLLATE "C" NOT NULL,
  assigned_at text COLLATE "C" NOT NULL,
  delivered_at text COLLATE "C",
  confirmed_at text COLLATE "C",
  washout integer NOT NULL DEFAULT 0,
  task_type text COLLATE "C",
  CONSTRAINT exposures_pkey PRIMARY KEY (id),
  CONSTRAINT exposures_via_check CHECK (via = ANY (ARRAY['session'::text, 'checkout'::text, 'mcp'::text, 'file_sync'::text, 'hook'::text])),
  CONSTRAINT exposures_washout_check CHECK (washout = ANY (ARRAY[0, 1])),
  CONSTRAINT exposures_experiment_id_fkey FOREIGN KEY (experiment_id) REFERENCES experiments(id),
  CONSTRAINT exposures_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id),
  CONSTRAINT exposures_store_id_fkey FOREIGN KEY (store_id) REFERENCES memory_stores(id)
);
CREATE INDEX exposures_by_session ON exposures USING btree (session_id);
CREATE INDEX exposures_by_store ON exposures USING btree (store_id, assigned_at, id);
CREATE INDEX exposures_by_store_unit ON exposures USING btree (store_id, unit, assigned_at, id);
CREATE INDEX exposures_by_unit ON exposures USING btree (experiment_id, unit_ordinal);
CREATE INDEX exposures_of_sessions ON exposures USING btree (experiment_id, session_id) WHERE session_id IS NOT NULL;

CREATE TABLE file_chunks (
  file_id text COLLATE "C" NOT NULL,
  chunk integer NOT NULL,
  data bytea NOT NULL,
  CONSTRAINT file_chunks_pkey PRIMARY KEY (file_id, chunk),
  CONSTRAINT file_chunks_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id)
);

CREATE TABLE files (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  state text COLLATE "C" NOT NULL,
  filename text COLLATE "C" NOT NULL,
  mime_type text COLLATE "C" NOT NULL,
  size_bytes bigint NOT NULL,
  sha256 text COLLATE "C",
  scope_id text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  expires_at text COLLATE "C",
  deleted_at text COLLATE "C",
  CONSTRAINT files_pkey PRIMARY KEY (id),
  CONSTRAINT files_state_check CHECK (state = ANY (ARRAY['staged'::text, 'stored'::text]))
);
CREATE INDEX files_by_scope ON files USING btree (scope_id, created_at, id) WHERE scope_id IS NOT NULL;
CREATE INDEX files_by_time ON files USING btree (workspace_id, created_at, id);
CREATE INDEX files_staged ON files USING btree (created_at) WHERE state = 'staged'::text;

CREATE TABLE findings (
  id text COLLATE "C" NOT NULL,
  dream_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  key text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  task_type text COLLATE "C",
  grade text COLLATE "C" NOT NULL,
  title text COLLATE "C" NOT NULL,
  payload text COLLATE "C" NOT NULL,
  CONSTRAINT findings_pkey PRIMARY KEY (id),
  CONSTRAINT findings_dream_id_key_key UNIQUE (dream_id, key),
  CONSTRAINT findings_dream_id_ordinal_key UNIQUE (dream_id, ordinal),
  CONSTRAINT findings_grade_check CHECK (grade = ANY (ARRAY['A'::text, 'B'::text, 'C'::text, 'D'::text])),
  CONSTRAINT findings_dream_id_fkey FOREIGN KEY (dream_id) REFERENCES dreams(id)
);

CREATE TABLE import_progress (
  import_id text COLLATE "C" NOT NULL,
  bytes_done bigint NOT NULL,
  bytes_total bigint,
  sessions bigint NOT NULL,
  events bigint NOT NULL,
  CONSTRAINT import_progress_pkey PRIMARY KEY (import_id)
);

CREATE TABLE imported_files (
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
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
  CONSTRAINT imported_files_pkey PRIMARY KEY (workspace_id, sha256, importer)
);

CREATE TABLE imports (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  state text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  sha256 text COLLATE "C",
  program text COLLATE "C" NOT NULL,
  bytes bigint NOT NULL,
  file_id text COLLATE "C",
  cancel_requested_at text COLLATE "C",
  result text COLLATE "C",
  error text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  ended_at text COLLATE "C",
  CONSTRAINT imports_pkey PRIMARY KEY (id),
  CONSTRAINT imports_source_check CHECK (source = ANY (ARRAY['upload'::text, 'path'::text])),
  CONSTRAINT imports_state_check CHECK (state = ANY (ARRAY['queued'::text, 'running'::text, 'completed'::text, 'failed'::text, 'canceled'::text])),
  CONSTRAINT imports_file_id_fkey FOREIGN KEY (file_id) REFERENCES files(id)
);
CREATE INDEX imports_by_content ON imports USING btree (workspace_id, sha256, program) WHERE sha256 IS NOT NULL;
CREATE INDEX imports_by_time ON imports USING btree (workspace_id, created_at, id);

CREATE TABLE incidents (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  kind text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  report text COLLATE "C" NOT NULL,
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT incidents_pkey PRIMARY KEY (id),
  CONSTRAINT incidents_kind_check CHECK (kind = ANY (ARRAY['revocation'::text, 'erasure'::text, 'regression'::text]))
);
CREATE INDEX incidents_by_time ON incidents USING btree (workspace_id, kind, created_at, id);

CREATE TABLE jobs (
  id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  payload text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  attempt integer NOT NULL,
  owner text COLLATE "C",
  lease_until bigint,
  available_at bigint NOT NULL,
  error text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT jobs_pkey PRIMARY KEY (id),
  CONSTRAINT jobs_state_check CHECK (state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text]))
);
CREATE INDEX jobs_queued ON jobs USING btree (available_at, created_at, id) WHERE state = 'queued'::text;
CREATE INDEX jobs_running ON jobs USING btree (lease_until) WHERE state = 'running'::text;

CREATE TABLE join_rules (
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  name text COLLATE "C" NOT NULL,
  rule text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT join_rules_pkey PRIMARY KEY (workspace_id, name)
);

CREATE TABLE memories (
  id text COLLATE "C" NOT NULL,
  store_id text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  version_id text COLLATE "C" NOT NULL,
  content_sha256 text COLLATE "C" NOT NULL,
  content_size_bytes bigint NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  deleted_at text COLLATE "C",
  CONSTRAINT memories_pkey PRIMARY KEY (id),
  CONSTRAINT memories_store_id_fkey FOREIGN KEY (store_id) REFERENCES memory_stores(id),
  CONSTRAINT memories_version_id_fkey FOREIGN KEY (version_id) REFERENCES memory_versions(id) DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX memories_by_path ON memories USING btree (store_id, path) WHERE deleted_at IS NULL;
CREATE INDEX memories_by_version ON memories USING btree (version_id);

CREATE TABLE memory_snapshots (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  store_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  at text COLLATE "C" NOT NULL,
  version_ids text COLLATE "C" NOT NULL,
  memories bigint NOT NULL,
  size_bytes bigint NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT memory_snapshots_pkey PRIMARY KEY (id),
  CONSTRAINT memory_snapshots_store_id_fkey FOREIGN KEY (store_id) REFERENCES memory_stores(id)
);
CREATE INDEX memory_snapshots_by_store ON memory_snapshots USING btree (store_id, created_at, id);

CREATE TABLE memory_stores (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  name text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  metadata text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  archived_at text COLLATE "C",
  deleted_at text COLLATE "C",
  live_memories integer NOT NULL DEFAULT 0,
  memories_ever integer NOT NULL DEFAULT 0,
  CONSTRAINT memory_stores_pkey PRIMARY KEY (id)
);
CREATE INDEX memory_stores_by_time ON memory_stores USING btree (workspace_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX memory_stores_open ON memory_stores USING btree (workspace_id, created_at, id) WHERE deleted_at IS NULL AND archived_at IS NULL;

CREATE TABLE memory_versions (
  id text COLLATE "C" NOT NULL,
  memory_id text COLLATE "C" NOT NULL,
  store_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  operation text COLLATE "C" NOT NULL,
  path text COLLATE "C",
  content text COLLATE "C",
  content_sha256 text COLLATE "C",
  content_size_bytes bigint,
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  dream_id text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  redacted_at text COLLATE "C",
  session_id text COLLATE "C",
  redacted_by_type text COLLATE "C",
  redacted_by_id text COLLATE "C",
  CONSTRAINT memory_versions_pkey PRIMARY KEY (id),
  CONSTRAINT memory_versions_memory_id_ordinal_key UNIQUE (memory_id, ordinal),
  CONSTRAINT memory_versions_operation_check CHECK (operation = ANY (ARRAY['created'::text, 'modified'::text, 'deleted'::text])),
  CONSTRAINT memory_versions_dream_id_fkey FOREIGN KEY (dream_id) REFERENCES dreams(id),
  CONSTRAINT memory_versions_memory_id_fkey FOREIGN KEY (memory_id) REFERENCES memories(id),
  CONSTRAINT memory_versions_store_id_fkey FOREIGN KEY (store_id) REFERENCES memory_stores(id)
);
CREATE INDEX memory_versions_by_actor ON memory_versions USING btree (store_id, actor_id, created_at, ordinal, id);
CREATE INDEX memory_versions_by_dream ON memory_versions USING btree (dream_id) WHERE dream_id IS NOT NULL;
CREATE INDEX memory_versions_by_memory ON memory_versions USING btree (memory_id, created_at, ordinal, id);
CREATE INDEX memory_versions_by_operation ON memory_versions USING btree (store_id, operation, created_at, ordinal, id);
CREATE INDEX memory_versions_by_session ON memory_versions USING btree (store_id, session_id, created_at, ordinal, id) WHERE session_id IS NOT NULL;
CREATE INDEX memory_versions_by_store ON memory_versions USING btree (store_id, created_at, ordinal, id);

CREATE TABLE migrations (
  number integer NOT NULL,
  name text COLLATE "C" NOT NULL,
  sha256 text COLLATE "C" NOT NULL,
  applied_at text COLLATE "C" NOT NULL,
  CONSTRAINT migrations_pkey PRIMARY KEY (number)
);

CREATE TABLE outcome_definitions (
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  name text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  definition text COLLATE "C" NOT NULL,
  created_by_type text COLLATE "C" NOT NULL,
  created_by_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT outcome_definitions_pkey PRIMARY KEY (workspace_id, name, version)
);

CREATE TABLE outcome_signals (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  session_id text COLLATE "C",
  kind text COLLATE "C" NOT NULL,
  value double precision,
  success integer,
  components text COLLATE "C" NOT NULL,
  decided_at text COLLATE "C",
  source text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  idempotency_key text COLLATE "C",
  principal text COLLATE "C",
  signed integer NOT NULL DEFAULT 0,
  subjects text COLLATE "C" NOT NULL DEFAULT '[]'::text,
  explanation text COLLATE "C",
  final integer,
  unmatched_reason text COLLATE "C",
  CONSTRAINT outcome_signals_pkey PRIMARY KEY (id),
  CONSTRAINT outcome_signals_final_check CHECK (final = ANY (ARRAY[0, 1])),
  CONSTRAINT outcome_signals_signed_check CHECK (signed = ANY (ARRAY[0, 1])),
  CONSTRAINT outcome_signals_success_check CHECK (success = ANY (ARRAY[0, 1])),
  CONSTRAINT outcome_signals_value_check CHECK (value >= 0::double precision AND value <= 1::double precision),
  CONSTRAINT outcome_signals_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id)
);
CREATE UNIQUE INDEX outcome_signals_by_key ON outcome_signals USING btree (workspace_id, source, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX outcome_signals_by_kind ON outcome_signals USING btree (kind, created_at, id);
CREATE INDEX outcome_signals_by_session ON outcome_signals USING btree (session_id, decided_at, id);
CREATE INDEX outcome_signals_by_time ON outcome_signals USING btree (created_at, id);
CREATE INDEX outcome_signals_unmatched ON outcome_signals USING btree (created_at, id) WHERE unmatched_reason IS NOT NULL;
CREATE TRIGGER outcome_signals_tallied AFTER INSERT OR UPDATE OF session_id, unmatched_reason ON outcome_signals FOR EACH ROW EXECUTE FUNCTION tally_signal();

CREATE TABLE policies (
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  file text COLLATE "C" NOT NULL,
  version_id text COLLATE "C",
  fault text COLLATE "C",
  faulty_since text COLLATE "C",
  updated_at text COLLATE "C" NOT NULL,
  CONSTRAINT policies_pkey PRIMARY KEY (workspace_id, file),
  CONSTRAINT policies_version_id_fkey FOREIGN KEY (version_id) REFERENCES policy_versions(id)
);

CREATE TABLE policy_versions (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  name text COLLATE "C" NOT NULL,
  file text COLLATE "C" NOT NULL,
  text text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  loaded_by_type text COLLATE "C",
  loaded_by_id text COLLATE "C",
  CONSTRAINT policy_versions_pkey PRIMARY KEY (id)
);
CREATE INDEX policy_versions_by_name ON policy_versions USING btree (workspace_id, name, created_at);

CREATE TABLE raw_chunks (
  transcript_id bigint NOT NULL,
  chunk integer NOT NULL,
  first_ordinal integer NOT NULL,
  count integer NOT NULL,
  encoding text COLLATE "C" NOT NULL,
  data bytea NOT NULL,
  CONSTRAINT raw_chunks_pkey PRIMARY KEY (transcript_id, chunk),
  CONSTRAINT raw_chunks_encoding_check CHECK (encoding = 'deflate'::text),
  CONSTRAINT raw_chunks_transcript_id_fkey FOREIGN KEY (transcript_id) REFERENCES transcripts(id)
);
CREATE UNIQUE INDEX raw_chunks_by_ordinal ON raw_chunks USING btree (transcript_id, first_ordinal);

CREATE TABLE rejoin_marks (
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  revision bigint NOT NULL,
  through text COLLATE "C",
  CONSTRAINT rejoin_marks_pkey PRIMARY KEY (workspace_id)
);

CREATE TABLE reviews (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  change_id text COLLATE "C" NOT NULL,
  dream_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  verdict text COLLATE "C" NOT NULL,
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  reason text COLLATE "C",
  overrules integer NOT NULL,
  edited_from text COLLATE "C",
  change_hash text COLLATE "C" NOT NULL,
  evidence_hash text COLLATE "C" NOT NULL,
  support integer NOT NULL,
  policy_version text COLLATE "C",
  approval_hash text COLLATE "C",
  expires_at text COLLATE "C",
  voided_at text COLLATE "C",
  void_reason text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  bypasses integer NOT NULL DEFAULT 0,
  CONSTRAINT reviews_pkey PRIMARY KEY (id),
  CONSTRAINT reviews_change_id_ordinal_key UNIQUE (change_id, ordinal),
  CONSTRAINT reviews_bypasses_check CHECK (bypasses = ANY (ARRAY[0, 1])),
  CONSTRAINT reviews_overrules_check CHECK (overrules = ANY (ARRAY[0, 1])),
  CONSTRAINT reviews_verdict_check CHECK (verdict = ANY (ARRAY['accept'::text, 'reject'::text, 'edit'::text])),
  CONSTRAINT reviews_change_id_fkey FOREIGN KEY (change_id) REFERENCES changes(id),
  CONSTRAINT reviews_dream_id_fkey FOREIGN KEY (dream_id) REFERENCES dreams(id)
);
CREATE INDEX reviews_by_dream ON reviews USING btree (dream_id, change_id);

CREATE TABLE search_documents (
  id bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY,
  kind text COLLATE "C" NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  object_id text COLLATE "C" NOT NULL,
  transcript_id bigint,
  CONSTRAINT search_documents_pkey PRIMARY KEY (id),
  CONSTRAINT search_documents_owner_id_object_id_key UNIQUE (owner_id, object_id),
  CONSTRAINT search_documents_kind_check CHECK (kind = ANY (ARRAY['memory'::text, 'event'::text]))
);

CREATE TABLE search_index (
  rowid bigint NOT NULL,
  words tsvector NOT NULL,
  CONSTRAINT search_index_pkey PRIMARY KEY (rowid)
);
CREATE INDEX search_index_words ON search_index USING gin (words);

CREATE TABLE search_old_memories (
  memory_id text COLLATE "C" NOT NULL,
  CONSTRAINT search_old_memories_pkey PRIMARY KEY (memory_id)
);

CREATE TABLE search_queue (
  session_id text COLLATE "C" NOT NULL,
  ticket bigint NOT NULL,
  queued_at text COLLATE "C" NOT NULL,
  CONSTRAINT search_queue_pkey PRIMARY KEY (session_id)
);
CREATE INDEX search_queue_by_time ON search_queue USING btree (queued_at, session_id);

CREATE TABLE search_sessions (
  session_id text COLLATE "C" NOT NULL,
  transcript_id bigint NOT NULL,
  indexed_events bigint NOT NULL,
  CONSTRAINT search_sessions_pkey PRIMARY KEY (session_id)
);

CREATE TABLE session_events (
  transcript_id bigint NOT NULL,
  seq bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  processed_at text COLLATE "C",
  branch text COLLATE "C" NOT NULL,
  record integer NOT NULL,
  body text COLLATE "C" NOT NULL,
  CONSTRAINT session_events_pkey PRIMARY KEY (transcript_id, seq),
  CONSTRAINT session_events_branch_check CHECK (branch = ANY (ARRAY['live'::text, 'abandoned'::text])),
  CONSTRAINT session_events_transcript_id_fkey FOREIGN KEY (transcript_id) REFERENCES transcripts(id)
);
CREATE UNIQUE INDEX session_events_by_id ON session_events USING btree (transcript_id, id);

CREATE TABLE session_key_marks (
  session_id text COLLATE "C" NOT NULL,
  transcript_id bigint NOT NULL,
  events bigint NOT NULL,
  revision bigint NOT NULL,
  CONSTRAINT session_key_marks_pkey PRIMARY KEY (session_id)
);

CREATE TABLE session_key_queue (
  session_id text COLLATE "C" NOT NULL,
  ticket bigint NOT NULL,
  queued_at text COLLATE "C" NOT NULL,
  CONSTRAINT session_key_queue_pkey PRIMARY KEY (session_id)
);
CREATE INDEX session_key_queue_by_time ON session_key_queue USING btree (queued_at, session_id);

CREATE TABLE session_keys (
  session_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  via text COLLATE "C" NOT NULL,
  confidence text COLLATE "C" NOT NULL,
  CONSTRAINT session_keys_pkey PRIMARY KEY (session_id, type, value, via),
  CONSTRAINT session_keys_confidence_check CHECK (confidence = ANY (ARRAY['exact'::text, 'strong'::text, 'weak'::text])),
  CONSTRAINT session_keys_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id)
);
CREATE INDEX session_keys_by_value ON session_keys USING btree (type, value, session_id);

CREATE TABLE session_resources (
  id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  type text COLLATE "C" NOT NULL,
  memory_store_id text COLLATE "C",
  file_id text COLLATE "C",
  body text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  deleted_at text COLLATE "C",
  CONSTRAINT session_resources_pkey PRIMARY KEY (id),
  CONSTRAINT session_resources_session_id_ordinal_key UNIQUE (session_id, ordinal),
  CONSTRAINT session_resources_type_check CHECK (type = ANY (ARRAY['memory_store'::text, 'file'::text, 'github_repository'::text])),
  CONSTRAINT session_resources_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id)
);
CREATE INDEX session_resources_by_store ON session_resources USING btree (memory_store_id, session_id) WHERE memory_store_id IS NOT NULL;

CREATE TABLE sessions (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
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
  started_at text COLLATE "C",
  ended_at text COLLATE "C",
  transcript_id bigint NOT NULL,
  transcript_hash text COLLATE "C" NOT NULL,
  event_count integer NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  start_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (COALESCE(started_at, ''::text)) STORED,
  status text COLLATE "C" NOT NULL DEFAULT 'idle'::text,
  live integer NOT NULL DEFAULT 0,
  agent_id text COLLATE "C",
  agent_number integer,
  agent_snapshot text COLLATE "C",
  environment_id text COLLATE "C",
  metadata text COLLATE "C" NOT NULL DEFAULT '{}'::text,
  vault_ids text COLLATE "C" NOT NULL DEFAULT '[]'::text,
  budget text COLLATE "C",
  tally text COLLATE "C",
  archived_at text COLLATE "C",
  deleted_at text COLLATE "C",
  began_at text COLLATE "C" GENERATED ALWAYS AS (COALESCE(started_at, created_at)) STORED,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_workspace_id_key_key UNIQUE (workspace_id, key),
  CONSTRAINT sessions_live_check CHECK (live = ANY (ARRAY[0, 1])),
  CONSTRAINT sessions_status_check1 CHECK (status = ANY (ARRAY['idle'::text, 'running'::text, 'rescheduling'::text, 'terminated'::text])),
  CONSTRAINT sessions_transcript_id_fkey FOREIGN KEY (transcript_id) REFERENCES transcripts(id)
);
CREATE INDEX sessions_by_agent ON sessions USING btree (workspace_id, agent_name);
CREATE INDEX sessions_by_agent_id ON sessions USING btree (agent_id, began_at, id) WHERE agent_id IS NOT NULL;
CREATE INDEX sessions_by_beginning ON sessions USING btree (workspace_id, began_at, id);
CREATE INDEX sessions_by_principal ON sessions USING btree (workspace_id, principal) WHERE principal IS NOT NULL;
CREATE INDEX sessions_by_task ON sessions USING btree (workspace_id, task_type, task_id);
CREATE INDEX sessions_by_time ON sessions USING btree (workspace_id, start_key, id);
CREATE INDEX sessions_by_transcript ON sessions USING btree (transcript_id);
CREATE INDEX sessions_by_update ON sessions USING btree (workspace_id, updated_at);
CREATE TRIGGER session_keys_added AFTER INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION queue_session_keys();
CREATE TRIGGER session_keys_changed AFTER UPDATE OF transcript_id, event_count, metadata, labels, deleted_at ON sessions FOR EACH ROW EXECUTE FUNCTION queue_session_keys();
CREATE TRIGGER sessions_queue_insert AFTER INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION queue_session_for_search();
CREATE TRIGGER sessions_queue_update AFTER UPDATE OF transcript_id, event_count, deleted_at ON sessions FOR EACH ROW EXECUTE FUNCTION queue_session_for_search();

CREATE TABLE signal_joins (
  signal_id text COLLATE "C" NOT NULL,
  ordinal integer NOT NULL,
  session_id text COLLATE "C",
  exposure_id text COLLATE "C",
  via text COLLATE "C" NOT NULL,
  confidence text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT signal_joins_pkey PRIMARY KEY (signal_id, ordinal),
  CONSTRAINT signal_joins_check CHECK (session_id IS NOT NULL OR exposure_id IS NOT NULL),
  CONSTRAINT signal_joins_confidence_check CHECK (confidence = ANY (ARRAY['exact'::text, 'strong'::text, 'weak'::text])),
  CONSTRAINT signal_joins_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id),
  CONSTRAINT signal_joins_signal_id_fkey FOREIGN KEY (signal_id) REFERENCES outcome_signals(id)
);
CREATE INDEX signal_joins_by_exposure ON signal_joins USING btree (exposure_id, signal_id);
CREATE INDEX signal_joins_by_session ON signal_joins USING btree (session_id, signal_id);

CREATE TABLE signal_keys (
  signal_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  CONSTRAINT signal_keys_pkey PRIMARY KEY (signal_id, type, value),
  CONSTRAINT signal_keys_signal_id_fkey FOREIGN KEY (signal_id) REFERENCES outcome_signals(id)
);
CREATE INDEX signal_keys_by_value ON signal_keys USING btree (type, value, signal_id);

CREATE TABLE tallies (
  what text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  CONSTRAINT tallies_pkey PRIMARY KEY (what, name, state),
  CONSTRAINT tallies_what_check CHECK (what = ANY (ARRAY['signals'::text, 'receipts'::text]))
);
CREATE INDEX tallies_by_count ON tallies USING btree (what, count, name);

CREATE TABLE transcripts (
  id bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY,
  session_id text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  hash text COLLATE "C",
  event_count integer NOT NULL,
  raw_bytes bigint NOT NULL,
  owner text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT transcripts_pkey PRIMARY KEY (id),
  CONSTRAINT transcripts_check CHECK (hash IS NOT NULL OR state = 'staged'::text),
  CONSTRAINT transcripts_state_check CHECK (state = ANY (ARRAY['staged'::text, 'current'::text, 'superseded'::text]))
);
CREATE INDEX transcripts_by_session ON transcripts USING btree (session_id, hash);
CREATE UNIQUE INDEX transcripts_current ON transcripts USING btree (session_id) WHERE state = 'current'::text;
CREATE INDEX transcripts_staged ON transcripts USING btree (id) WHERE state = 'staged'::text;

CREATE TABLE webhook_attempts (
  delivery_id text COLLATE "C" NOT NULL,
  attempt integer NOT NULL,
  at text COLLATE "C" NOT NULL,
  status integer,
  error text COLLATE "C",
  CONSTRAINT webhook_attempts_pkey PRIMARY KEY (delivery_id, attempt),
  CONSTRAINT webhook_attempts_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES webhook_deliveries(id)
);

CREATE TABLE webhook_deliveries (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  event_id text COLLATE "C" NOT NULL,
  endpoint_id text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  attempts integer NOT NULL,
  attempts_before integer NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  ended_at text COLLATE "C",
  CONSTRAINT webhook_deliveries_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_deliveries_event_id_endpoint_id_key UNIQUE (event_id, endpoint_id),
  CONSTRAINT webhook_deliveries_state_check CHECK (state = ANY (ARRAY['pending'::text, 'delivered'::text, 'dead'::text])),
  CONSTRAINT webhook_deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id),
  CONSTRAINT webhook_deliveries_event_id_fkey FOREIGN KEY (event_id) REFERENCES webhook_events(id)
);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries USING btree (endpoint_id, created_at, id);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries USING btree (workspace_id, created_at, id);

CREATE TABLE webhook_endpoints (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  url text COLLATE "C" NOT NULL,
  description text COLLATE "C" NOT NULL,
  event_types text COLLATE "C" NOT NULL,
  secret text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  disabled_reason text COLLATE "C",
  failing_since text COLLATE "C",
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  deleted_at text COLLATE "C",
  CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_endpoints_state_check CHECK (state = ANY (ARRAY['enabled'::text, 'disabled'::text]))
);
CREATE INDEX webhook_endpoints_by_time ON webhook_endpoints USING btree (workspace_id, created_at, id) WHERE deleted_at IS NULL;

CREATE TABLE webhook_events (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  type text COLLATE "C" NOT NULL,
  object_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT webhook_events_pkey PRIMARY KEY (id)
);

CREATE TABLE webhook_receipts (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  source_id text COLLATE "C" NOT NULL,
  delivery_id text COLLATE "C" NOT NULL,
  content_hash text COLLATE "C" NOT NULL,
  event text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  reason text COLLATE "C",
  headers text COLLATE "C" NOT NULL,
  body bytea NOT NULL,
  body_bytes integer NOT NULL,
  signed integer NOT NULL,
  signals integer NOT NULL,
  rounds integer NOT NULL,
  received_at text COLLATE "C" NOT NULL,
  ended_at text COLLATE "C",
  body_gone_at text COLLATE "C",
  body_gone_why text COLLATE "C",
  CONSTRAINT webhook_receipts_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_receipts_source_id_content_hash_key UNIQUE (source_id, content_hash),
  CONSTRAINT webhook_receipts_source_id_delivery_id_key UNIQUE (source_id, delivery_id),
  CONSTRAINT webhook_receipts_body_gone_why_check CHECK (body_gone_why = ANY (ARRAY['expired'::text, 'erased'::text])),
  CONSTRAINT webhook_receipts_signed_check CHECK (signed = ANY (ARRAY[0, 1])),
  CONSTRAINT webhook_receipts_state_check CHECK (state = ANY (ARRAY['received'::text, 'mapped'::text, 'ignored'::text, 'failed'::text])),
  CONSTRAINT webhook_receipts_source_id_fkey FOREIGN KEY (source_id) REFERENCES webhook_sources(id)
);
CREATE INDEX webhook_receipts_by_source ON webhook_receipts USING btree (source_id, received_at, id);
CREATE INDEX webhook_receipts_by_time ON webhook_receipts USING btree (workspace_id, received_at, id);
CREATE INDEX webhook_receipts_with_body ON webhook_receipts USING btree (received_at, id) WHERE body_gone_at IS NULL AND state <> 'received'::text;
CREATE TRIGGER webhook_receipts_tallied AFTER INSERT OR UPDATE OF state ON webhook_receipts FOR EACH ROW EXECUTE FUNCTION tally_receipt();

CREATE TABLE webhook_refusals (
  source_id text COLLATE "C" NOT NULL,
  reason text COLLATE "C" NOT NULL,
  count integer NOT NULL,
  last_at text COLLATE "C" NOT NULL,
  CONSTRAINT webhook_refusals_pkey PRIMARY KEY (source_id, reason),
  CONSTRAINT webhook_refusals_source_id_fkey FOREIGN KEY (source_id) REFERENCES webhook_sources(id)
);

CREATE TABLE webhook_sources (
  id text COLLATE "C" NOT NULL,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default'::text,
  name text COLLATE "C" NOT NULL,
  provider text COLLATE "C" NOT NULL,
  scheme text COLLATE "C" NOT NULL,
  reading text COLLATE "C" NOT NULL,
  mapping text COLLATE "C",
  condition text COLLATE "C",
  secrets text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  deleted_at text COLLATE "C",
  CONSTRAINT webhook_sources_pkey PRIMARY KEY (id),
  CONSTRAINT webhook_sources_state_check CHECK (state = ANY (ARRAY['enabled'::text, 'disabled'::text]))
);
CREATE UNIQUE INDEX webhook_sources_by_name ON webhook_sources USING btree (workspace_id, name) WHERE deleted_at IS NULL;

CREATE TABLE withholding_frames (
  store_id text COLLATE "C" NOT NULL,
  content_hash text COLLATE "C" NOT NULL,
  items text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  CONSTRAINT withholding_frames_pkey PRIMARY KEY (store_id, content_hash),
  CONSTRAINT withholding_frames_store_id_fkey FOREIGN KEY (store_id) REFERENCES memory_stores(id)
);

CREATE TABLE withholding_settings (
  store_id text COLLATE "C" NOT NULL,
  share double precision NOT NULL,
  exempt_paths text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  CONSTRAINT withholding_settings_pkey PRIMARY KEY (store_id),
  CONSTRAINT withholding_settings_share_check CHECK (share >= 0.05::double precision AND share <= 0.1::double precision),
  CONSTRAINT withholding_settings_store_id_fkey FOREIGN KEY (store_id) REFERENCES memory_stores(id)
);

CREATE OR REPLACE FUNCTION audit_records_refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'audit_records is append-only' USING ERRCODE = 'integrity_constraint_violation';
END
$function$

CREATE OR REPLACE FUNCTION audit_records_refuse_edit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF OLD.leaf IS NOT NULL OR NEW.leaf IS NULL
    OR (NEW.seq, NEW.id, NEW.at, NEW.actor_type, NEW.actor_id, NEW.action, NEW.object_type, NEW.object_id, NEW.workspace_id)
      IS DISTINCT FROM
      (OLD.seq, OLD.id, OLD.at, OLD.actor_type, OLD.actor_id, OLD.action, OLD.object_type, OLD.object_id, OLD.workspace_id)
  THEN
    RAISE EXCEPTION 'audit_records is append-only' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$function$

CREATE OR REPLACE FUNCTION audit_records_refuse_gap()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NEW.leaf IS NULL OR NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM audit_records) THEN
    RAISE EXCEPTION 'audit_records is append-only, seq has no gaps, and every record has its leaf'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$function$

CREATE OR REPLACE FUNCTION audit_salts_refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'audit_salts may be deleted and not changed' USING ERRCODE = 'integrity_constraint_violation';
END
$function$

CREATE OR REPLACE FUNCTION queue_session_for_search()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO search_queue (session_id, ticket, queued_at) VALUES (NEW.id, 1, NEW.updated_at)
  ON CONFLICT (session_id) DO UPDATE SET ticket = search_queue.ticket + 1;
  RETURN NULL;
END $function$

CREATE OR REPLACE FUNCTION queue_session_keys()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
  INSERT INTO session_key_queue (session_id, ticket, queued_at) VALUES (NEW.id, 1, NEW.updated_at)
    ON CONFLICT (session_id) DO UPDATE SET ticket = session_key_queue.ticket + 1;
  RETURN NULL;
END $function$

CREATE OR REPLACE FUNCTION tally(what_ text, name_ text, state_ text, by_ bigint)
 RETURNS void
 LANGUAGE sql
AS $function$
  INSERT INTO tallies (what, name, state, count) VALUES (what_, name_, state_, by_), (what_, '*', state_, by_)
    ON CONFLICT (what, name, state) DO UPDATE SET count = tallies.count + by_;
$function$

CREATE OR REPLACE FUNCTION tally_receipt()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
  IF TG_OP = 'UPDATE' THEN
    PERFORM tally('receipts', OLD.source_id, OLD.state, -1);
  END IF;
  PERFORM tally('receipts', NEW.source_id, NEW.state, 1);
  RETURN NULL;
END $function$

CREATE OR REPLACE FUNCTION tally_signal()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
  IF TG_OP = 'UPDATE' THEN
    PERFORM tally('signals', OLD.source, CASE WHEN OLD.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN OLD.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, -1);
  END IF;
  PERFORM tally('signals', NEW.source, CASE WHEN NEW.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN NEW.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, 1);
  RETURN NULL;
END $function$
