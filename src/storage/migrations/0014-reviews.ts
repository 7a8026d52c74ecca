import type { MigrationText } from './migration.ts'

/**
 * What the panel said of each change, what was decided, who approved what, and what was written into a store and
 * can be taken back. An edited change goes into its next round; nothing of an earlier one is lost.
 */
export const reviews: MigrationText = {
  name: 'reviews',
  sqlite: `
ALTER TABLE changes ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
ALTER TABLE changes ADD COLUMN status_reason TEXT;
ALTER TABLE changes ADD COLUMN taint TEXT;
CREATE TABLE critiques (
  change_id TEXT NOT NULL REFERENCES changes (id),
  round INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  critic TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'revise', 'reject')),
  explanation TEXT NOT NULL,
  PRIMARY KEY (change_id, round, ordinal)
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
  created_at TEXT NOT NULL,
  UNIQUE (change_id, ordinal)
) STRICT;
CREATE INDEX reviews_by_dream ON reviews (dream_id, change_id);
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
CREATE INDEX change_writes_by_path ON change_writes (store_id, path, ordinal);
CREATE INDEX change_writes_by_memory ON change_writes (memory_id, ordinal);
CREATE INDEX change_writes_by_dream ON change_writes (dream_id, ordinal);
CREATE TABLE change_write_parts (
  write_id TEXT NOT NULL REFERENCES change_writes (id),
  ordinal INTEGER NOT NULL,
  owner_id TEXT NOT NULL,
  edits TEXT NOT NULL,
  PRIMARY KEY (write_id, ordinal)
) STRICT;
CREATE INDEX change_write_parts_by_owner ON change_write_parts (owner_id, write_id);
`,
  postgres: `
ALTER TABLE changes ADD COLUMN round integer NOT NULL DEFAULT 0;
ALTER TABLE changes ADD COLUMN status_reason text COLLATE "C";
ALTER TABLE changes ADD COLUMN taint text COLLATE "C";
CREATE TABLE critiques (
  change_id text COLLATE "C" NOT NULL REFERENCES changes (id),
  round integer NOT NULL,
  ordinal integer NOT NULL,
  critic text COLLATE "C" NOT NULL,
  verdict text COLLATE "C" NOT NULL CHECK (verdict IN ('accept', 'revise', 'reject')),
  explanation text COLLATE "C" NOT NULL,
  PRIMARY KEY (change_id, round, ordinal)
);
CREATE TABLE reviews (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  change_id text COLLATE "C" NOT NULL REFERENCES changes (id),
  dream_id text COLLATE "C" NOT NULL REFERENCES dreams (id),
  ordinal integer NOT NULL,
  verdict text COLLATE "C" NOT NULL CHECK (verdict IN ('accept', 'reject', 'edit')),
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  reason text COLLATE "C",
  overrules integer NOT NULL CHECK (overrules IN (0, 1)),
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
  UNIQUE (change_id, ordinal)
);
CREATE INDEX reviews_by_dream ON reviews (dream_id, change_id);
CREATE TABLE change_writes (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  store_id text COLLATE "C" NOT NULL REFERENCES memory_stores (id),
  ordinal integer NOT NULL,
  dream_id text COLLATE "C" NOT NULL REFERENCES dreams (id),
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('apply', 'roll_back', 'restore')),
  path text COLLATE "C" NOT NULL,
  memory_id text COLLATE "C" NOT NULL REFERENCES memories (id),
  version_before text COLLATE "C",
  version_after text COLLATE "C",
  bytes_added integer NOT NULL,
  bytes_removed integer NOT NULL,
  actor_type text COLLATE "C" NOT NULL,
  actor_id text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  UNIQUE (store_id, ordinal)
);
CREATE INDEX change_writes_by_path ON change_writes (store_id, path, ordinal);
CREATE INDEX change_writes_by_memory ON change_writes (memory_id, ordinal);
CREATE INDEX change_writes_by_dream ON change_writes (dream_id, ordinal);
CREATE TABLE change_write_parts (
  write_id text COLLATE "C" NOT NULL REFERENCES change_writes (id),
  ordinal integer NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  edits text COLLATE "C" NOT NULL,
  PRIMARY KEY (write_id, ordinal)
);
CREATE INDEX change_write_parts_by_owner ON change_write_parts (owner_id, write_id);
`,
}
