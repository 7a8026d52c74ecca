import type { AuditTables } from './tables/audit.ts'
import type { ChangesTables } from './tables/changes.ts'
import type { DreamsTables } from './tables/dreams.ts'
import type { ExperimentsTables } from './tables/experiments.ts'
import type { MemoryTables } from './tables/memory.ts'
import type { ObjectsTables } from './tables/objects.ts'
import type { OutcomesTables } from './tables/outcomes.ts'
import type { PoliciesTables } from './tables/policies.ts'
import type { ReceiversTables } from './tables/receivers.ts'
import type { SearchTables } from './tables/search.ts'
import type { ServiceTables } from './tables/service.ts'
import type { SessionsTables } from './tables/sessions.ts'
import type { WebhooksTables } from './tables/webhooks.ts'

/**
 * The rows as they are stored, column for column. Times are RFC 3339 text in UTC except in `jobs`, where
 * they are compared with a clock. `Json` columns hold JSON text, which keeps every string exactly; in plain
 * text columns half of a surrogate pair and U+0000 become U+FFFD (stored-text.ts).
 */
export interface Tables
  extends SessionsTables,
    OutcomesTables,
    ExperimentsTables,
    MemoryTables,
    DreamsTables,
    ChangesTables,
    PoliciesTables,
    AuditTables,
    ServiceTables,
    WebhooksTables,
    ReceiversTables,
    ObjectsTables,
    SearchTables {}

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
  | 'webhook_refusals'
  | 'session_keys'
  | 'session_key_marks'
  | 'session_key_queue'
  | 'rejoin_marks'
  | 'audit_tiles'
  | 'audit_checkpoints'
>
