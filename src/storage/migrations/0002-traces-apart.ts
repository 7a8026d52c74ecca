import type { Migration } from './migration.ts'

/** Digests are a cache, so the old ones go: the next dream makes them again in two parts. */
export const tracesApart: Migration = {
  number: 2,
  name: 'traces-apart',
  sql: `
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
}
