import { DomainError, type ErrorCode } from '../../core/errors.ts'

/**
 * What node:sqlite throws, as a refusal that says what to do. Anything unknown comes back as it is: a bug or
 * a lost resource.
 */
export function translateSqliteError(error: unknown, path: string): unknown {
  const code = resultCode(error)
  if (code === null) return error
  const reason = error instanceof Error ? error.message : String(error)
  // The low byte is the primary result code; the rest only refines it.
  const refusal = refusals[code & 0xff]
  if (!refusal) return error
  return new DomainError(refusal.code, refusal.message(path, reason), { cause: error })
}

interface Refusal {
  readonly code: ErrorCode
  readonly message: (path: string, reason: string) => string
}

const busy: Refusal = {
  code: 'database_busy',
  message: (path) =>
    `Another process is writing to the database ${path} and did not finish in time. Wait for it, or stop it, then try again.`,
}
const denied: Refusal = {
  code: 'permission_denied',
  message: (path, reason) =>
    `The database ${path} cannot be opened or written (${reason}). Make the file and its folder writable for this user, or choose another folder.`,
}
const damaged: Refusal = {
  code: 'database_damaged',
  message: (path, reason) =>
    `The database ${path} is damaged or is not a database (${reason}). Move it away and restore a backup, or import again into a new one.`,
}

/** By SQLite's primary result code (sqlite3.h). */
const refusals: Readonly<Record<number, Refusal>> = {
  3: denied, // PERM
  5: busy,
  6: busy, // LOCKED
  8: denied, // READONLY
  10: {
    // IOERR: a disk that went away, a quota, a limit on the size of files
    code: 'database_unavailable',
    message: (path, reason) =>
      `The disk that holds the database ${path} cannot be read or written (${reason}); nothing of this step was stored. Check the disk, then try again; Lucidream goes on by itself.`,
  },
  11: damaged, // CORRUPT
  13: {
    code: 'disk_full',
    message: (path) =>
      `The disk that holds the database ${path} is full; nothing of this step was stored. Free some space and run the same command again.`,
  },
  14: denied, // CANTOPEN
  19: {
    code: 'conflict',
    message: (_path, reason) => `The rows to be stored break a rule of the database: ${reason}.`,
  },
  23: denied, // AUTH
  26: damaged, // NOTADB
}

export function busyError(path: string): DomainError {
  return new DomainError(busy.code, busy.message(path, ''))
}

export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code !== null && (code & 0xff) === 5
}

function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  return typeof error.errcode === 'number' ? error.errcode : null
}
