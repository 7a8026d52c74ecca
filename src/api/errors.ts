import { DomainError, type ErrorCode, type ErrorDetails } from '../core/errors.ts'

interface WireError {
  readonly status: number
  readonly type: string
}

const invalid: WireError = { status: 400, type: 'invalid_request_error' }
const conflict: WireError = { status: 409, type: 'conflict_error' }
const tooLarge: WireError = { status: 413, type: 'request_too_large' }
const unavailable: WireError = { status: 503, type: 'overloaded_error' }
const fault: WireError = { status: 500, type: 'api_error' }

/** Every refusal has one status and one of the reference's error types. */
const byCode: Readonly<Record<ErrorCode, WireError>> = {
  invalid_argument: invalid,
  invalid_config: fault,
  unsupported: invalid,
  limit_exceeded: invalid,
  not_found: { status: 404, type: 'not_found_error' },
  conflict,
  memory_path_conflict: { status: 409, type: 'memory_path_conflict_error' },
  memory_precondition_failed: { status: 409, type: 'memory_precondition_failed_error' },
  unauthenticated: { status: 401, type: 'authentication_error' },
  forbidden: { status: 403, type: 'permission_error' },
  policy_denied: { status: 403, type: 'permission_error' },
  rate_limited: { status: 429, type: 'rate_limit_error' },
  file_too_large: tooLarge,
  record_too_large: tooLarge,
  database_busy: unavailable,
  database_unavailable: unavailable,
  disk_full: unavailable,
  stopping: unavailable,
  server_unavailable: unavailable,
  interrupted: unavailable,
  database_newer: fault,
  database_damaged: fault,
  permission_denied: fault,
  lease_lost: conflict,
  audit_missing: fault,
  file_empty: invalid,
  file_changed: conflict,
  file_not_transcript: invalid,
  file_truncated: invalid,
  file_not_utf8: invalid,
  path_outside: invalid,
  bug: fault,
}

/** Seconds after which a client may try again when nothing better is known. */
const retryAfterSeconds = 2

/** Fields that the reference puts beside `type` and `message`; all others go into `details`. */
const besideMessage = ['conflicting_memory_id', 'conflicting_path']

/** The reference's error envelope. What is no refusal says nothing about its inside: the log has it. */
export function toErrorResponse(error: unknown, requestId: string): Response {
  const known = error instanceof DomainError ? error : null
  const { status, type } = known ? byCode[known.code] : fault
  const message =
    known && status !== 500
      ? known.message
      : `Internal error. Please report it with the request id ${requestId}.`
  const body = {
    type: 'error',
    error: { type, message, ...arrangeDetails(known && status !== 500 ? known.details : {}) },
    request_id: requestId,
  }
  return Response.json(body, { status, headers: retryHeaders(status, known?.details ?? {}) })
}

function arrangeDetails(details: ErrorDetails) {
  const entries = Object.entries(details).filter(([name]) => name !== 'retry_after')
  const beside = entries.filter(([name]) => besideMessage.includes(name))
  const inside = entries.filter(([name]) => !besideMessage.includes(name))
  return {
    ...Object.fromEntries(beside),
    ...(inside.length === 0 ? {} : { details: Object.fromEntries(inside) }),
  }
}

/** Without the first header the official client repeats a write that was refused for good. */
function retryHeaders(status: number, details: ErrorDetails): Record<string, string> {
  if (status === 409 || status === 500) return { 'x-should-retry': 'false' }
  if (status !== 429 && status !== 503) return {}
  return {
    'x-should-retry': 'true',
    'retry-after': String(details.retry_after ?? retryAfterSeconds),
  }
}
