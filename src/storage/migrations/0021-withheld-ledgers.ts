import type { MigrationText } from './migration.ts'

/**
 * What is known of a reading's type of task before the coin: how long its outcome is waited for. Readings before this
 * have that of their unit in an experiment, where one ran. The index finds all readings of a unit.
 */
export const withheldLedgers: MigrationText = {
  name: 'withheld-ledgers',
  sqlite: `
ALTER TABLE exposures ADD COLUMN task_type TEXT;
UPDATE exposures SET task_type = (
  SELECT stratum FROM experiment_units AS unit
  WHERE unit.experiment_id = exposures.experiment_id AND unit.ordinal = exposures.unit_ordinal
) WHERE unit_ordinal IS NOT NULL;
CREATE INDEX exposures_by_store_unit ON exposures (store_id, unit, assigned_at, id);
`,
  postgres: `
ALTER TABLE exposures ADD COLUMN task_type text COLLATE "C";
UPDATE exposures SET task_type = (
  SELECT stratum FROM experiment_units AS unit
  WHERE unit.experiment_id = exposures.experiment_id AND unit.ordinal = exposures.unit_ordinal
) WHERE unit_ordinal IS NOT NULL;
CREATE INDEX exposures_by_store_unit ON exposures (store_id, unit, assigned_at, id);
`,
}
