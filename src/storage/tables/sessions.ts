import type { Generated, GeneratedAlways } from 'kysely'
import type {
  AgentId,
  EnvironmentId,
  EventId,
  FileId,
  ImportId,
  MemoryStoreId,
  SessionId,
  SessionResourceId,
} from '../../core/ids.ts'
import type { SessionStatus } from '../../core/session.ts'
import type { Json, Timestamp } from './column.ts'

export interface SessionsTables {
  imported_files: ImportedFilesTable
  sessions: SessionsTable
  transcripts: TranscriptsTable
  session_events: SessionEventsTable
  raw_chunks: RawChunksTable
  digest_batches: DigestBatchesTable
  digests: DigestsTable
  session_resources: SessionResourcesTable
  imports: ImportsTable
  import_progress: ImportProgressTable
}

interface ImportedFilesTable {
  workspace_id: Generated<string>
  sha256: string
  /** `format@version` of the importer, so that a newer importer reads the file again. */
  importer: string
  format: string
  path: string
  bytes: number
  sessions: number
  events: number
  outcome_signals: number
  report: Json
  imported_at: Timestamp
}

export interface SessionsTable {
  id: SessionId
  workspace_id: Generated<string>
  key: string
  format: string
  agent_name: string
  agent_version: string | null
  agent_model: string | null
  task_type: string | null
  task_id: string | null
  title: string | null
  principal: string | null
  labels: Json
  status: SessionStatus
  started_at: Timestamp | null
  ended_at: Timestamp | null
  /** The current transcript; its hash and count stand here too, so that lists need no join. */
  transcript_id: number
  transcript_hash: string
  event_count: number
  created_at: Timestamp
  updated_at: Timestamp
  /** `started_at`, or empty: what lists are ordered and paged by. */
  start_key: GeneratedAlways<string>
  /** 1: events are appended to its transcript while it is watched. 0: it came whole, from an import. */
  live: Generated<0 | 1>
  /** Null in rows that were imported before agents were stored. */
  agent_id: AgentId | null
  agent_number: number | null
  /** What the agent was when the session began; null where the agent's columns say all there is. */
  agent_snapshot: Json | null
  environment_id: EnvironmentId | null
  metadata: Generated<Json>
  vault_ids: Generated<Json>
  budget: Json | null
  /** Tokens and time so far, kept while events come in; null where nobody counted. */
  tally: Json | null
  archived_at: Timestamp | null
  deleted_at: Timestamp | null
  /** `started_at`, else `created_at`: what the wire calls created_at. */
  began_at: GeneratedAlways<string>
}

/**
 * staged: being imported, invisible, appended to by its owner. current: the one its session shows.
 * superseded: a longer transcript of the same session came later. Only staged ones are ever deleted.
 */
interface TranscriptsTable {
  id: Generated<number>
  /** No foreign key: a staged transcript exists before its session does. */
  session_id: SessionId
  state: 'staged' | 'current' | 'superseded'
  hash: string | null
  event_count: number
  /** Characters of raw JSON text, before compression. */
  raw_bytes: number
  owner: string
  created_at: Timestamp
}

export interface SessionEventsTable {
  transcript_id: number
  seq: number
  id: EventId
  type: string
  processed_at: Timestamp | null
  branch: 'live' | 'abandoned'
  record: number
  body: Json
}

interface RawChunksTable {
  transcript_id: number
  chunk: number
  first_ordinal: number
  count: number
  encoding: 'deflate'
  data: Uint8Array
}

/** Traces of several sessions, as `packTraces` makes them. */
interface DigestBatchesTable {
  id: Generated<number>
  head: Json
  body: Uint8Array
}

/** Where the digest of a transcript stands: the batch, and the place in it. */
interface DigestsTable {
  session_id: SessionId
  transcript_hash: string
  digester_version: number
  batch_id: number
  place: number
}

export interface SessionResourcesTable {
  id: SessionResourceId
  session_id: SessionId
  ordinal: number
  type: 'memory_store' | 'file' | 'github_repository'
  memory_store_id: MemoryStoreId | null
  file_id: FileId | null
  body: Json
  created_at: Timestamp
  updated_at: Timestamp
  deleted_at: Timestamp | null
}

export interface ImportsTable {
  id: ImportId
  workspace_id: Generated<string>
  state: 'queued' | 'running' | 'completed' | 'failed' | 'canceled'
  source: 'upload' | 'path'
  /** Of the upload, or the path on the server. */
  name: string
  sha256: string | null
  /** The version of the program, since another one may read the same bytes otherwise. */
  program: string
  bytes: number
  /** The upload, until it is imported. */
  file_id: FileId | null
  cancel_requested_at: Timestamp | null
  result: Json | null
  error: Json | null
  created_at: Timestamp
  ended_at: Timestamp | null
}

interface ImportProgressTable {
  import_id: ImportId
  bytes_done: number
  bytes_total: number | null
  sessions: number
  events: number
}
