import type { Generated } from 'kysely'
import type { Actor } from '../../core/audit/record.ts'
import type {
  DreamId,
  MemoryId,
  MemorySnapshotId,
  MemoryStoreId,
  MemoryVersionId,
  SessionId,
} from '../../core/ids.ts'
import type { Json, Timestamp } from './column.ts'

export interface MemoryTables {
  memory_stores: MemoryStoresTable
  memories: MemoriesTable
  memory_versions: MemoryVersionsTable
  memory_snapshots: MemorySnapshotsTable
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
