import type { MigrationText } from './migration.ts'

/** Readings that do not count, stores of experiments known for what they are, and items left out by chance. */
export const exposures: MigrationText = {
  name: 'exposures',
  sqlite: `
ALTER TABLE exposures ADD COLUMN washout INTEGER NOT NULL DEFAULT 0 CHECK (washout IN (0, 1));
CREATE INDEX experiment_arms_by_overlay ON experiment_arms (overlay_store_id);
CREATE TABLE withholding_settings (
  store_id TEXT NOT NULL PRIMARY KEY REFERENCES memory_stores (id),
  share REAL NOT NULL CHECK (share BETWEEN 0.05 AND 0.1),
  exempt_paths TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE TABLE withholding_frames (
  store_id TEXT NOT NULL REFERENCES memory_stores (id),
  content_hash TEXT NOT NULL,
  items TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (store_id, content_hash)
) STRICT;
`,
  postgres: `
ALTER TABLE exposures ADD COLUMN washout integer NOT NULL DEFAULT 0 CHECK (washout IN (0, 1));
CREATE INDEX experiment_arms_by_overlay ON experiment_arms (overlay_store_id);
CREATE TABLE withholding_settings (
  store_id text COLLATE "C" NOT NULL PRIMARY KEY REFERENCES memory_stores (id),
  share double precision NOT NULL CHECK (share BETWEEN 0.05 AND 0.1),
  exempt_paths text COLLATE "C" NOT NULL,
  updated_at text COLLATE "C" NOT NULL
);
CREATE TABLE withholding_frames (
  store_id text COLLATE "C" NOT NULL REFERENCES memory_stores (id),
  content_hash text COLLATE "C" NOT NULL,
  items text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL,
  PRIMARY KEY (store_id, content_hash)
);
`,
}
