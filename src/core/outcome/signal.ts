import type { OutcomeSignalId, SessionId } from '../ids.ts'

/**
 * An external fact about a session. Several may exist for one session; none overwrites another.
 * `success: null` means undecided (an open pull request, a grader that broke) and is never a failure.
 */
export interface OutcomeSignal {
  readonly id: OutcomeSignalId
  readonly sessionId: SessionId
  /** What was measured: `task_reward`, `ci`, `rubric`, … */
  readonly kind: string
  /** In [0, 1], or null where the source gives no number. */
  readonly value: number | null
  readonly success: boolean | null
  readonly components: Components
  /** RFC 3339 UTC, or null where the source has no clock. */
  readonly decidedAt: string | null
  readonly source: string
}

/** Parts by name: the criteria of a rubric, the checks of a build. */
export type Components = Readonly<Record<string, number | string | boolean | null>>

/** What a signal is about, in words that a session may be known by: see `subject.ts` for the types. */
export interface Subject {
  readonly type: string
  readonly value: string
}

/** What is sent from outside, before anybody knows whose session it is about. */
export interface NewSignal {
  /**
   * Who sends: a name that keys are unique within. A webhook receiver's is `receiver/NAME`; the API takes none
   * with a slash, so that nobody can use up a receiver's keys.
   */
  readonly source: string
  /** The sender's own name for it: sent again, it is the same signal. */
  readonly idempotencyKey: string
  readonly kind: string
  readonly value: number | null
  readonly success: boolean | null
  readonly components: Components
  readonly decidedAt: string | null
  /** Who said so at the source: reviewer, customer, grader. Null: a machine that speaks for the source. */
  readonly principal: string | null
  /** Whether a signature over the very bytes was verified. */
  readonly signed: boolean
  readonly subjects: readonly Subject[]
  /** Anybody's text: shown as a quote, never acted on. */
  readonly explanation: string | null
  /** Where the sender knows it for sure. */
  readonly sessionId?: SessionId | null
  /** False: more of the same is expected (a review before the merge). Left out: nobody said. */
  readonly final?: boolean | null
}

/** Kinds that have a meaning of their own here; any other name is taken too. */
export const signalKinds = [
  'ci',
  'pr_merged',
  'pr_review',
  'ticket_resolved',
  'csat',
  'rubric',
  'revert',
  'incident',
  'human_rating',
  'custom',
] as const

/** Whether it says something good; neutral where it decides nothing. */
export function polarityOf({ success }: Pick<OutcomeSignal, 'success'>): Polarity {
  return success === null ? 'neutral' : success ? 'good' : 'bad'
}
export type Polarity = 'good' | 'bad' | 'neutral'

/** What a session came to, for the miners; `success: null` when no signal decides. */
export interface SessionOutcome {
  readonly success: boolean | null
  readonly value: number | null
  /** Parts of the outcome by name, of the signal that decided; empty when none did. */
  readonly components: Components
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
