import type { SessionOutcome } from '../outcome-signal.ts'
import type { Quotes } from '../transcript/digest.ts'
import type { Trace } from '../transcript/trace.ts'

/** One session as the miners see it: what happened, and what came of it. */
export interface Case extends SessionOutcome {
  readonly trace: Trace
}

/** A case with the words that its findings may cite. */
export interface QuotedCase extends Case {
  readonly quotes: Quotes
}

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
