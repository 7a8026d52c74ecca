import type { Generated } from 'kysely'
import type { WebhookReceiptId, WebhookSourceId } from '../../core/ids.ts'
import type { SenderKind } from '../../core/receive/scheme.ts'
import type { Json, Timestamp } from './column.ts'

export interface ReceiversTables {
  webhook_sources: WebhookSourcesTable
  webhook_receipts: WebhookReceiptsTable
  webhook_refusals: WebhookRefusalsTable
  tallies: TalliesTable
}

export interface WebhookSourcesTable {
  id: WebhookSourceId
  workspace_id: Generated<string>
  name: string
  provider: SenderKind
  scheme: Json
  reading: Json
  /** Null: the provider's own. */
  mapping: string | null
  condition: string | null
  /** Sealed, newest first, two at most. */
  secrets: Json
  state: 'enabled' | 'disabled'
  created_at: Timestamp
  updated_at: Timestamp
  deleted_at: Timestamp | null
}

export interface WebhookReceiptsTable {
  id: WebhookReceiptId
  workspace_id: Generated<string>
  source_id: WebhookSourceId
  delivery_id: string
  /** SHA-256 of what was signed: the same again is a replay, whatever id its headers give it. */
  content_hash: string
  event: string
  state: 'received' | 'mapped' | 'ignored' | 'failed'
  reason: string | null
  headers: Json
  /** As it came, compressed; empty once it is gone. */
  body: Uint8Array
  body_bytes: number
  signed: 0 | 1
  /** How many outcome signals came of it. */
  signals: number
  /** How often it was asked to be mapped. */
  rounds: number
  received_at: Timestamp
  ended_at: Timestamp | null
  body_gone_at: Timestamp | null
  body_gone_why: 'expired' | 'erased' | null
}

/** How many there are, kept by triggers; the name `*` counts all of them. */
interface TalliesTable {
  what: 'signals' | 'receipts'
  /** A source of signals, or the id of a webhook source. */
  name: string
  /** Of signals `session`, `without_session` or `unmatched`; of receipts their state. */
  state: string
  count: number
}

interface WebhookRefusalsTable {
  source_id: WebhookSourceId
  reason: string
  count: number
  last_at: Timestamp
}
