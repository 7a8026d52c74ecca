import type { MigrationText } from './migration.ts'

/**
 * Hard stops are rare: they are looked for among the few signals of their kinds, not among all of an experiment; and of
 * its readings only those of sessions tell which models ran.
 */
export const signalsByKind: MigrationText = {
  name: 'signals-by-kind',
  sqlite: `
CREATE INDEX outcome_signals_by_kind ON outcome_signals (kind, created_at, id);
CREATE INDEX exposures_of_sessions ON exposures (experiment_id, session_id) WHERE session_id IS NOT NULL;
`,
  postgres: `
CREATE INDEX outcome_signals_by_kind ON outcome_signals (kind, created_at, id);
CREATE INDEX exposures_of_sessions ON exposures (experiment_id, session_id) WHERE session_id IS NOT NULL;
`,
}
