import type { JsonObject, SessionStatus } from '../core/session.ts'
import type { SessionTally } from './sessions.ts'

export const noTally: SessionTally = {
  inputTokens: 0,
  outputTokens: 0,
  cacheCreationTokens: 0,
  cacheReadTokens: 0,
  activeMs: 0,
  runningSince: null,
}

interface Passing {
  readonly body: JsonObject & { readonly type: string }
  readonly at: string
}

/** What a session used and was doing after these events. */
export function tallyEvents(
  before: { readonly tally: SessionTally | null; readonly status: SessionStatus },
  events: readonly Passing[],
): { readonly tally: SessionTally; readonly status: SessionStatus } {
  let tally = before.tally ?? noTally
  let { status } = before
  for (const { body, at } of events) {
    if (body.type === 'span.model_request_end') tally = addUsage(tally, body.model_usage)
    const next = Object.hasOwn(statusAfter, body.type) ? statusAfter[body.type] : undefined
    if (next === undefined) continue
    tally = next === 'running' ? startRunning(tally, at) : stopRunning(tally, at)
    status = next
  }
  return { tally, status }
}

const statusAfter: Readonly<Record<string, SessionStatus>> = {
  'session.status_running': 'running',
  'session.status_idle': 'idle',
  'session.status_rescheduled': 'rescheduling',
  'session.status_terminated': 'terminated',
}

const startRunning = (tally: SessionTally, at: string): SessionTally =>
  tally.runningSince === null ? { ...tally, runningSince: at } : tally

function stopRunning(tally: SessionTally, at: string): SessionTally {
  if (tally.runningSince === null) return tally
  const ms = Math.max(0, Date.parse(at) - Date.parse(tally.runningSince))
  return { ...tally, activeMs: tally.activeMs + ms, runningSince: null }
}

function addUsage(tally: SessionTally, usage: unknown): SessionTally {
  const { input_tokens, output_tokens, cache_creation_input_tokens, cache_read_input_tokens } =
    (usage ?? {}) as Record<string, unknown>
  return {
    ...tally,
    inputTokens: tally.inputTokens + count(input_tokens),
    outputTokens: tally.outputTokens + count(output_tokens),
    cacheCreationTokens: tally.cacheCreationTokens + count(cache_creation_input_tokens),
    cacheReadTokens: tally.cacheReadTokens + count(cache_read_input_tokens),
  }
}

const count = (value: unknown) => (typeof value === 'number' && value > 0 ? value : 0)
