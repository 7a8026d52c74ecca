import type { MigrationText } from './migration.ts'

/**
 * Traces of many sessions in one row, in columns, because a dream reads all of them; and nothing to quote,
 * because the events are there. Digests are a cache: the old ones go, and the next dream makes them again.
 */
export const digestBatches: MigrationText = {
  name: 'digest-batches',
  sqlite: `
DROP TABLE digests;
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
`,
  postgres: `
DROP TABLE digests;
CREATE TABLE digest_batches (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  head text COLLATE "C" NOT NULL,
  body bytea NOT NULL
);
CREATE TABLE digests (
  session_id text COLLATE "C" NOT NULL,
  transcript_hash text COLLATE "C" NOT NULL,
  digester_version integer NOT NULL,
  batch_id integer NOT NULL REFERENCES digest_batches (id),
  place integer NOT NULL,
  PRIMARY KEY (session_id, transcript_hash, digester_version)
);
`,
}
