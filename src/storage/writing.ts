import type { Kysely } from 'kysely'
import type { Actor, NewSalt } from '../core/audit/record.ts'
import { type Clock, toTimestamp } from '../core/clock.ts'
import { DomainError } from '../core/errors.ts'
import type { Hash } from '../core/ids.ts'
import { appendAuditRecord } from './audit-records.ts'
import type { Scratch, Writer } from './database.ts'
import type { GroupTransaction } from './group-commit.ts'
import { kyselyOver, type Language } from './kysely-over.ts'
import type { ScratchTables, Tables } from './tables.ts'
import type { Transaction } from './transaction.ts'

export interface Desk {
  readonly language: Language
  readonly clock: Clock
  readonly hash: Hash
  readonly salt: NewSalt
}

export interface Writing<T> {
  readonly actor: Actor
  readonly work: (writer: Writer) => Promise<T>
}

/** What the write door does in every database. */
export async function runWrite<T>(
  desk: Desk,
  transaction: GroupTransaction,
  { actor, work }: Writing<T>,
): Promise<T> {
  const { language, clock, hash, salt } = desk
  const write = kyselyOver<Tables>(transaction, language)
  let audited = false
  const before = transaction.countChanges()
  const result = await work({
    ...scratchOver(write, transaction, toTimestamp(clock())),
    write,
    actor,
    hash,
    async audit(entry) {
      const at = toTimestamp(clock())
      const record = await appendAuditRecord(write, { actor, at, hash, salt }, entry)
      audited = true
      return record
    },
  })
  if (!audited && transaction.countChanges() !== before) throw auditMissing(actor)
  return result
}

/** What the scratch door does in every database. */
export function runScratch<T>(
  { language, clock }: Desk,
  transaction: Transaction,
  work: (scratch: Scratch) => Promise<T>,
): Promise<T> {
  const kysely = kyselyOver<Tables>(transaction, language)
  return work(scratchOver(kysely, transaction, toTimestamp(clock())))
}

function scratchOver(kysely: Kysely<Tables>, transaction: Transaction, at: string): Scratch {
  return {
    read: kysely,
    scratch: kysely.$pickTables<keyof ScratchTables>(),
    at,
    onCommit: (react) => transaction.onCommit(react),
  }
}

function auditMissing(actor: Actor): DomainError {
  return new DomainError(
    'audit_missing',
    `A write by ${actor.type} ${actor.id} changed rows without an audit record and was undone. This is a bug; please report it.`,
  )
}
