import type { OutcomeSignalId, SessionId } from './ids.ts'

/**
 * An external fact about a session. Several may exist for one session; none overwrites another.
 * `success: null` means undecided (an open pull request, a grader that broke) and is never a failure.
 */
export interface OutcomeSignal {
  readonly id: OutcomeSignalId
  readonly sessionId: SessionId
  /** What was measured: `task_reward`, `merged`, `rubric_score`, … */
  readonly kind: string
  /** In [0, 1], or null where the source gives no number. */
  readonly value: number | null
  readonly success: boolean | null
  readonly components: Readonly<Record<string, number | string | boolean | null>>
  /** RFC 3339 UTC, or null where the source has no clock. */
  readonly decidedAt: string | null
  readonly source: string
}

/** What a session came to, for the miners; `success: null` when no signal decides. */
export interface SessionOutcome {
  readonly success: boolean | null
  readonly value: number | null
  /** Parts of the outcome by name, of the signal that decided; empty when none did. */
  readonly components: OutcomeSignal['components']
}

/** The last signal that decides, in (decidedAt, id) order with undated ones first; none decides: null and empty. */
export function sessionOutcome(signals: readonly OutcomeSignal[]): SessionOutcome {
  const decided = signals.filter((signal) => signal.success !== null)
  const last = decided.toSorted((a, b) => compare(orderKey(a), orderKey(b))).at(-1)
  return {
    success: last?.success ?? null,
    value: last?.value ?? null,
    components: last?.components ?? {},
  }
}

const orderKey = (signal: OutcomeSignal): string => `${signal.decidedAt ?? ''}\0${signal.id}`
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
