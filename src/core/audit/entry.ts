import canonicalize from 'canonicalize'
import type { Hash } from '../ids.ts'
import type { AuditRecord, Commitments } from './record.ts'

/** What the log holds of a record; everything in it is for good. */
export type LoggedRecord = Pick<
  AuditRecord,
  'seq' | 'at' | 'actor' | 'action' | 'objectType' | 'objectId' | 'workspaceId' | 'commitments'
>

/** A record's entry in the log: RFC 8785 canonical JSON. Whoever has the fields gets the same bytes. */
export function formatEntry(record: LoggedRecord): string {
  return canonicalize({
    seq: record.seq,
    at: record.at,
    actor: { type: record.actor.type, id: record.actor.id },
    action: record.action,
    object_type: record.objectType,
    object_id: record.objectId,
    before: record.commitments.before,
    after: record.commitments.after,
    reason: record.commitments.reason,
    workspace: record.workspaceId,
  }) as string
}

/** As `hashLeaf`, in text: a NUL is the zero byte that RFC 6962 puts before an entry. */
export const hashEntry = (hash: Hash, entry: string): string => hash(`\0${entry}`)

/**
 * The field's name is in it, so that two equal contents of a record look unlike. A salt has a fixed length, so
 * no two pairs of salt and content are the same text.
 */
export function commit(
  hash: Hash,
  salt: string,
  content: Pick<AuditRecord, 'beforeHash' | 'afterHash' | 'reason'>,
): Commitments {
  const one = (field: string, text: string | null) =>
    text === null ? null : hash(`lucidream audit ${field}\n${salt}\n${text}`)
  return {
    before: one('before', content.beforeHash),
    after: one('after', content.afterHash),
    reason: one('reason', content.reason),
  }
}
