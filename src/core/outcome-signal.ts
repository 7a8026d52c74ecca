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

/**
 * One verdict per session for the miners: the last decided signal, in (decidedAt, id) order with undated
 * ones first; null when no signal is decided.
 */
export function sessionSuccess(signals: readonly OutcomeSignal[]): boolean | null {
  const decided = signals.filter((signal) => signal.success !== null)
  const inOrder = decided.toSorted((a, b) => compare(orderKey(a), orderKey(b)))
  return inOrder.at(-1)?.success ?? null
}

const orderKey = (signal: OutcomeSignal): string => `${signal.decidedAt ?? ''}\0${signal.id}`
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
