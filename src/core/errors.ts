/**
 * Every reason for which Lucidream refuses on purpose. The code is stable and is what programs match on;
 * the message is for people and names the thing, the limit and the fix.
 */
export type ErrorCode =
  | 'invalid_argument'
  | 'invalid_config'
  | 'not_found'
  | 'conflict'
  | 'memory_path_conflict'
  | 'memory_precondition_failed'
  | 'unauthenticated'
  | 'forbidden'
  /** A policy does not let it through, or no policy says that it may go through. */
  | 'policy_denied'
  | 'rate_limited'
  /** Understood, and not built yet: the message says what works instead. */
  | 'unsupported'
  | 'stopping'
  /** Another server that this program calls. */
  | 'server_unavailable'
  | 'database_unavailable'
  | 'database_busy'
  | 'database_newer'
  | 'database_damaged'
  | 'disk_full'
  | 'permission_denied'
  | 'lease_lost'
  | 'audit_missing'
  | 'file_empty'
  | 'file_changed'
  | 'file_not_transcript'
  | 'file_truncated'
  | 'file_too_large'
  | 'file_not_utf8'
  | 'record_too_large'
  | 'path_outside'
  | 'limit_exceeded'
  | 'interrupted'
  /** A fault of ours, kept to one file so that the others are still read. */
  | 'bug'

/** What programs may read beside the message: `conflicting_path`, `error_code`, `retry_after`. */
export type ErrorDetails = Readonly<Record<string, string | number>>

/** The only error thrown on purpose. Anything else that is thrown is a bug or a lost resource. */
export class DomainError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & { readonly details?: ErrorDetails } = {},
  ) {
    super(message, options)
    this.name = 'DomainError'
    this.code = code
    this.details = options.details ?? {}
  }
}

const outages: ReadonlySet<ErrorCode> = new Set([
  'database_unavailable',
  'database_busy',
  'disk_full',
])

/** The database is away, busy or full: no fault of the work, which may be done when it is back. */
export const isOutage = (error: unknown): boolean =>
  error instanceof DomainError && outages.has(error.code)
