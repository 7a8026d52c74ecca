import type { MigrationText } from './migration.ts'

/** A person's word that a text may be trusted more, bound to its hash; void for good once the text changes. */
export const endorsements: MigrationText = {
  name: 'endorsements',
  sqlite: `
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
CREATE INDEX endorsements_by_store ON endorsements (store_id, created_at);
CREATE INDEX endorsements_by_memory ON endorsements (memory_id, voided_at);
`,
  postgres: `
CREATE TABLE endorsements (
  id text COLLATE "C" NOT NULL PRIMARY KEY,
  workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default',
  store_id text COLLATE "C" NOT NULL REFERENCES memory_stores (id),
  memory_id text COLLATE "C" NOT NULL REFERENCES memories (id),
  version_id text COLLATE "C" NOT NULL REFERENCES memory_versions (id),
  whole integer NOT NULL CHECK (whole IN (0, 1)),
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
  void_reason text COLLATE "C"
);
CREATE INDEX endorsements_by_store ON endorsements (store_id, created_at);
CREATE INDEX endorsements_by_memory ON endorsements (memory_id, voided_at);
`,
}
