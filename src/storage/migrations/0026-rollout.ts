import type { MigrationText } from './migration.ts'

/** An incident may be a regression: a promotion that did harm. A decision may be about trying a change on units. */
export const rollout: MigrationText = {
  name: 'rollout',
  sqlite: `
DROP INDEX incidents_by_time;
ALTER TABLE incidents RENAME COLUMN kind TO former_kind;
ALTER TABLE incidents ADD COLUMN kind TEXT NOT NULL DEFAULT 'regression'
  CHECK (kind IN ('revocation', 'erasure', 'regression'));
UPDATE incidents SET kind = former_kind;
ALTER TABLE incidents DROP COLUMN former_kind;
CREATE INDEX incidents_by_time ON incidents (workspace_id, kind, created_at, id);
ALTER TABLE decisions RENAME COLUMN moment TO former_moment;
ALTER TABLE decisions ADD COLUMN moment TEXT NOT NULL DEFAULT 'try'
  CHECK (moment IN ('propose', 'apply', 'try'));
UPDATE decisions SET moment = former_moment;
ALTER TABLE decisions DROP COLUMN former_moment;
`,
  postgres: `
ALTER TABLE incidents DROP CONSTRAINT incidents_kind_check;
ALTER TABLE incidents ADD CONSTRAINT incidents_kind_check
  CHECK (kind IN ('revocation', 'erasure', 'regression'));
ALTER TABLE decisions DROP CONSTRAINT decisions_moment_check;
ALTER TABLE decisions ADD CONSTRAINT decisions_moment_check
  CHECK (moment IN ('propose', 'apply', 'try'));
`,
}
