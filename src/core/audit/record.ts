import type { AuditRecordId } from '../ids.ts'

/** Who did it. `importer` and `dream` act for the person or schedule that started them. */
export interface Actor {
  readonly type: 'user' | 'api_key' | 'service_account' | 'session' | 'dream' | 'importer'
  readonly id: string
}

/**
 * One fact about what Lucidream itself did. Content enters only as commitments, so that erasing content later
 * leaves every record true. The Merkle log is built over these in `seq` order.
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
  readonly workspaceId: string
  /** These three, and the salt, are null once they were erased. */
  readonly beforeHash: string | null
  readonly afterHash: string | null
  readonly reason: string | null
  readonly salt: string | null
  readonly commitments: Commitments
  /** The hash of the record's entry in the Merkle log, 64 hex digits. */
  readonly leaf: string
}

/**
 * What the log says of a record's content: SHA-256 over the salt and the content, null where there was none.
 * Nobody can tell from it what the content was once the salt is gone.
 */
export interface Commitments {
  readonly before: string | null
  readonly after: string | null
  readonly reason: string | null
}

export type AuditEntry = Pick<AuditRecord, 'action' | 'objectType' | 'objectId'> &
  Partial<Pick<AuditRecord, 'beforeHash' | 'afterHash' | 'reason'>>

/** 16 random bytes as 32 lower-case hex digits, another at each call. */
export type NewSalt = () => string
