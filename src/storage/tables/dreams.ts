import type { Generated } from 'kysely'
import type {
  DreamId,
  DreamScheduleId,
  ExperimentId,
  MemoryId,
  MemoryStoreId,
  MemoryVersionId,
  SessionId,
} from '../../core/ids.ts'
import type { Json, Timestamp } from './column.ts'

export interface DreamsTables {
  dreams: DreamsTable
  dream_memories: DreamMemoriesTable
  dream_sessions: DreamSessionsTable
  dream_schedules: DreamSchedulesTable
  dream_schedule_runs: DreamScheduleRunsTable
}

export interface DreamsTable {
  id: DreamId
  workspace_id: Generated<string>
  ordinal: number
  status: 'pending' | 'running' | 'completed' | 'failed' | 'canceled'
  input_store_id: MemoryStoreId
  output_store_id: MemoryStoreId | null
  inputs_hash: string
  options: Json
  error: Json | null
  /** What these steps saw, kept for the report that the last step writes. */
  mined: Json | null
  reconciled: Json | null
  report: Json | null
  created_at: Timestamp
  ended_at: Timestamp | null
  origin: Generated<'cli' | 'api' | 'schedule'>
  model: Generated<string>
  instructions: string | null
  output_behavior: Generated<OutputBehavior>
  /** The store that it writes into: one dream a store. Null again once it has fully stopped. */
  held_store_id: MemoryStoreId | null
  /** The session that shows what it reads and writes. */
  session_id: SessionId | null
  session_count: Generated<number>
  selector: Json | null
  schedule_id: DreamScheduleId | null
  started_at: Timestamp | null
  archived_at: Timestamp | null
  /** Whose agents wrote what it proposes; null of every dream that mined. */
  experiment_id: ExperimentId | null
}

export type OutputBehavior = 'create_new' | 'update_existing'

/** The memories that a dream works from, pinned when it started. */
interface DreamMemoriesTable {
  dream_id: DreamId
  memory_id: MemoryId
  version_id: MemoryVersionId
  path: string
  content_sha256: string
}

/** What a dream reads, pinned: the session and the transcript it had when the dream was made. */
interface DreamSessionsTable {
  dream_id: DreamId
  ordinal: number
  session_id: SessionId
  transcript_hash: string
  /** The first so many events: a live transcript grows on. Null: all of them. */
  event_count: number | null
}

export interface DreamSchedulesTable {
  id: DreamScheduleId
  workspace_id: Generated<string>
  name: string
  status: 'active' | 'paused'
  paused_reason: Json | null
  cron: string | null
  timezone: string
  /** Dream when so many sessions are new. */
  new_sessions: number | null
  min_interval_seconds: number
  memory_store_id: MemoryStoreId
  selector: Json
  model: string
  instructions: string | null
  output_behavior: OutputBehavior
  /** By the cron expression; null without one. */
  next_fire_at: Timestamp | null
  /** When a worker has to look at it again. */
  next_look_at: Timestamp | null
  created_at: Timestamp
  updated_at: Timestamp
  deleted_at: Timestamp | null
}

/** One row a schedule and time: whoever inserts it fires, everybody else does not. */
export interface DreamScheduleRunsTable {
  schedule_id: DreamScheduleId
  fire_at: Timestamp
  reason: 'cron' | 'new_sessions'
  outcome: 'dreamt' | 'skipped' | 'failed'
  /** Fire times before this one that passed while nobody worked; they are not made up for. */
  missed: number
  dream_id: DreamId | null
  error: Json | null
  created_at: Timestamp
}
