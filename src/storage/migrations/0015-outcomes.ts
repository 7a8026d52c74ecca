import type { MigrationText } from './migration.ts'

/**
 * Signals that come from outside: they may name no session yet, and may be about several. What joins them to
 * sessions, or to what was read, is made anew whenever a rule or a session comes later.
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
  unmatched_reason TEXT
) STRICT;
INSERT INTO outcome_signals_anew (id, workspace_id, session_id, kind, value, success, components, decided_at, source, created_at)
  SELECT id, workspace_id, session_id, kind, value, success, components, decided_at, source, created_at FROM outcome_signals;
DROP TABLE outcome_signals;
ALTER TABLE outcome_signals_anew RENAME TO outcome_signals;
CREATE INDEX outcome_signals_by_session ON outcome_signals (session_id, decided_at, id);
CREATE UNIQUE INDEX outcome_signals_by_key ON outcome_signals (workspace_id, source, idempotency_key) WHERE idempotency_key IS NOT NULL;
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
`,
  postgres: `
ALTER TABLE outcome_signals ALTER COLUMN session_id DROP NOT NULL;
ALTER TABLE outcome_signals ADD COLUMN idempotency_key text COLLATE "C";
ALTER TABLE outcome_signals ADD COLUMN principal text COLLATE "C";
ALTER TABLE outcome_signals ADD COLUMN signed integer NOT NULL DEFAULT 0 CHECK (signed IN (0, 1));
ALTER TABLE outcome_signals ADD COLUMN subjects text COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE outcome_signals ADD COLUMN explanation text COLLATE "C";
ALTER TABLE outcome_signals ADD COLUMN unmatched_reason text COLLATE "C";
CREATE UNIQUE INDEX outcome_signals_by_key ON outcome_signals (workspace_id, source, idempotency_key) WHERE idempotency_key IS NOT NULL;
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
`,
}
