import type { SessionOutcome } from '../outcome-signal.ts'
import type { Digest } from '../transcript/digest.ts'

/** One session as the miners see it. */
export interface Case extends SessionOutcome {
  readonly digest: Digest
}

/** Who stands behind the session; sessions of unknown principals count by their task. */
export const principalKey = ({ digest }: Case): string =>
  digest.principal ?? digest.task.id ?? digest.sessionId

/** The order every miner works in: it must not depend on the order in which sessions were imported. */
export function inCanonicalOrder(cases: readonly Case[]): Case[] {
  return cases.toSorted((a, b) => compare(orderKey(a), orderKey(b)))
}

const orderKey = ({ digest }: Case) => `${digest.startedAt ?? ''}\0${digest.sessionId}`
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
