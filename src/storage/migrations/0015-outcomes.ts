import type { MigrationText } from './migration.ts'

/**
 * Signals that come from outside: they may name no session yet, and may be about several. What joins them to
 * sessions, or to what was read, is made anew whenever a rule or a session comes later: `signal_keys` and
 * `session_keys` are what the two may be equal in, and `session_key_queue` holds the sessions whose keys may have
 * changed. `rejoin_marks` says under which revision of the rules keys are cut, and how far that went.
 */
export const outcomes: MigrationText = {
  name: 'outcomes',
  sqlite: `
CREATE TABLE outcome_signals_anew (
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
INSERT INTO outcome_signals_anew (id, workspace_id, session_id, kind, value, success, components, decided_at, source, created_at)
  SELECT id, workspace_id, session_id, kind, value, success, components, decided_at, source, created_at FROM outcome_signals;
DROP TABLE outcome_signals;
ALTER TABLE outcome_signals_anew RENAME TO outcome_signals;
CREATE INDEX outcome_signals_by_session ON outcome_signals (session_id, decided_at, id);
CREATE UNIQUE INDEX outcome_signals_by_key ON outcome_signals (workspace_id, source, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX outcome_signals_by_time ON outcome_signals (created_at, id);
CREATE INDEX outcome_signals_unmatched ON outcome_signals (created_at, id) WHERE unmatched_reason IS NOT NULL;
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
CREATE INDEX signal_joins_by_session ON signal_joins (session_id, signal_id);
CREATE INDEX signal_joins_by_exposure ON signal_joins (exposure_id, signal_id);
CREATE TABLE signal_keys (
  signal_id TEXT NOT NULL REFERENCES outcome_signals (id),
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (signal_id, type, value)
) STRICT;
CREATE INDEX signal_keys_by_value ON signal_keys (type, value, signal_id);
CREATE TABLE session_keys (
  session_id TEXT NOT NULL REFERENCES sessions (id),
  type TEXT NOT NULL,
  value TEXT NOT NULL,
  via TEXT NOT NULL,
  confidence TEXT NOT NULL CHECK (confidence IN ('exact', 'strong', 'weak')),
  PRIMARY KEY (session_id, type, value, via)
) STRICT;
CREATE INDEX session_keys_by_value ON session_keys (type, value, session_id);
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
INSERT INTO session_key_queue (session_id, ticket, queued_at) SELECT id, 1, updated_at FROM sessions;
CREATE TRIGGER session_keys_added AFTER INSERT ON sessions BEGIN
  INSERT INTO session_key_queue (session_id, ticket, queued_at) VALUES (NEW.id, 1, NEW.updated_at)
    ON CONFLICT (session_id) DO UPDATE SET ticket = session_key_queue.ticket + 1;
END;
CREATE TRIGGER session_keys_changed AFTER UPDATE OF transcript_id, event_count, metadata, labels, deleted_at ON sessions BEGIN
  INSERT INTO session_key_queue (session_id, ticket, queued_at) VALUES (NEW.id, 1, NEW.updated_at)
    ON CONFLICT (session_id) DO UPDATE SET ticket = session_key_queue.ticket + 1;
END;
CREATE TABLE join_rules (
  workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default',
  name TEXT NOT NULL,
  rule TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (workspace_id, name)
) STRICT;
CREATE TABLE rejoin_marks (
  workspace_id TEXT NOT NULL PRIMARY KEY DEFAULT 'wrkspc_default',
  revision INTEGER NOT NULL,
  through TEXT
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
`,
  postgres: `
ALTER TABLE outcome_signals ALTER COLUMN session_id DROP NOT NULL;
ALTER TABLE outcome_signals ADD COLUMN idempotency_key text COLLATE "C";
ALTER TABLE outcome_signals ADD COLUMN principal text COLLATE "C";
ALTER TABLE outcome_signals ADD COLUMN signed integer NOT NULL DEFAULT 0 CHECK (signed IN (0, 1));
ALTER TABLE outcome_signals ADD COLUMN subjects text COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE outcome_signals ADD COLUMN explanation text COLLATE "C";
ALTER TABLE outcome_signals ADD COLUMN final integer CHECK (final IN (0, 1));
ALTER TABLE outcome_signals ADD COLUMN unmatched_reason text COLLATE "C";
CREATE UNIQUE INDEX outcome_signals_by_key ON outcome_signals (workspace_id, source, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX outcome_signals_by_time ON outcome_signals (created_at, id);
CREATE INDEX outcome_signals_unmatched ON outcome_signals (created_at, id) WHERE unmatched_reason IS NOT NULL;
CREATE TABLE signal_joins (
  signal_id text COLLATE "C" NOT NULL REFERENCES outcome_signals (id),
  ordinal integer NOT NULL,
  session_id text COLLATE "C" REFERENCES sessions (id),
  exposure_id text COLLATE "C",
  via text COLLATE "C" NOT NULL,
  confidence text COLLATE "C" NOT NULL CHECK (confidence IN ('exact', 'strong', 'weak')),
  created_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (signal_id, ordinal),
  CHECK (session_id IS NOT NULL OR exposure_id IS NOT NULL)
);
CREATE INDEX signal_joins_by_session ON signal_joins (session_id, signal_id);
CREATE INDEX signal_joins_by_exposure ON signal_joins (exposure_id, signal_id);
CREATE TABLE signal_keys (
  signal_id text COLLATE "C" NOT NULL REFERENCES outcome_signals (id),
  type text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  PRIMARY KEY (signal_id, type, value)
);
CREATE INDEX signal_keys_by_value ON signal_keys (type, value, signal_id);
CREATE TABLE session_keys (
  session_id text COLLATE "C" NOT NULL REFERENCES sessions (id),
  type text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  via text COLLATE "C" NOT NULL,
  confidence text COLLATE "C" NOT NULL CHECK (confidence IN ('exact', 'strong', 'weak')),
  PRIMARY KEY (session_id, type, value, via)
);
CREATE INDEX session_keys_by_value ON session_keys (type, value, session_id);
CREATE TABLE session_key_marks (
  session_id text COLLATE "C" NOT NULL PRIMARY KEY,
  transcript_id bigint NOT NULL,
  events bigint NOT NULL,
  revision bigint NOT NULL
);
CREATE TABLE session_key_queue (
  session_id text COLLATE "C" NOT NULL PRIMARY KEY,
  ticket bigint NOT NULL,
  queued_at text COLLATE "C" NOT NULL
);
CREATE INDEX session_key_queue_by_time ON session_key_queue (queued_at, session_id);
INSERT INTO session_key_queue (session_id, ticket, queued_at) SELECT id, 1, updated_at FROM sessions;
CREATE FUNCTION queue_session_keys() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO session_key_queue (session_id, ticket, queued_at) VALUES (NEW.id, 1, NEW.updated_at)
    ON CONFLICT (session_id) DO UPDATE SET ticket = session_key_queue.ticket + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER session_keys_added AFTER INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION queue_session_keys();
CREATE TRIGGER session_keys_changed AFTER UPDATE OF transcript_id, event_count, metadata, labels, deleted_at ON sessions
  FOR EACH ROW EXECUTE FUNCTION queue_session_keys();
CREATE TABLE join_rules (
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  name text COLLATE "C" NOT NULL,
  rule text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (workspace_id, name)
);
CREATE TABLE rejoin_marks (
  workspace_id text COLLATE "C" NOT NULL PRIMARY KEY DEFAULT 'wrkspc_default',
  revision bigint NOT NULL,
  through text COLLATE "C"
);
CREATE TABLE outcome_definitions (
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  name text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  definition text COLLATE "C" NOT NULL,
  created_by_type text COLLATE "C" NOT NULL,
  created_by_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (workspace_id, name, version)
);
`,
}
