import type { Quote } from '../evidence.ts'
import type { SessionOutcome } from '../outcome/signal.ts'
import type { Cited } from '../transcript/quote.ts'
import type { StepSpan } from '../transcript/step-columns.ts'
import type { Trace } from '../transcript/trace.ts'

/** One session as the miners see it: what happened, and what came of it. */
export interface Case extends SessionOutcome {
  readonly trace: Trace
  /** Its steps in columns, where they came so; else they are laid out with the others. */
  readonly steps?: StepSpan
}

/** A case with the words that its findings may cite, by the `seq` of their event. */
export interface QuotedCase extends Case {
  readonly quote: (of: Cited, at: number) => Quote | null
}

/** A case among others: the steps of all are numbered by one lexicon. */
export type LaidOutCase<One extends Case = Case> = One & { readonly steps: StepSpan }

/** Who stands behind the session, by their task where the source names nobody; null when that is unknown too. */
export const principalKey = ({ trace }: Case): string | null => trace.principal ?? trace.task.id

/** What tells one occasion from another when it matters only that they differ. */
export const occasionKey = (one: Case): string => principalKey(one) ?? one.trace.sessionId

/** Model, version and name: sessions of one agent may be compared, those of two may differ by the agent. */
export const agentKey = ({ trace: { agent } }: Case): string =>
  [agent.model ?? '', agent.name, agent.version ?? ''].join('\0')

/** The order every miner works in: it must not depend on the order in which sessions were imported. */
export function inCanonicalOrder<One extends Case>(cases: readonly One[]): One[] {
  return cases
    .map((one) => ({ one, key: `${one.trace.startedAt ?? ''}\0${one.trace.sessionId}` }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ one }) => one)
}
