import type { Generated } from 'kysely'
import type { OutcomeSignalId, SessionId } from '../../core/ids.ts'
import type { Json, Timestamp } from './column.ts'

export interface OutcomesTables {
  outcome_signals: OutcomeSignalsTable
}

export interface OutcomeSignalsTable {
  id: OutcomeSignalId
  workspace_id: Generated<string>
  session_id: SessionId
  kind: string
  value: number | null
  success: 0 | 1 | null
  components: Json
  decided_at: Timestamp | null
  source: string
  created_at: Timestamp
}
