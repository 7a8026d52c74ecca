import type { MigrationText } from './migration.ts'

/**
 * What of a record may be erased moves out of it, into a row that can be deleted and not changed; what stays
 * is hashed. Records that were there before get their leaf when the database is opened (unlogged-records.ts):
 * SQLite has no SHA-256. `audit_tiles` holds every 256th, 65536th … full subtree, so that no proof reads the
 * whole log.
 */
export const audit: MigrationText = {
  name: 'audit',
  sqlite: `
CREATE TABLE audit_salts (
  seq INTEGER PRIMARY KEY REFERENCES audit_records (seq),
  salt TEXT NOT NULL CHECK (length(salt) = 32),
  before_hash TEXT,
  after_hash TEXT,
  reason TEXT
) STRICT;
INSERT INTO audit_salts (seq, salt, before_hash, after_hash, reason)
  SELECT seq, lower(hex(randomblob(16))), before_hash, after_hash, reason FROM audit_records;
CREATE TRIGGER audit_salts_refuse_update BEFORE UPDATE ON audit_salts
BEGIN
  SELECT RAISE(ABORT, 'audit_salts may be deleted and not changed');
END;
DROP TRIGGER audit_records_refuse_update;
DROP TRIGGER audit_records_refuse_delete;
DROP TRIGGER audit_records_refuse_gap_or_replace;
ALTER TABLE audit_records DROP COLUMN before_hash;
ALTER TABLE audit_records DROP COLUMN after_hash;
ALTER TABLE audit_records DROP COLUMN reason;
ALTER TABLE audit_records ADD COLUMN workspace_id TEXT NOT NULL DEFAULT 'wrkspc_default';
ALTER TABLE audit_records ADD COLUMN before_commitment TEXT;
ALTER TABLE audit_records ADD COLUMN after_commitment TEXT;
ALTER TABLE audit_records ADD COLUMN reason_commitment TEXT;
ALTER TABLE audit_records ADD COLUMN leaf TEXT CHECK (length(leaf) = 64);
CREATE INDEX audit_records_by_actor ON audit_records (actor_id, seq);
CREATE INDEX audit_records_by_action ON audit_records (action, seq);
CREATE INDEX audit_records_by_time ON audit_records (at, seq);
CREATE INDEX audit_records_without_leaf ON audit_records (seq) WHERE leaf IS NULL;
CREATE TRIGGER audit_records_refuse_update BEFORE UPDATE ON audit_records
WHEN OLD.leaf IS NOT NULL OR NEW.leaf IS NULL OR NEW.seq IS NOT OLD.seq OR NEW.id IS NOT OLD.id
  OR NEW.at IS NOT OLD.at OR NEW.actor_type IS NOT OLD.actor_type OR NEW.actor_id IS NOT OLD.actor_id
  OR NEW.action IS NOT OLD.action OR NEW.object_type IS NOT OLD.object_type
  OR NEW.object_id IS NOT OLD.object_id OR NEW.workspace_id IS NOT OLD.workspace_id
BEGIN
  SELECT RAISE(ABORT, 'audit_records is append-only');
END;
CREATE TRIGGER audit_records_refuse_delete BEFORE DELETE ON audit_records
BEGIN
  SELECT RAISE(ABORT, 'audit_records is append-only');
END;
CREATE TRIGGER audit_records_refuse_gap_or_replace BEFORE INSERT ON audit_records
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit_records)
  OR EXISTS (SELECT 1 FROM audit_records WHERE id = NEW.id) OR NEW.leaf IS NULL
BEGIN
  SELECT RAISE(ABORT, 'audit_records is append-only, seq has no gaps, and every record has its leaf');
END;
CREATE TABLE audit_tiles (
  level INTEGER NOT NULL CHECK (level > 0 AND level % 8 = 0),
  at INTEGER NOT NULL,
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  PRIMARY KEY (level, at)
) STRICT, WITHOUT ROWID;
CREATE TABLE audit_checkpoints (
  size INTEGER PRIMARY KEY,
  root TEXT NOT NULL CHECK (length(root) = 64),
  note TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
`,
  postgres: `
CREATE TABLE audit_salts (
  seq bigint PRIMARY KEY REFERENCES audit_records (seq),
  salt text COLLATE "C" NOT NULL CHECK (length(salt) = 32),
  before_hash text COLLATE "C",
  after_hash text COLLATE "C",
  reason text COLLATE "C"
);
INSERT INTO audit_salts (seq, salt, before_hash, after_hash, reason)
  SELECT seq, left(encode(sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')), 'hex'), 32),
    before_hash, after_hash, reason FROM audit_records;
CREATE FUNCTION audit_salts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit_salts may be deleted and not changed' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER audit_salts_refuse_update BEFORE UPDATE ON audit_salts
FOR EACH ROW EXECUTE FUNCTION audit_salts_refuse_change();
ALTER TABLE audit_records DROP COLUMN before_hash;
ALTER TABLE audit_records DROP COLUMN after_hash;
ALTER TABLE audit_records DROP COLUMN reason;
ALTER TABLE audit_records ADD COLUMN workspace_id text COLLATE "C" NOT NULL DEFAULT 'wrkspc_default';
ALTER TABLE audit_records ADD COLUMN before_commitment text COLLATE "C";
ALTER TABLE audit_records ADD COLUMN after_commitment text COLLATE "C";
ALTER TABLE audit_records ADD COLUMN reason_commitment text COLLATE "C";
ALTER TABLE audit_records ADD COLUMN leaf text COLLATE "C" CHECK (length(leaf) = 64);
CREATE INDEX audit_records_by_actor ON audit_records (actor_id, seq);
CREATE INDEX audit_records_by_action ON audit_records (action, seq);
CREATE INDEX audit_records_by_time ON audit_records (at, seq);
CREATE INDEX audit_records_without_leaf ON audit_records (seq) WHERE leaf IS NULL;
DROP TRIGGER audit_records_refuse_update ON audit_records;
CREATE TRIGGER audit_records_refuse_delete BEFORE DELETE ON audit_records
FOR EACH ROW EXECUTE FUNCTION audit_records_refuse_change();
CREATE FUNCTION audit_records_refuse_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.leaf IS NOT NULL OR NEW.leaf IS NULL
    OR (NEW.seq, NEW.id, NEW.at, NEW.actor_type, NEW.actor_id, NEW.action, NEW.object_type, NEW.object_id, NEW.workspace_id)
      IS DISTINCT FROM
      (OLD.seq, OLD.id, OLD.at, OLD.actor_type, OLD.actor_id, OLD.action, OLD.object_type, OLD.object_id, OLD.workspace_id)
  THEN
    RAISE EXCEPTION 'audit_records is append-only' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER audit_records_refuse_update BEFORE UPDATE ON audit_records
FOR EACH ROW EXECUTE FUNCTION audit_records_refuse_edit();
CREATE OR REPLACE FUNCTION audit_records_refuse_gap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.leaf IS NULL OR NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM audit_records) THEN
    RAISE EXCEPTION 'audit_records is append-only, seq has no gaps, and every record has its leaf'
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TABLE audit_tiles (
  level integer NOT NULL CHECK (level > 0 AND level % 8 = 0),
  at bigint NOT NULL,
  hash text COLLATE "C" NOT NULL CHECK (length(hash) = 64),
  PRIMARY KEY (level, at)
);
CREATE TABLE audit_checkpoints (
  size bigint PRIMARY KEY,
  root text COLLATE "C" NOT NULL CHECK (length(root) = 64),
  note text COLLATE "C" NOT NULL,
  created_at text COLLATE "C" NOT NULL
);
`,
}
