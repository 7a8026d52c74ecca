import type { Generated } from 'kysely'
import type { Actor } from '../../core/audit/record.ts'
import type { Grade } from '../../core/evidence.ts'
import type {
  ChangeId,
  ChangeWriteId,
  DreamId,
  EndorsementId,
  EventId,
  EvidenceId,
  FindingId,
  IncidentId,
  MemoryId,
  MemoryStoreId,
  MemoryVersionId,
  ReviewId,
  SessionId,
} from '../../core/ids.ts'
import type { Verdict } from '../../core/policy/decision.ts'
import type { Taint } from '../../core/trust/taint.ts'
import type { Json, Timestamp } from './column.ts'

export interface ChangesTables {
  findings: FindingsTable
  changes: ChangesTable
  critiques: CritiquesTable
  reviews: ReviewsTable
  change_writes: ChangeWritesTable
  change_write_parts: ChangeWritePartsTable
  evidence: EvidenceTable
  incidents: IncidentsTable
  endorsements: EndorsementsTable
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
  /** What policy said when it was asked last; null before it was. */
  verdict: Verdict | null
  /** When it goes by itself; null: never without a person. */
  due_at: Timestamp | null
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
  /** 1: given to break the glass, past what the policy says. */
  bypasses: Generated<0 | 1>
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
  kind: 'revocation' | 'erasure' | 'regression'
  source: Json
  reason: string
  report: Json
  actor_type: Actor['type']
  actor_id: string
  created_at: Timestamp
}

export interface EndorsementsTable {
  id: EndorsementId
  workspace_id: Generated<string>
  store_id: MemoryStoreId
  memory_id: MemoryId
  version_id: MemoryVersionId
  /** 1: of the memory as a whole. */
  whole: 0 | 1
  /** These two are empty once it is void. */
  content_sha256: string
  /** Hashes of the lines it is for. */
  lines: Json
  line_count: number
  taint_before: Taint
  taint: Taint
  person: string
  reason: string
  actor_type: Actor['type']
  actor_id: string
  created_at: Timestamp
  voided_at: Timestamp | null
  void_reason: string | null
}
