import { setTimeout } from 'node:timers/promises'
import type { Group } from '../group-commit.ts'
import type { SqliteConnection } from './connection.ts'
import { busyError } from './errors.ts'

/** SQLite itself waits this long for the lock, blocking the event loop; longer waits are asynchronous. */
export const blockingWaitMs = 25
const pauseMs = 5

/** Runs `work` between BEGIN and COMMIT, already begun; whatever it throws undoes everything. */
export async function runBegun<T>(
  connection: SqliteConnection,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const result = await work()
    connection.exec('COMMIT')
    return result
  } catch (error) {
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

/**
 * After some errors, a full disk among them, SQLite has rolled back everything itself; then `undo` finds no
 * savepoint, throws, and the group is lost as a whole. So it is when a deferred foreign key is broken, which
 * SQLite counts for the transaction and not for a savepoint.
 */
export async function openSqliteGroup(
  connection: SqliteConnection,
  busyMs: number,
): Promise<Group> {
  await beginWrite(connection, busyMs)
  return {
    execute: async (query) => connection.execute(query),
    countChanges: () => countChanges(connection),
    mark: async () => connection.exec('SAVEPOINT member'),
    keep: async () => connection.exec('RELEASE member'),
    undo: async () => connection.exec('ROLLBACK TO member; RELEASE member'),
    commit: async () => connection.exec('COMMIT'),
    rollBack: async () => connection.rollBack(),
  }
}

function countChanges(connection: SqliteConnection): number {
  const [row] = connection.all<{ n: number }>('SELECT total_changes() AS n')
  return row?.n ?? 0
}
