import type { Generated } from 'kysely'
import type { ExposureId, OutcomeSignalId, SessionId } from '../../core/ids.ts'
import type { Json, Timestamp } from './column.ts'

export interface OutcomesTables {
  outcome_signals: OutcomeSignalsTable
  signal_joins: SignalJoinsTable
}

export interface OutcomeSignalsTable {
  id: OutcomeSignalId
  workspace_id: Generated<string>
  /** The strongest join; null while nothing joins it. */
  session_id: SessionId | null
  kind: string
  value: number | null
  success: 0 | 1 | null
  components: Json
  decided_at: Timestamp | null
  source: string
  created_at: Timestamp
  /** What the sender calls it: sent again, it is the same signal. */
  idempotency_key: string | null
  /** Who said so at the source. */
  principal: string | null
  signed: Generated<0 | 1>
  /** JSON array of what it is about: `{type, value}`. */
  subjects: Generated<Json>
  explanation: string | null
  unmatched_reason: string | null
}

interface SignalJoinsTable {
  signal_id: OutcomeSignalId
  ordinal: number
  session_id: SessionId | null
  exposure_id: ExposureId | null
  /** The kind of key that joined it. */
  via: string
  confidence: 'exact' | 'strong' | 'weak'
  created_at: Timestamp
}
