import type { MigrationText } from './migration.ts'

/**
 * Experiments, who read which version, and what came of it. `experiment_units` is the order of assignment,
 * `experiment_commits` the same order with outcomes; folding the commits gives `experiment_states`, bit for bit.
 */
export const experiments: MigrationText = {
  name: 'experiments',
  sqlite: `
CREATE TABLE experiments (
  id TEXT NOT NULL PRIMARY KEY,
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  store_id TEXT NOT NULL REFERENCES memory_stores (id),
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'running', 'paused', 'promoted', 'rolled_back', 'inconclusive', 'void')),
  unit TEXT NOT NULL CHECK (unit IN ('session', 'actor', 'workspace', 'block')),
  salt TEXT NOT NULL,
  settings TEXT NOT NULL,
  incumbent_snapshot_id TEXT NOT NULL REFERENCES memory_snapshots (id),
  stage INTEGER NOT NULL,
  verdict TEXT,
  created_by_type TEXT NOT NULL,
  created_by_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  started_at TEXT,
  ended_at TEXT
) STRICT;
CREATE INDEX experiments_by_store ON experiments (store_id, state);
CREATE TABLE experiment_changes (
  experiment_id TEXT NOT NULL REFERENCES experiments (id),
  ordinal INTEGER NOT NULL,
  change_id TEXT NOT NULL REFERENCES changes (id),
  change_hash TEXT NOT NULL,
  PRIMARY KEY (experiment_id, ordinal)
) STRICT;
CREATE INDEX experiment_changes_by_change ON experiment_changes (change_id);
CREATE TABLE experiment_arms (
  experiment_id TEXT NOT NULL REFERENCES experiments (id),
  arm TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  overlay_store_id TEXT REFERENCES memory_stores (id),
  created_at TEXT NOT NULL,
  PRIMARY KEY (experiment_id, arm)
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
) STRICT;
CREATE INDEX exposures_by_unit ON exposures (experiment_id, unit_ordinal);
CREATE INDEX exposures_by_session ON exposures (session_id);
CREATE INDEX exposures_by_store ON exposures (store_id, assigned_at, id);
`,
  postgres: `
CREATE TABLE experiments (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  store_id text COLLATE "C" NOT NULL REFERENCES memory_stores (id),
  name text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('draft', 'running', 'paused', 'promoted', 'rolled_back', 'inconclusive', 'void')),
  unit text COLLATE "C" NOT NULL CHECK (unit IN ('session', 'actor', 'workspace', 'block')),
  salt text COLLATE "C" NOT NULL,
  settings text COLLATE "C" NOT NULL,
  incumbent_snapshot_id text COLLATE "C" NOT NULL REFERENCES memory_snapshots (id),
  stage integer NOT NULL,
  verdict text COLLATE "C",
  created_by_type text COLLATE "C" NOT NULL,
  created_by_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  started_at text COLLATE "C",
  ended_at text COLLATE "C"
);
CREATE INDEX experiments_by_store ON experiments (store_id, state);
CREATE TABLE experiment_changes (
  experiment_id text COLLATE "C" NOT NULL REFERENCES experiments (id),
  ordinal integer NOT NULL,
  change_id text COLLATE "C" NOT NULL REFERENCES changes (id),
  change_hash text COLLATE "C" NOT NULL,
  PRIMARY KEY (experiment_id, ordinal)
);
CREATE INDEX experiment_changes_by_change ON experiment_changes (change_id);
CREATE TABLE experiment_arms (
  experiment_id text COLLATE "C" NOT NULL REFERENCES experiments (id),
  arm text COLLATE "C" NOT NULL,
  content_hash text COLLATE "C" NOT NULL,
  overlay_store_id text COLLATE "C" REFERENCES memory_stores (id),
  created_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (experiment_id, arm)
);
CREATE TABLE experiment_units (
  experiment_id text COLLATE "C" NOT NULL REFERENCES experiments (id),
  ordinal integer NOT NULL,
  unit text COLLATE "C" NOT NULL,
  stratum text COLLATE "C" NOT NULL,
  principal text COLLATE "C",
  arm text COLLATE "C" NOT NULL,
  stage integer NOT NULL,
  pi double precision NOT NULL,
  assigned_at text COLLATE "C" NOT NULL,
  deadline_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (experiment_id, ordinal),
  UNIQUE (experiment_id, unit)
);
CREATE TABLE experiment_commits (
  experiment_id text COLLATE "C" NOT NULL REFERENCES experiments (id),
  ordinal integer NOT NULL,
  value double precision NOT NULL CHECK (value BETWEEN 0 AND 1),
  missing integer NOT NULL CHECK (missing IN (0, 1)),
  scores text COLLATE "C" NOT NULL,
  hard_stop text COLLATE "C",
  late_value double precision,
  late_at text COLLATE "C",
  committed_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (experiment_id, ordinal)
);
CREATE TABLE experiment_states (
  experiment_id text COLLATE "C" NOT NULL REFERENCES experiments (id),
  test text COLLATE "C" NOT NULL,
  frontier integer NOT NULL,
  state text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (experiment_id, test)
);
CREATE TABLE experiment_decisions (
  experiment_id text COLLATE "C" NOT NULL REFERENCES experiments (id),
  ordinal integer NOT NULL,
  kind text COLLATE "C" NOT NULL,
  frontier integer NOT NULL,
  detail text COLLATE "C" NOT NULL,
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (experiment_id, ordinal)
);
CREATE TABLE exposures (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  store_id text COLLATE "C" NOT NULL REFERENCES memory_stores (id),
  experiment_id text COLLATE "C" REFERENCES experiments (id),
  unit_ordinal integer,
  unit text COLLATE "C" NOT NULL,
  arm text COLLATE "C",
  session_id text COLLATE "C" REFERENCES sessions (id),
  content_hash text COLLATE "C" NOT NULL,
  via text COLLATE "C" NOT NULL CHECK (via IN ('session', 'checkout', 'mcp', 'file_sync', 'hook')),
  withheld text COLLATE "C" NOT NULL,
  assigned_at text COLLATE "C" NOT NULL,
  delivered_at text COLLATE "C",
  confirmed_at text COLLATE "C"
);
CREATE INDEX exposures_by_unit ON exposures (experiment_id, unit_ordinal);
CREATE INDEX exposures_by_session ON exposures (session_id);
CREATE INDEX exposures_by_store ON exposures (store_id, assigned_at, id);
`,
}
