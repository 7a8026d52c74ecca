import { AsyncLocalStorage } from 'node:async_hooks'
import type { Actor } from '../../core/audit/record.ts'
import { type Clock, toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { Hash } from '../../core/ids.ts'
import { appendAuditRecord } from '../audit-records.ts'
import type { Database, Reader, Scratch, Writer } from '../database.ts'
import type { ScratchTables, Tables } from '../tables.ts'
import type { SqliteConnection } from './connection.ts'
import { kyselyOver } from './dialect.ts'
import { Mutex } from './mutex.ts'
import { beginRead, beginWrite, runTransaction, type Transaction } from './transaction.ts'

export interface SqliteDatabaseParts {
  readonly writing: SqliteConnection
  readonly openReading: () => SqliteConnection
  readonly clock: Clock
  readonly hash: Hash
  readonly busyMs: number
}

/** Readers kept open between reads. More than this many reads at a time open their own and close them after. */
const maxIdleReaders = 4

/**
 * One writing connection, used by one transaction at a time; reading connections as many as there are reads.
 * WAL lets all of them work beside the writer and beside other processes.
 */
export class SqliteDatabase implements Database {
  readonly #parts: SqliteDatabaseParts
  readonly #writes = new Mutex()
  /** The write that the running code is inside of, to refuse a second one that would wait for it for ever. */
  readonly #inside = new AsyncLocalStorage<Transaction>()
  readonly #idle: SqliteConnection[] = []
  readonly #reads = new Set<Promise<unknown>>()
  #closed = false

  constructor(parts: SqliteDatabaseParts) {
    this.#parts = parts
  }

  async read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    this.#refuseClosed()
    const running = this.#readOnce(work)
    this.#reads.add(running)
    try {
      return await running
    } finally {
      this.#reads.delete(running)
    }
  }

  write<T>(actor: Actor, work: (writer: Writer) => Promise<T>): Promise<T> {
    const { clock, hash, writing } = this.#parts
    return this.#change(async (transaction) => {
      const write = kyselyOver<Tables>(transaction)
      let audited = false
      const before = countChanges(writing)
      const result = await work({
        ...scratchOver(write, transaction, toTimestamp(clock())),
        write,
        actor,
        hash,
        async audit(entry) {
          const at = toTimestamp(clock())
          const record = await appendAuditRecord(write, { actor, at, hash }, entry)
          audited = true
          return record
        },
      })
      if (!audited && countChanges(writing) !== before) throw auditMissing(actor)
      return result
    })
  }

  scratch<T>(work: (scratch: Scratch) => Promise<T>): Promise<T> {
    return this.#change((transaction) =>
      work(
        scratchOver(kyselyOver<Tables>(transaction), transaction, toTimestamp(this.#parts.clock())),
      ),
    )
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#reads)
    await this.#writes.run(async () => {
      // The writer closes last: only it may fold the WAL back into the file.
      for (const connection of this.#idle.splice(0)) connection.close()
      this.#parts.writing.close()
    })
  }

  async #readOnce<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    const connection = this.#idle.pop() ?? this.#parts.openReading()
    try {
      beginRead(connection)
      return await runTransaction(connection, (transaction) =>
        work({ read: kyselyOver<Tables>(transaction) }),
      )
    } finally {
      if (this.#closed || this.#idle.length >= maxIdleReaders) connection.close()
      else this.#idle.push(connection)
    }
  }

  async #change<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    this.#refuseClosed()
    if (this.#inside.getStore()?.isOpen) {
      throw new Error('A write was opened inside another, which it would wait for without end.')
    }
    const { writing, busyMs } = this.#parts
    return this.#writes.run(async () => {
      await beginWrite(writing, busyMs)
      return runTransaction(writing, (transaction) =>
        this.#inside.run(transaction, () => work(transaction)),
      )
    })
  }

  #refuseClosed(): void {
    if (this.#closed) throw new Error(`The database ${this.#parts.writing.path} is closed.`)
  }
}

function scratchOver(write: Writer['write'], transaction: Transaction, at: string): Scratch {
  return {
    read: write,
    scratch: write.$pickTables<keyof ScratchTables>(),
    at,
    onCommit: (react) => transaction.onCommit(react),
  }
}

function countChanges(connection: SqliteConnection): number {
  const [row] = connection.all<{ n: number }>('SELECT total_changes() AS n')
  return row?.n ?? 0
}

function auditMissing(actor: Actor): DomainError {
  return new DomainError(
    'audit_missing',
    `A write by ${actor.type} ${actor.id} changed rows without an audit record and was undone. This is a bug; please report it.`,
  )
}
