import type { MigrationText } from './migration.ts'

/**
 * Stores count their memories, so that the limit and the next id need no counting of rows; deletion leaves a
 * tombstone. A version names the session it was written in, and who redacted it. Indexes follow the orders
 * and filters of the wire's lists.
 */
export const memoryWire: MigrationText = {
  name: 'memory-wire',
  sqlite: `
ALTER TABLE memory_stores ADD COLUMN deleted_at TEXT;
ALTER TABLE memory_stores ADD COLUMN live_memories INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memory_stores ADD COLUMN memories_ever INTEGER NOT NULL DEFAULT 0;
UPDATE memory_stores SET
  live_memories = (SELECT count(*) FROM memories
    WHERE memories.store_id = memory_stores.id AND memories.deleted_at IS NULL),
  memories_ever = (SELECT count(*) FROM memories WHERE memories.store_id = memory_stores.id);
DROP INDEX memory_stores_by_time;
CREATE INDEX memory_stores_by_time ON memory_stores (workspace_id, created_at, id)
  WHERE deleted_at IS NULL;
CREATE INDEX memory_stores_open ON memory_stores (workspace_id, created_at, id)
  WHERE deleted_at IS NULL AND archived_at IS NULL;

DROP INDEX memories_ever_at_path;

ALTER TABLE memory_versions ADD COLUMN session_id TEXT;
ALTER TABLE memory_versions ADD COLUMN redacted_by_type TEXT;
ALTER TABLE memory_versions ADD COLUMN redacted_by_id TEXT;
UPDATE memory_versions SET session_id = actor_id WHERE actor_type = 'session';
DROP INDEX memory_versions_by_store;
CREATE INDEX memory_versions_by_store
  ON memory_versions (store_id, created_at, ordinal, id);
CREATE INDEX memory_versions_by_memory
  ON memory_versions (memory_id, created_at, ordinal, id);
CREATE INDEX memory_versions_by_operation
  ON memory_versions (store_id, operation, created_at, ordinal, id);
CREATE INDEX memory_versions_by_actor
  ON memory_versions (store_id, actor_id, created_at, ordinal, id);
CREATE INDEX memory_versions_by_session
  ON memory_versions (store_id, session_id, created_at, ordinal, id) WHERE session_id IS NOT NULL;
`,
  postgres: `
ALTER TABLE memory_stores ADD COLUMN deleted_at text COLLATE "C";
ALTER TABLE memory_stores ADD COLUMN live_memories integer NOT NULL DEFAULT 0;
ALTER TABLE memory_stores ADD COLUMN memories_ever integer NOT NULL DEFAULT 0;
UPDATE memory_stores SET
  live_memories = (SELECT count(*) FROM memories
    WHERE memories.store_id = memory_stores.id AND memories.deleted_at IS NULL),
  memories_ever = (SELECT count(*) FROM memories WHERE memories.store_id = memory_stores.id);
DROP INDEX memory_stores_by_time;
CREATE INDEX memory_stores_by_time ON memory_stores (workspace_id, created_at, id)
  WHERE deleted_at IS NULL;
CREATE INDEX memory_stores_open ON memory_stores (workspace_id, created_at, id)
  WHERE deleted_at IS NULL AND archived_at IS NULL;

DROP INDEX memories_ever_at_path;

ALTER TABLE memory_versions ADD COLUMN session_id text COLLATE "C";
ALTER TABLE memory_versions ADD COLUMN redacted_by_type text COLLATE "C";
ALTER TABLE memory_versions ADD COLUMN redacted_by_id text COLLATE "C";
UPDATE memory_versions SET session_id = actor_id WHERE actor_type = 'session';
DROP INDEX memory_versions_by_store;
CREATE INDEX memory_versions_by_store
  ON memory_versions (store_id, created_at, ordinal, id);
CREATE INDEX memory_versions_by_memory
  ON memory_versions (memory_id, created_at, ordinal, id);
CREATE INDEX memory_versions_by_operation
  ON memory_versions (store_id, operation, created_at, ordinal, id);
CREATE INDEX memory_versions_by_actor
  ON memory_versions (store_id, actor_id, created_at, ordinal, id);
CREATE INDEX memory_versions_by_session
  ON memory_versions (store_id, session_id, created_at, ordinal, id) WHERE session_id IS NOT NULL;
`,
}
