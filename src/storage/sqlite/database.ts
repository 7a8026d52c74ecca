import type { Actor } from '../../core/audit/record.ts'
import type { Database, Reader, Scratch, Writer } from '../database.ts'
import { GroupCommit } from '../group-commit.ts'
import { kyselyOver } from '../kysely-over.ts'
import { Nesting, runInside } from '../nesting.ts'
import type { Tables } from '../tables.ts'
import { Transaction } from '../transaction.ts'
import { type Desk, runScratch, runWrite } from '../writing.ts'
import type { SqliteConnection } from './connection.ts'
import { sqliteLanguage } from './dialect.ts'
import { beginRead, openSqliteGroup, runBegun } from './transaction.ts'

export interface SqliteDatabaseParts {
  readonly writing: SqliteConnection
  readonly openReading: () => SqliteConnection
  readonly desk: Omit<Desk, 'language'>
  readonly busyMs: number
}

/** Readers kept open between reads. More than this many reads at a time open their own and close them after. */
const maxIdleReaders = 4

/**
 * One writing connection, whose transactions hold one or many writes; reading connections as many as there
 * are reads. WAL lets all of them work beside the writer and beside other processes.
 */
export class SqliteDatabase implements Database {
  readonly #writing: SqliteConnection
  readonly #openReading: () => SqliteConnection
  readonly #desk: Desk
  readonly #writes: GroupCommit
  readonly #idle: SqliteConnection[] = []
  readonly #reads = new Set<Promise<unknown>>()
  #closed = false

  constructor({ writing, openReading, desk, busyMs }: SqliteDatabaseParts) {
    this.#writing = writing
    this.#openReading = openReading
    this.#desk = { ...desk, language: sqliteLanguage }
    this.#writes = new GroupCommit(
      () => openSqliteGroup(writing, busyMs),
      new Nesting(),
      desk.clock,
    )
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

  async write<T>(actor: Actor, work: (writer: Writer) => Promise<T>): Promise<T> {
    this.#refuseClosed()
    return this.#writes.run((transaction) => runWrite(this.#desk, transaction, { actor, work }))
  }

  async scratch<T>(work: (scratch: Scratch) => Promise<T>): Promise<T> {
    this.#refuseClosed()
    return this.#writes.run((transaction) => runScratch(this.#desk, transaction, work))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#reads)
    await this.#writes.drain()
    // The writer closes last: only it may fold the WAL back into the file.
    for (const connection of this.#idle.splice(0)) connection.close()
    this.#writing.close()
  }

  async #readOnce<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    const connection = this.#idle.pop() ?? this.#openReading()
    try {
      beginRead(connection)
      return await runBegun(connection, async () => {
        const transaction = new Transaction({ execute: async (query) => connection.execute(query) })
        const read = kyselyOver<Tables>(transaction, sqliteLanguage)
        return runInside(transaction, () => work({ read }))
      })
    } finally {
      if (this.#closed || this.#idle.length >= maxIdleReaders) connection.close()
      else this.#idle.push(connection)
    }
  }

  #refuseClosed(): void {
    if (this.#closed) throw new Error(`The database ${this.#writing.path} is closed.`)
  }
}
