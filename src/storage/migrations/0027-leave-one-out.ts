import type { MigrationText } from './migration.ts'

/** Whether a test would be ready without any one of those who said how its units went. */
export const leaveOneOut: MigrationText = {
  name: 'leave-one-out',
  sqlite: `
ALTER TABLE experiment_changes ADD COLUMN leave_one_out TEXT;
`,
  postgres: `
ALTER TABLE experiment_changes ADD COLUMN leave_one_out text COLLATE "C";
`,
}
