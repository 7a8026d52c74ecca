import type { AuditRecordId } from '../ids.ts'

/** Who did it. `importer` and `dream` act for the person or schedule that started them. */
export interface Actor {
  readonly type: 'user' | 'api_key' | 'service_account' | 'session' | 'dream' | 'importer'
  readonly id: string
}

/**
 * One fact about what Lucidream itself did. Content enters only as a hash, so that erasing content later
 * leaves every record true. The Merkle log will be built over these in `seq` order.
 */
export interface AuditRecord {
  readonly id: AuditRecordId
  /** From 1, without gaps, in commit order. */
  readonly seq: number
  /** RFC 3339 UTC. */
  readonly at: string
  readonly actor: Actor
  /** `object.verb_in_past`, e.g. `session.imported`, `dream.completed`. */
  readonly action: string
  readonly objectType: string
  readonly objectId: string
  readonly beforeHash: string | null
  readonly afterHash: string | null
  readonly reason: string | null
}

export type AuditEntry = Pick<AuditRecord, 'action' | 'objectType' | 'objectId'> &
  Partial<Pick<AuditRecord, 'beforeHash' | 'afterHash' | 'reason'>>
