import type { Generated } from 'kysely'
import type { Actor } from '../../core/audit/record.ts'
import type { ExperimentState } from '../../core/experiment/verdict-sentence.ts'
import type {
  ChangeId,
  ExperimentId,
  ExposureId,
  MemorySnapshotId,
  MemoryStoreId,
  SessionId,
} from '../../core/ids.ts'
import type { Json, Timestamp } from './column.ts'

export interface ExperimentsTables {
  experiments: ExperimentsTable
  experiment_changes: ExperimentChangesTable
  experiment_arms: ExperimentArmsTable
  experiment_units: ExperimentUnitsTable
  experiment_commits: ExperimentCommitsTable
  experiment_states: ExperimentStatesTable
  experiment_decisions: ExperimentDecisionsTable
  exposures: ExposuresTable
  withholding_settings: WithholdingSettingsTable
  withholding_frames: WithholdingFramesTable
}

/** What one coin is tossed for: a session, a person or agent, a workspace, or a block of hours of a shared state. */
export type UnitKind = 'session' | 'actor' | 'workspace' | 'block'

export interface ExperimentsTable {
  id: ExperimentId
  workspace_id: Generated<string>
  store_id: MemoryStoreId
  name: string
  state: ExperimentState
  unit: UnitKind
  /** Sealed: whoever knows it knows every coin. */
  salt: string
  /** The test's settings, the goal and its deadlines, as they were when it began. */
  settings: Json
  /** What stood in the store when it began; null in a draft. */
  incumbent_snapshot_id: MemorySnapshotId | null
  /** Of the ramp, from 0; the share belongs to each unit. */
  stage: number
  verdict: Json | null
  created_by_type: Actor['type']
  created_by_id: string
  created_at: Timestamp
  started_at: Timestamp | null
  ended_at: Timestamp | null
  /** Of the store right after its changes were written into it. */
  promoted_content_hash: string | null
  /** The first unit of the holdback; null where nothing was promoted. */
  holdback_from: number | null
  holdback_until: Timestamp | null
  holdback_ended_at: Timestamp | null
}

/** The candidate is the incumbent plus these; with several, each is tossed for on its own. */
export interface ExperimentChangesTable {
  experiment_id: ExperimentId
  ordinal: number
  change_id: ChangeId
  change_hash: string
  /** The unit from which on its test may promote; what comes later does not take that back, harm does. */
  ready_at: number | null
  /** The unit from which on it may promote without a person. */
  proven_at: number | null
  /** The first unit that its test did not count; from then on its digit of every new arm is 0. */
  closed_at: number | null
  verdict: 'promote' | 'rollback' | 'inconclusive' | 'void' | null
  /** Whether it would be ready without any one of those who spoke; null: not asked. */
  leave_one_out: Json | null
}

/** `arm`: one digit a change, in their order: 1 with it, 0 without. */
interface ExperimentArmsTable {
  experiment_id: ExperimentId
  arm: string
  /** Of the files that this arm reads. */
  content_hash: string
  /** Where sessions of this arm write; the other arm never reads it. */
  overlay_store_id: MemoryStoreId | null
  created_at: Timestamp
  /** When it was last looked whether agents wrote something there. */
  collected_at: Timestamp | null
  /** What agents' writes are compared with: what the arm began with, then what proposals were made of. */
  collected_versions: Json | null
}

/** In the order of assignment, from 0 without gaps. */
export interface ExperimentUnitsTable {
  experiment_id: ExperimentId
  ordinal: number
  unit: string
  stratum: string
  principal: string | null
  arm: string
  stage: number
  /** The chance of the candidate when the coin was tossed, of every change alike. */
  pi: number
  assigned_at: Timestamp
  deadline_at: Timestamp
}

interface ExperimentCommitsTable {
  experiment_id: ExperimentId
  ordinal: number
  value: number
  missing: 0 | 1
  scores: Json
  hard_stop: string | null
  /** What came after the deadline: shown, never used. */
  late_value: number | null
  late_at: Timestamp | null
  committed_at: Timestamp
  /** What each test says after this unit, for the charts; folding the units gives them again. */
  readings: Json
}

interface ExperimentStatesTable {
  experiment_id: ExperimentId
  /** `change:0` the test of the first change, `holdback:0`, `drift`. */
  test: string
  /** The next unit to commit. */
  frontier: number
  state: Json
  updated_at: Timestamp
}

interface ExperimentDecisionsTable {
  experiment_id: ExperimentId
  ordinal: number
  kind: string
  frontier: number
  detail: Json
  actor_type: Actor['type']
  actor_id: string
  created_at: Timestamp
}

export interface ExposuresTable {
  id: ExposureId
  workspace_id: Generated<string>
  store_id: MemoryStoreId
  experiment_id: ExperimentId | null
  unit_ordinal: number | null
  unit: string
  arm: string | null
  /** As it was said before the coin. */
  task_type: string | null
  session_id: SessionId | null
  content_hash: string
  via: 'session' | 'checkout' | 'mcp' | 'file_sync' | 'hook'
  /** Items that were left out by chance, with that chance. */
  withheld: Json
  /** Of a block, in its first minutes: it does not count. */
  washout: Generated<0 | 1>
  assigned_at: Timestamp
  delivered_at: Timestamp | null
  /** When the harness said that it stood in context. */
  confirmed_at: Timestamp | null
}

/** Stores whose items are left out by chance now and then, so that each item's worth can be told. */
interface WithholdingSettingsTable {
  store_id: MemoryStoreId
  share: number
  exempt_paths: Json
  updated_at: Timestamp
}

/** Which items a coin was tossed for in contents of this hash: with `exposures.withheld` both sides of every coin. */
interface WithholdingFramesTable {
  store_id: MemoryStoreId
  content_hash: string
  items: Json
  created_at: Timestamp
}
