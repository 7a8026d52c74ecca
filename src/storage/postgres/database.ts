import type { Actor } from '../../core/audit/record.ts'
import type { Database, Reader, Scratch, Writer } from '../database.ts'
import { type Group, GroupCommit } from '../group-commit.ts'
import { kyselyOver } from '../kysely-over.ts'
import { Nesting, runInside } from '../nesting.ts'
import type { Tables } from '../tables.ts'
import { Transaction } from '../transaction.ts'
import { type Desk, runScratch, runWrite } from '../writing.ts'
import { postgresLanguage } from './dialect.ts'
import { beginReading, beginScratch, beginWriting } from './locks.ts'
import type { PostgresPool } from './pool.ts'

export interface PostgresDatabaseParts {
  /** For writes alone, one at a time, so that readers can never keep them from a connection. */
  readonly writing: PostgresPool
  readonly reading: PostgresPool
  readonly desk: Omit<Desk, 'language'>
}

/**
 * One write at a time in the whole database, whatever process it comes from: each holds an advisory lock, so
 * that what a write read is still so when it writes. Reads and scratch work run beside it.
 */
export class PostgresDatabase implements Database {
  readonly #writing: PostgresPool
  readonly #reading: PostgresPool
  readonly #desk: Desk
  readonly #nesting = new Nesting()
  readonly #writes: GroupCommit
  readonly #doors = new Set<Promise<unknown>>()
  #closed = false

  constructor({ writing, reading, desk }: PostgresDatabaseParts) {
    this.#writing = writing
    this.#reading = reading
    this.#desk = { ...desk, language: postgresLanguage }
    this.#writes = new GroupCommit(() => openGroup(writing), this.#nesting, desk.clock)
  }

  async read<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    return this.#track(async () => {
      const connection = await this.#reading.connect()
      const transaction = new Transaction(connection)
      const read = kyselyOver<Tables>(transaction, postgresLanguage)
      return connection.transact(beginReading, () => runInside(transaction, () => work({ read })))
    })
  }

  async write<T>(actor: Actor, work: (writer: Writer) => Promise<T>): Promise<T> {
    this.#refuseClosed()
    return this.#writes.run((transaction) => runWrite(this.#desk, transaction, { actor, work }))
  }

  async scratch<T>(work: (scratch: Scratch) => Promise<T>): Promise<T> {
    this.#nesting.refuse()
    return this.#track(async () => {
      const connection = await this.#reading.connect()
      const transaction = new Transaction(connection)
      const result = await connection.transact(beginScratch, () =>
        this.#nesting.run(transaction, () => runScratch(this.#desk, transaction, work)),
      )
      transaction.tellCommitted()
      return result
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(this.#doors)
    await this.#writes.drain()
    await Promise.all([this.#reading.close(), this.#writing.close()])
  }

  async #track<T>(work: () => Promise<T>): Promise<T> {
    this.#refuseClosed()
    const running = work()
    this.#doors.add(running)
    try {
      return await running
    } finally {
      this.#doors.delete(running)
    }
  }

  #refuseClosed(): void {
    if (this.#closed) throw new Error(`The database ${this.#reading.place} is closed.`)
  }
}

async function openGroup(pool: PostgresPool): Promise<Group> {
  const connection = await pool.connect()
  try {
    await connection.exec(beginWriting)
  } catch (error) {
    await connection.rollBack()
    throw error
  }
  // A member's end sets the mark of the next one, which saves a round trip.
  let marked = false
  return {
    execute: (query) => connection.execute(query),
    countChanges: () => connection.changes,
    async mark() {
      if (!marked) await connection.exec('SAVEPOINT member')
      marked = true
    },
    keep: () => connection.exec(keepMember),
    undo: () => connection.exec('ROLLBACK TO SAVEPOINT member'),
    async commit() {
      await connection.exec('COMMIT')
      connection.release()
    },
    rollBack: () => connection.rollBack(),
  }
}

/** Deferred rules are checked now, while the member can still be undone alone. */
const keepMember = `SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
RELEASE SAVEPOINT member;
SAVEPOINT member`
