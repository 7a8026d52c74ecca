import { setTimeout } from 'node:timers/promises'
import type { CompiledQuery, QueryResult } from 'kysely'
import type { SqliteConnection } from './connection.ts'
import type { Executor } from './dialect.ts'
import { busyError } from './errors.ts'

/** SQLite itself waits this long for the lock, blocking the event loop; longer waits are asynchronous. */
export const blockingWaitMs = 25
const pauseMs = 5

/** One open transaction. Runs queries until it ends; afterwards every query is refused. */
export class Transaction implements Executor {
  readonly #connection: SqliteConnection
  readonly #reactions: (() => void)[] = []
  #open = true

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  get isOpen(): boolean {
    return this.#open
  }

  execute<Row>(query: CompiledQuery): QueryResult<Row> {
    if (!this.#open) {
      throw new Error(
        `A reader, scratch or writer was used after its transaction ended: ${query.sql}. Await everything inside the door.`,
      )
    }
    return this.#connection.execute(query)
  }

  onCommit(react: () => void): void {
    this.#reactions.push(react)
  }

  end(): void {
    this.#open = false
  }

  committed(): void {
    for (const react of this.#reactions) react()
  }
}

/** Runs `work` between `begin` and COMMIT; whatever it throws undoes everything. */
export async function runTransaction<T>(
  connection: SqliteConnection,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const transaction = new Transaction(connection)
  const result = await commit(connection, transaction, work)
  transaction.committed()
  return result
}

async function commit<T>(
  connection: SqliteConnection,
  transaction: Transaction,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  try {
    const result = await work(transaction)
    transaction.end()
    connection.exec('COMMIT')
    return result
  } catch (error) {
    transaction.end()
    undo(connection, error)
    throw error
  }
}

function undo(connection: SqliteConnection, error: unknown): void {
  try {
    connection.rollBack()
  } catch (failure) {
    throw new AggregateError([error, failure], 'A transaction failed and could not be undone.')
  }
}

/** Takes the write lock at once, so that no later statement of the transaction can fail for want of it. */
export async function beginWrite(connection: SqliteConnection, busyMs: number): Promise<void> {
  const attempts = Math.ceil(busyMs / (blockingWaitMs + pauseMs))
  for (let attempt = 0; attempt <= attempts; attempt += 1) {
    if (connection.tryExec('BEGIN IMMEDIATE')) return
    await setTimeout(pauseMs)
  }
  throw busyError(connection.path)
}

/** Pins the snapshot now: SQLite would take it only at the first statement. */
export function beginRead(connection: SqliteConnection): void {
  connection.exec('BEGIN')
  try {
    connection.all('SELECT 1 FROM sqlite_schema LIMIT 1')
  } catch (error) {
    undo(connection, error)
    throw error
  }
}
