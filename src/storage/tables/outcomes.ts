import type { Generated } from 'kysely'
import type { ExposureId, OutcomeSignalId, SessionId } from '../../core/ids.ts'
import type { Json, Timestamp } from './column.ts'

export interface OutcomesTables {
  outcome_signals: OutcomeSignalsTable
  signal_joins: SignalJoinsTable
  signal_keys: SignalKeysTable
  session_keys: SessionKeysTable
  session_key_marks: SessionKeyMarksTable
  session_key_queue: SessionKeyQueueTable
  join_rules: JoinRulesTable
  rejoin_marks: RejoinMarksTable
  outcome_definitions: OutcomeDefinitionsTable
}

export interface OutcomeSignalsTable {
  id: OutcomeSignalId
  workspace_id: Generated<string>
  /** The strongest join, weak ones left out; null while nothing joins it. */
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
  final: 0 | 1 | null
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

/** What a session may know a signal by. */
interface SignalKeysTable {
  signal_id: OutcomeSignalId
  type: string
  value: string
}

/** What a signal may know a session by; made anew from the session and the rules. */
interface SessionKeysTable {
  session_id: SessionId
  type: string
  value: string
  /** `metadata`, `events`, `work` or `rule:NAME`. */
  via: string
  confidence: 'exact' | 'strong' | 'weak'
}

/** How far a session's events were read for keys, and under which revision of the rules. */
interface SessionKeyMarksTable {
  session_id: SessionId
  transcript_id: number
  events: number
  revision: number
}

interface SessionKeyQueueTable {
  session_id: SessionId
  /** Raised at every change: the row goes only when nothing came meanwhile. */
  ticket: number
  queued_at: Timestamp
}

interface JoinRulesTable {
  workspace_id: Generated<string>
  name: string
  rule: Json
  created_at: Timestamp
}

interface RejoinMarksTable {
  workspace_id: Generated<string>
  /** Raised whenever the rules change. */
  revision: number
  /** The last session whose keys were cut anew; null: all were. */
  through: string | null
}

interface OutcomeDefinitionsTable {
  workspace_id: Generated<string>
  name: string
  version: number
  definition: Json
  created_by_type: string
  created_by_id: string
  created_at: Timestamp
}
