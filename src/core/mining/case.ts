import type { SessionOutcome } from '../outcome-signal.ts'
import type { Digest } from '../transcript/digest.ts'

/** One session as the miners see it. */
export interface Case extends SessionOutcome {
  readonly digest: Digest
}

/** Who stands behind the session, by their task where the source names nobody; null when that is unknown too. */
export const principalKey = ({ digest }: Case): string | null => digest.principal ?? digest.task.id

/** What tells one occasion from another when it matters only that they differ. */
export const occasionKey = (one: Case): string => principalKey(one) ?? one.digest.sessionId

/** The order every miner works in: it must not depend on the order in which sessions were imported. */
export function inCanonicalOrder(cases: readonly Case[]): Case[] {
  return cases.toSorted((a, b) => compare(orderKey(a), orderKey(b)))
}

const orderKey = ({ digest }: Case) => `${digest.startedAt ?? ''}\0${digest.sessionId}`
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
