import type { ProposedChange } from '../change/change.ts'
import type { SessionId } from '../ids.ts'
import {
  countBursts,
  explainBreadth,
  explainBurst,
  isBroad,
  isBurst,
  measureBreadth,
  type RecentWrite,
} from './anomaly.ts'
import { findOverInfluence, type Influence, shareOut } from './corroboration.ts'
import type { QuarantineReason } from './quarantine.ts'

/** What was going on around a dream: only against it does a proposal look out of the ordinary. */
export interface Watch {
  /** Who each session worked for, where the source says so. */
  readonly principals: ReadonlyMap<SessionId, string>
  /** Who was behind the operations of the last day, in whatever store. */
  readonly earlier: readonly Influence[]
  /** What users asked first in the sessions of the dream. */
  readonly queries: readonly string[]
  /** What agents wrote into the store in the last day. */
  readonly writes: readonly RecentWrite[]
}

export const nothingWatched: Watch = {
  principals: new Map(),
  earlier: [],
  queries: [],
  writes: [],
}

/**
 * Puts into quarantine what is out of the ordinary (spec D.2.3, D.2.4). What is there already counts for
 * nobody's influence: a person decides on it.
 */
export function watchChanges(
  changes: readonly ProposedChange[],
  lines: readonly string[],
  watch: Watch,
): ProposedChange[] {
  const adds = changes.filter(({ operation, after }) => operation === 'add' && after !== null)
  const texts = adds.map(({ after }) => after ?? '')
  const breadths = measureBreadth(texts, { lines, queries: watch.queries })
  const bursts = countBursts(texts, watch.writes)
  const reasons = new Map<string, QuarantineReason[]>()
  adds.forEach(({ key }, at) => {
    const breadth = breadths?.[at]
    const burst = bursts[at] ?? 0
    reasons.set(key, [
      ...(breadth && isBroad(breadth)
        ? [{ rule: 'broad_retrieval' as const, explanation: explainBreadth(breadth) }]
        : []),
      ...(isBurst(burst) ? [{ rule: 'burst' as const, explanation: explainBurst(burst) }] : []),
    ])
  })
  const held = changes.map((change) => hold(change, reasons.get(change.key) ?? []))
  return capInfluence(held, watch)
}

function capInfluence(changes: readonly ProposedChange[], watch: Watch): ProposedChange[] {
  const free = changes.filter(({ trust }) => trust.quarantine.length === 0)
  const principalOf = (id: SessionId) => watch.principals.get(id) ?? null
  const over = findOverInfluence(
    free.map(({ evidence }) => shareOut(evidence, principalOf)),
    watch.earlier,
  )
  const reasons = new Map(free.map(({ key }, at) => [key, over[at] ?? null]))
  return changes.map((change) => {
    const explanation = reasons.get(change.key) ?? null
    return explanation === null ? change : hold(change, [{ rule: 'over_influence', explanation }])
  })
}

function hold(change: ProposedChange, more: readonly QuarantineReason[]): ProposedChange {
  if (more.length === 0) return change
  const { taint, quarantine } = change.trust
  return { ...change, trust: { taint, quarantine: [...quarantine, ...more] } }
}
