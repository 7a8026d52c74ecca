/**
 * Every reason for which Lucidream refuses on purpose. The code is stable and is what programs match on;
 * the message is for people and names the thing, the limit and the fix.
 */
export type ErrorCode =
  | 'invalid_argument'
  | 'invalid_config'
  | 'not_found'
  | 'conflict'
  | 'database_busy'
  | 'database_unavailable'
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

/** The only error thrown on purpose. Anything else that is thrown is a bug or a lost resource. */
export class DomainError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DomainError'
    this.code = code
  }
}
