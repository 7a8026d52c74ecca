import type { MigrationText } from './migration.ts'

/**
 * What agents wrote into the store of their arm becomes proposals: how far each overlay was collected, and the dream that
 * carries the proposals. `experiments_open` holds the few experiments that rounds look at.
 */
export const overlays: MigrationText = {
  name: 'overlays',
  sqlite: `
ALTER TABLE experiment_arms ADD COLUMN collected_at TEXT;
ALTER TABLE experiment_arms ADD COLUMN collected_versions TEXT;
ALTER TABLE dreams ADD COLUMN experiment_id TEXT REFERENCES experiments (id);
CREATE INDEX dreams_by_experiment ON dreams (experiment_id, ordinal) WHERE experiment_id IS NOT NULL;
CREATE INDEX experiments_open ON experiments (id)
  WHERE (state in ('running', 'paused') or (state = 'promoted' and holdback_ended_at is null));
CREATE INDEX experiments_by_time ON experiments (workspace_id, created_at, id);
`,
  postgres: `
ALTER TABLE experiment_arms ADD COLUMN collected_at text COLLATE "C";
ALTER TABLE experiment_arms ADD COLUMN collected_versions text COLLATE "C";
ALTER TABLE dreams ADD COLUMN experiment_id text COLLATE "C" REFERENCES experiments (id);
CREATE INDEX dreams_by_experiment ON dreams (experiment_id, ordinal) WHERE experiment_id IS NOT NULL;
CREATE INDEX experiments_open ON experiments (id)
  WHERE (state in ('running', 'paused') or (state = 'promoted' and holdback_ended_at is null));
CREATE INDEX experiments_by_time ON experiments (workspace_id, created_at, id);
`,
}
