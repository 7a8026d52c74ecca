import type { Generated } from 'kysely'
import type { EventId, MemoryId, MemoryStoreId, SessionId } from '../../core/ids.ts'
import type { Timestamp } from './column.ts'

export interface SearchTables {
  search_documents: SearchDocumentsTable
  search_index: SearchIndexTable
  search_sessions: SearchSessionsTable
  search_queue: SearchQueueTable
  search_old_memories: SearchOldMemoriesTable
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
