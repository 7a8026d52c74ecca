import type { MigrationText } from './migration.ts'

/** Digests are a cache, so the old ones go: the next dream makes them again in two parts. */
export const tracesApart: MigrationText = {
  name: 'traces-apart',
  sqlite: `
DROP TABLE digests;
CREATE TABLE digests (
  session_id TEXT NOT NULL,
  transcript_hash TEXT NOT NULL,
  digester_version INTEGER NOT NULL,
  encoding TEXT NOT NULL CHECK (encoding = 'deflate'),
  trace BLOB NOT NULL,
  quotes BLOB NOT NULL,
  PRIMARY KEY (session_id, transcript_hash, digester_version)
) STRICT;
`,
  postgres: `
DROP TABLE digests;
CREATE TABLE digests (
  session_id text COLLATE "C" NOT NULL,
  transcript_hash text COLLATE "C" NOT NULL,
  digester_version integer NOT NULL,
  encoding text COLLATE "C" NOT NULL CHECK (encoding = 'deflate'),
  trace bytea NOT NULL,
  quotes bytea NOT NULL,
  PRIMARY KEY (session_id, transcript_hash, digester_version)
);
`,
}
