import type { MigrationText } from './migration.ts'

/**
 * Who a key stands for, who brought a policy in, approvals that break the glass, and when a change that needs
 * nobody goes by itself.
 */
export const approvals: MigrationText = {
  name: 'approvals',
  sqlite: `
ALTER TABLE api_keys ADD COLUMN owner TEXT;
ALTER TABLE api_keys ADD COLUMN role_names TEXT NOT NULL DEFAULT '[]';
ALTER TABLE api_keys ADD COLUMN group_names TEXT NOT NULL DEFAULT '[]';
ALTER TABLE policy_versions ADD COLUMN loaded_by_type TEXT;
ALTER TABLE policy_versions ADD COLUMN loaded_by_id TEXT;
ALTER TABLE reviews ADD COLUMN bypasses INTEGER NOT NULL DEFAULT 0 CHECK (bypasses IN (0, 1));
ALTER TABLE changes ADD COLUMN verdict TEXT CHECK (verdict IN ('allow', 'review', 'deny'));
ALTER TABLE changes ADD COLUMN due_at TEXT;
CREATE INDEX changes_due ON changes (due_at) WHERE due_at IS NOT NULL;
`,
  postgres: `
ALTER TABLE api_keys ADD COLUMN owner text COLLATE "C";
ALTER TABLE api_keys ADD COLUMN role_names text COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE api_keys ADD COLUMN group_names text COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE policy_versions ADD COLUMN loaded_by_type text COLLATE "C";
ALTER TABLE policy_versions ADD COLUMN loaded_by_id text COLLATE "C";
ALTER TABLE reviews ADD COLUMN bypasses integer NOT NULL DEFAULT 0 CHECK (bypasses IN (0, 1));
ALTER TABLE changes ADD COLUMN verdict text COLLATE "C" CHECK (verdict IN ('allow', 'review', 'deny'));
ALTER TABLE changes ADD COLUMN due_at text COLLATE "C";
CREATE INDEX changes_due ON changes (due_at) WHERE due_at IS NOT NULL;
`,
}
