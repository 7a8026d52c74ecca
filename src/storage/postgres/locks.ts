/** Advisory locks are per database; with the schema in the key, two Lucidreams can share one. */
const key = (name: string) => `hashtextextended('lucidream ${name} ' || current_schema(), 0)`

/** A process that stops in the middle of a write keeps everyone else's writes waiting this long at most. */
const idleInWriteMs = 60_000

/**
 * READ COMMITTED after the lock: each statement sees everything that earlier writes committed. A snapshot
 * taken before the lock was granted would not.
 */
export const beginWriting = `BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL idle_in_transaction_session_timeout = ${idleInWriteMs};
SELECT pg_advisory_xact_lock(${key('write')})`

export const beginScratch = 'BEGIN ISOLATION LEVEL READ COMMITTED'

/** The first statement takes the snapshot, so it is part of beginning. */
export const beginReading = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1'

/** Waits for another process's migration as long as that takes. */
export const beginMigrating = `BEGIN;
SET LOCAL lock_timeout = 0;
SET LOCAL statement_timeout = 0;
SELECT pg_advisory_xact_lock(${key('write')})`
