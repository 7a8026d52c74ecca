import type { Generated, GeneratedAlways } from 'kysely'
import type { Actor } from '../core/audit/record.ts'
import type { Grade } from '../core/evidence.ts'
import type {
  AgentId,
  ApiKeyId,
  AuditRecordId,
  ChangeId,
  ChangeWriteId,
  DecisionId,
  DreamId,
  DreamScheduleId,
  EnvironmentId,
  EventId,
  EvidenceId,
  FileId,
  FindingId,
  ImportId,
  IncidentId,
  JobId,
  MemoryId,
  MemorySnapshotId,
  MemoryStoreId,
  MemoryVersionId,
  OutcomeSignalId,
  PolicyVersionId,
  ReviewId,
  SessionId,
  SessionResourceId,
  WebhookDeliveryId,
  WebhookEndpointId,
  WebhookEventId,
} from '../core/ids.ts'
import type { Decision, JudgedChange, Reason } from '../core/policy/decision.ts'
import type { SessionStatus } from '../core/session.ts'
import type { Taint } from '../core/trust/taint.ts'
import type { WebhookEventType } from '../core/webhooks.ts'

/**
 * The rows as they are stored, column for column. Times are RFC 3339 text in UTC except in `jobs`, where
 * they are compared with a clock. `Json` columns hold JSON text, which keeps every string exactly; in plain
 * text columns half of a surrogate pair and U+0000 become U+FFFD (stored-text.ts).
 */
export interface Tables {
  imported_files: ImportedFilesTable
  sessions: SessionsTable
  transcripts: TranscriptsTable
  session_events: SessionEventsTable
  raw_chunks: RawChunksTable
  outcome_signals: OutcomeSignalsTable
  digest_batches: DigestBatchesTable
  digests: DigestsTable
  memory_stores: MemoryStoresTable
  memories: MemoriesTable
  memory_versions: MemoryVersionsTable
  dreams: DreamsTable
  dream_sessions: DreamSessionsTable
  dream_memories: DreamMemoriesTable
  dream_schedules: DreamSchedulesTable
  dream_schedule_runs: DreamScheduleRunsTable
  findings: FindingsTable
  changes: ChangesTable
  evidence: EvidenceTable
  incidents: IncidentsTable
  critiques: CritiquesTable
  reviews: ReviewsTable
  change_writes: ChangeWritesTable
  change_write_parts: ChangeWritePartsTable
  audit_records: AuditRecordsTable
  audit_salts: AuditSaltsTable
  audit_tiles: AuditTilesTable
  audit_checkpoints: AuditCheckpointsTable
  jobs: JobsTable
  api_keys: ApiKeysTable
  agents: AgentsTable
  agent_versions: AgentVersionsTable
  environments: EnvironmentsTable
  files: FilesTable
  file_chunks: FileChunksTable
  session_resources: SessionResourcesTable
  webhook_endpoints: WebhookEndpointsTable
  webhook_events: WebhookEventsTable
  webhook_deliveries: WebhookDeliveriesTable
  webhook_attempts: WebhookAttemptsTable
  policies: PoliciesTable
  policy_versions: PolicyVersionsTable
  decisions: DecisionsTable
  decision_reasons: DecisionReasonsTable
  memory_snapshots: MemorySnapshotsTable
  search_documents: SearchDocumentsTable
  search_index: SearchIndexTable
  search_sessions: SearchSessionsTable
  search_queue: SearchQueueTable
  search_old_memories: SearchOldMemoriesTable
  imports: ImportsTable
  import_progress: ImportProgressTable
  database_size: DatabaseSizeView
}

/**
 * Rows that are disposable or that no one sees yet; they may change without an audit record. Checkpoints speak
 * of the log, so writing one must not make it grow.
 */
export type ScratchTables = Pick<
  Tables,
  | 'transcripts'
  | 'session_events'
  | 'raw_chunks'
  | 'digest_batches'
  | 'digests'
  | 'jobs'
  | 'files'
  | 'file_chunks'
  | 'search_documents'
  | 'search_index'
  | 'search_sessions'
  | 'search_queue'
  | 'search_old_memories'
  | 'import_progress'
  | 'audit_tiles'
  | 'audit_checkpoints'
>

type Json = string
type Timestamp = string

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

export interface MemoryStoresTable {
  id: MemoryStoreId
  workspace_id: Generated<string>
  name: string
  description: string
  metadata: Json
  created_at: Timestamp
  updated_at: Timestamp
  archived_at: Timestamp | null
  /** A tombstone: the rows stay, and nothing shows them. */
  deleted_at: Generated<Timestamp | null>
  /** Counted along, so that the limit needs no counting of rows. */
  live_memories: Generated<number>
  /** Deleted ones too: numbers the next memory, whose id is made of it. */
  memories_ever: Generated<number>
}

/** The head of a memory. A deleted one keeps its row, because its versions stay. */
interface MemoriesTable {
  id: MemoryId
  store_id: MemoryStoreId
  path: string
  version_id: MemoryVersionId
  content_sha256: string
  content_size_bytes: number
  created_at: Timestamp
  updated_at: Timestamp
  deleted_at: Timestamp | null
}

/** Append-only but for redaction. Content, size and hash are null in a deletion; redacted, path is too. */
export interface MemoryVersionsTable {
  id: MemoryVersionId
  memory_id: MemoryId
  store_id: MemoryStoreId
  ordinal: number
  operation: 'created' | 'modified' | 'deleted'
  path: string | null
  content: string | null
  content_sha256: string | null
  content_size_bytes: number | null
  actor_type: Actor['type']
  actor_id: string
  dream_id: DreamId | null
  /** The session it was written in: the actor itself, or the own session of the dream that acted. */
  session_id: SessionId | null
  created_at: Timestamp
  redacted_at: Timestamp | null
  redacted_by_type: Actor['type'] | null
  redacted_by_id: string | null
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

export interface FindingsTable {
  id: FindingId
  dream_id: DreamId
  ordinal: number
  key: string
  kind: string
  task_type: string | null
  grade: Grade
  title: string
  payload: Json
}

export interface ChangesTable {
  id: ChangeId
  dream_id: DreamId
  ordinal: number
  key: string
  operation: 'add' | 'edit' | 'merge' | 'supersede' | 'retire' | 'move'
  path: string
  base_version_id: MemoryVersionId | null
  base_sha256: string | null
  status: 'proposed' | 'accepted' | 'rejected' | 'applied' | 'rolled_back'
  payload: Json
  /** How often it was edited. */
  round: number
  /** Why it went back to `proposed`. */
  status_reason: string | null
  /** The lowest origin of any word in it; null before it was judged. */
  taint: Taint | null
}

interface CritiquesTable {
  change_id: ChangeId
  round: number
  ordinal: number
  critic: string
  verdict: 'accept' | 'revise' | 'reject'
  explanation: string
}

export interface ReviewsTable {
  id: ReviewId
  workspace_id: Generated<string>
  change_id: ChangeId
  dream_id: DreamId
  ordinal: number
  verdict: 'accept' | 'reject' | 'edit'
  actor_type: Actor['type']
  actor_id: string
  reason: string | null
  /** 1: the reviewer knew that a critic rejects the change, and said why it is right. */
  overrules: 0 | 1
  /** The change as it was before this edit. */
  edited_from: Json | null
  change_hash: string
  evidence_hash: string
  /** Sessions whose quotes supported it at the time. */
  support: number
  policy_version: string | null
  /** Over all that the approval is bound to; null where nothing was approved. */
  approval_hash: string | null
  expires_at: Timestamp | null
  voided_at: Timestamp | null
  void_reason: string | null
  created_at: Timestamp
}

export interface ChangeWritesTable {
  id: ChangeWriteId
  workspace_id: Generated<string>
  store_id: MemoryStoreId
  /** From 0 within its store, in the order of writing. */
  ordinal: number
  dream_id: DreamId
  kind: 'apply' | 'roll_back' | 'restore'
  path: string
  memory_id: MemoryId
  /** Null: the memory did not exist. */
  version_before: MemoryVersionId | null
  /** Null: the memory went. */
  version_after: MemoryVersionId | null
  bytes_added: number
  bytes_removed: number
  actor_type: Actor['type']
  actor_id: string
  created_at: Timestamp
}

interface ChangeWritePartsTable {
  write_id: ChangeWriteId
  ordinal: number
  /** A change; in a cascade also the version of somebody else that went with it. */
  owner_id: ChangeId | MemoryVersionId
  /** In offsets of the version before; empty where nothing new was written. */
  edits: Json
}

export interface EvidenceTable {
  id: EvidenceId
  owner_type: 'finding' | 'change'
  owner_id: FindingId | ChangeId
  ordinal: number
  session_id: SessionId
  event_id: EventId
  start: number
  end: number
  /** A JSON string: a quote must come back exactly, even one that cuts a surrogate pair. */
  text: Json
  polarity: 'supports' | 'contradicts'
  taint: Generated<Taint>
}

export interface IncidentsTable {
  id: IncidentId
  workspace_id: Generated<string>
  kind: 'revocation' | 'erasure'
  source: Json
  reason: string
  report: Json
  actor_type: Actor['type']
  actor_id: string
  created_at: Timestamp
}

/**
 * Append-only: triggers refuse every delete, every seq but the next, every record without its leaf, and every
 * update but the one that gives a record from before there were leaves its own.
 */
export interface AuditRecordsTable {
  seq: number
  id: AuditRecordId
  at: Timestamp
  actor_type: Actor['type']
  actor_id: string
  action: string
  object_type: string
  object_id: string
  workspace_id: Generated<string>
  before_commitment: string | null
  after_commitment: string | null
  reason_commitment: string | null
  /** Null only between a migration and the end of the opening that ran it. */
  leaf: string | null
}

/** What of a record may be erased: a row may be deleted, and never changed. */
export interface AuditSaltsTable {
  seq: number
  salt: string
  before_hash: string | null
  after_hash: string | null
  reason: string | null
}

/** Full subtrees of the Merkle tree at every eighth level; `at` counts them from 0. Made again from the leaves. */
interface AuditTilesTable {
  level: number
  at: number
  hash: string
}

interface AuditCheckpointsTable {
  size: number
  root: string
  note: string
  created_at: Timestamp
}

export interface JobsTable {
  id: JobId
  kind: string
  payload: Json
  state: 'queued' | 'running' | 'done' | 'failed'
  /** How often it was claimed. The newest attempt is the only one that may write: the fencing token. */
  attempt: number
  owner: string | null
  /** Milliseconds since the epoch. */
  lease_until: number | null
  available_at: number
  error: string | null
  created_at: Timestamp
}

export interface ApiKeysTable {
  id: ApiKeyId
  workspace_id: Generated<string>
  name: string
  hash: string
  hint: string
  scopes: Json
  created_at: Timestamp
  expires_at: Timestamp | null
  revoked_at: Timestamp | null
}

export interface WebhookEndpointsTable {
  id: WebhookEndpointId
  workspace_id: Generated<string>
  url: string
  description: string
  event_types: Json
  secret: string
  state: 'enabled' | 'disabled'
  disabled_reason: string | null
  failing_since: Timestamp | null
  created_at: Timestamp
  updated_at: Timestamp
  deleted_at: Timestamp | null
}

interface WebhookEventsTable {
  id: WebhookEventId
  workspace_id: Generated<string>
  type: WebhookEventType
  object_id: string
  created_at: Timestamp
}

export interface WebhookDeliveriesTable {
  id: WebhookDeliveryId
  workspace_id: Generated<string>
  event_id: WebhookEventId
  endpoint_id: WebhookEndpointId
  state: 'pending' | 'delivered' | 'dead'
  attempts: number
  /** As many were made before the last replay. */
  attempts_before: number
  created_at: Timestamp
  ended_at: Timestamp | null
}

interface WebhookAttemptsTable {
  delivery_id: WebhookDeliveryId
  attempt: number
  at: Timestamp
  status: number | null
  error: string | null
}

/** The head of an agent: everything that has versions stands in `agent_versions`. */
export interface AgentsTable {
  id: AgentId
  workspace_id: Generated<string>
  version: number
  created_at: Timestamp
  updated_at: Timestamp
  archived_at: Timestamp | null
}

interface AgentVersionsTable {
  agent_id: AgentId
  version: number
  body: Json
  created_at: Timestamp
}

export interface EnvironmentsTable {
  id: EnvironmentId
  workspace_id: Generated<string>
  name: string
  description: string | null
  metadata: Json
  config: Json
  created_at: Timestamp
  updated_at: Timestamp
  archived_at: Timestamp | null
  deleted_at: Timestamp | null
}

/** staged: bytes are still arriving and nobody sees it. */
export interface FilesTable {
  id: FileId
  workspace_id: Generated<string>
  state: 'staged' | 'stored'
  filename: string
  mime_type: string
  size_bytes: number
  sha256: string | null
  scope_id: string | null
  created_at: Timestamp
  expires_at: Timestamp | null
  deleted_at: Timestamp | null
}

interface FileChunksTable {
  file_id: FileId
  chunk: number
  data: Uint8Array
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

/** A file of the policy folder. */
interface PoliciesTable {
  workspace_id: Generated<string>
  file: string
  /** The last version that could be used; null: there never was one. */
  version_id: PolicyVersionId | null
  /** What is wrong with the file as it stands now. */
  fault: string | null
  faulty_since: Timestamp | null
  updated_at: Timestamp
}

/** Append-only. */
interface PolicyVersionsTable {
  id: PolicyVersionId
  workspace_id: Generated<string>
  name: string
  file: string
  text: string
  /** The policy with all that it took over from others. */
  body: Json
  created_at: Timestamp
}

/** Append-only: what policy said of a change, each time it was asked. */
export interface DecisionsTable {
  id: DecisionId
  change_id: ChangeId
  moment: JudgedChange['moment']
  verdict: Decision['verdict']
  risk: Decision['risk']
  approvals: Json
  policy_version: string | null
  created_at: Timestamp
}

interface DecisionReasonsTable {
  decision_id: DecisionId
  ordinal: number
  rule: string
  path: string
  value: string
  limit: string
  verdict: Reason['verdict']
  mode: Reason['mode']
}

/** `at`: the moment it shows. `version_ids`: JSON array, what stood there, in path order. */
export interface MemorySnapshotsTable {
  id: MemorySnapshotId
  workspace_id: Generated<string>
  store_id: MemoryStoreId
  name: string
  at: Timestamp
  version_ids: Json
  memories: number
  size_bytes: number
  created_at: Timestamp
}

/** What a row of the index is of: a memory of a store, or an event of a session. */
interface SearchDocumentsTable {
  id: Generated<number>
  kind: 'memory' | 'event'
  owner_id: MemoryStoreId | SessionId
  object_id: MemoryId | EventId
  transcript_id: number | null
}

/** `rowid` is the document's id. Write-only: what it holds cannot be read back. */
interface SearchIndexTable {
  rowid: number
  words: string
}

/** How many events of which transcript are indexed: the watermark of a session. */
interface SearchSessionsTable {
  session_id: SessionId
  transcript_id: number
  indexed_events: number
}

/** Sessions to index. `ticket` grows with every change, so that one made meanwhile is not lost. */
interface SearchQueueTable {
  session_id: SessionId
  ticket: number
  queued_at: Timestamp
}

/** Stored before there was an index, and not in it yet. */
interface SearchOldMemoriesTable {
  memory_id: MemoryId
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

interface DatabaseSizeView {
  bytes: number
}
