import { DomainError, type ErrorCode } from '../../core/errors.ts'

/**
 * What pg throws, as a refusal that says what to do. Anything unknown comes back as it is: a bug. `place` is
 * host and database, never the URL, which holds a password.
 */
export function translatePostgresError(error: unknown, place: string): unknown {
  if (!(error instanceof Error) || error instanceof DomainError) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const refusal = refusals[code] ?? refusals[code.slice(0, 2)] ?? findLost(error)
  if (!refusal) return error
  return new DomainError(refusal.code, refusal.message(place, error.message), { cause: error })
}

interface Refusal {
  readonly code: ErrorCode
  readonly message: (place: string, reason: string) => string
}

const unavailable: Refusal = {
  code: 'database_unavailable',
  message: (place, reason) =>
    `The database ${place} does not answer, or the connection to it was lost (${reason}). A write that was under way may or may not be stored. Check that it runs, then try again; Lucidream connects again by itself.`,
}
const busy: Refusal = {
  code: 'database_busy',
  message: (place, reason) =>
    `The database ${place} did not finish in time (${reason}). Try again; if it stays so, look for a long write or raise the limit.`,
}
const denied: Refusal = {
  code: 'permission_denied',
  message: (place, reason) =>
    `The database ${place} refuses this user or cannot be written (${reason}). Check the user, the password and the rights in the database URL.`,
}
const damaged: Refusal = {
  code: 'database_damaged',
  message: (place, reason) =>
    `The database ${place} is damaged (${reason}). Look into its own log and restore a backup.`,
}

/** By SQLSTATE, else by its class; and by what the operating system calls a connection's end. */
const refusals: Readonly<Record<string, Refusal>> = {
  '08': unavailable, // connection exceptions
  '25P03': unavailable, // idle in a transaction for too long: the server hung up
  '25006': unavailable, // read-only: a standby, or a server that is being replaced
  '53300': unavailable, // too many connections
  '57P01': unavailable, // shut down by its administrator
  '57P02': unavailable, // crashed
  '57P03': unavailable, // still starting
  '57P05': unavailable, // idle for too long
  ECONNREFUSED: unavailable,
  ECONNRESET: unavailable,
  EPIPE: unavailable,
  ETIMEDOUT: unavailable,
  EHOSTUNREACH: unavailable,
  ENOTFOUND: unavailable,
  EAI_AGAIN: unavailable,
  ENOENT: unavailable, // a Unix socket that is not there
  '40001': busy,
  '40P01': busy, // deadlock
  '55P03': busy, // lock timeout
  '57014': busy, // statement timeout
  '23': {
    code: 'conflict',
    message: (_place, reason) => `The rows to be stored break a rule of the database: ${reason}.`,
  },
  '22021': {
    code: 'invalid_argument',
    message: (_place, reason) => `A text cannot be stored: ${reason}.`,
  },
  '28': denied,
  '3D': denied, // no such database
  '42501': denied,
  '53100': {
    code: 'disk_full',
    message: (place) =>
      `The disk of the database ${place} is full; nothing of this step was stored. Free some space and try again.`,
  },
  '54000': {
    code: 'limit_exceeded',
    message: (_place, reason) =>
      `A text is too long for the index of its column (${reason}). Names and keys may have at most 2,000 bytes.`,
  },
  XX001: damaged,
  XX002: damaged,
}

/** pg itself knows some ends of connections by their words alone. */
function findLost({ message }: Error): Refusal | null {
  const lost = /Connection terminated|connection error and is not queryable|timeout exceeded when/
  return lost.test(message) ? unavailable : null
}
