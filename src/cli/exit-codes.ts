import type { ErrorCode } from '../core/errors.ts'

/** What a command answers its caller with; the table stands in `lucidream --help`. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  config: 3,
  auth: 4,
  notFound: 5,
  conflict: 6,
  denied: 7,
  partial: 8,
  unavailable: 9,
  interrupted: 130,
} as const

export const exitCodeHelp = `Exit codes:
  0 ok   1 failed   2 wrong usage   3 configuration invalid   4 not allowed   5 not found
  6 conflict   7 blocked by policy   8 partly done: some input could not be read, the rest is stored
  9 the server does not answer   130 interrupted`

const byError: Partial<Record<ErrorCode, number>> = {
  invalid_argument: exitCodes.usage,
  path_outside: exitCodes.usage,
  invalid_config: exitCodes.config,
  unauthenticated: exitCodes.auth,
  forbidden: exitCodes.auth,
  server_unavailable: exitCodes.unavailable,
  not_found: exitCodes.notFound,
  conflict: exitCodes.conflict,
  file_changed: exitCodes.conflict,
  memory_precondition_failed: exitCodes.conflict,
  database_busy: exitCodes.conflict,
  policy_denied: exitCodes.denied,
  interrupted: exitCodes.interrupted,
}

export function toExitCode(code: ErrorCode): number {
  return byError[code] ?? exitCodes.failed
}
