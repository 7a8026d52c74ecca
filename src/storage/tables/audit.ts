import type { Generated } from 'kysely'
import type { Actor } from '../../core/audit/record.ts'
import type { AuditRecordId } from '../../core/ids.ts'
import type { Timestamp } from './column.ts'

export interface AuditTables {
  audit_records: AuditRecordsTable
  audit_salts: AuditSaltsTable
  audit_tiles: AuditTilesTable
  audit_checkpoints: AuditCheckpointsTable
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
