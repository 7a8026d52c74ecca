import type { Kysely } from 'kysely'
import type { Actor, AuditEntry, AuditRecord } from '../core/audit/record.ts'
import type { Hash } from '../core/ids.ts'
import type { ScratchTables, Tables } from './tables.ts'

/**
 * The only way to rows. Each door is one transaction around `work`: what it returns is stored, what it
 * throws undoes everything. Doors wait for each other where they must; opening one inside another that
 * it would wait for is refused, as is any use of a reader, scratch or writer after its door closed.
 * A statement that failed fails its door, even when the error was caught inside.
 * Writes that wait at the same time share one commit, so others wait for `work`: inside a door, await the
 * database and nothing slower.
 */
export interface Database {
  /** One consistent snapshot of committed rows. Any number at a time, also during a write. */
  read<T>(work: (reader: Reader) => Promise<T>): Promise<T>
  /**
   * Refuses with `audit_missing` when rows changed and `audit` was not called. When it returns, the rows are
   * on the disk, not only with the operating system.
   */
  write<T>(actor: Actor, work: (writer: Writer) => Promise<T>): Promise<T>
  /** For rows that are disposable or that no one sees yet; needs no actor and leaves no audit record. */
  scratch<T>(work: (scratch: Scratch) => Promise<T>): Promise<T>
  /** Waits for the open doors; afterwards every door is refused. */
  close(): Promise<void>
}

export interface Reader {
  readonly read: Pick<Kysely<Tables>, 'selectFrom'>
}

export interface Scratch extends Reader {
  readonly scratch: Kysely<ScratchTables>
  /** When the door was opened, RFC 3339 UTC. */
  readonly at: string
  /** Calls `react` once the door's rows are on the disk, and never when they were undone. It must not throw. */
  onCommit(react: () => void): void
}

export interface Writer extends Scratch {
  readonly write: Kysely<Tables>
  readonly actor: Actor
  readonly hash: Hash
  audit(entry: AuditEntry): Promise<AuditRecord>
}

/** Every root row belongs to a workspace; until workspaces exist, to this one. */
export const defaultWorkspace = 'wrkspc_default'
