import type { ProposedChange } from '../change/change.ts'
import type { Hash } from '../ids.ts'
import { countSupport, hashEvidence } from './approval.ts'

/** A proposal that somebody said no to, and the evidence it had then. */
export interface RejectedBefore {
  readonly key: string
  readonly evidenceHash: string
  /** Sessions whose quotes supported it. */
  readonly support: number
  readonly reason: string
  /** RFC 3339 UTC. */
  readonly at: string
}

export interface Recalled {
  /** What may be proposed; what was rejected before on less says so. */
  readonly changes: readonly ProposedChange[]
  readonly heldBack: readonly string[]
}

/** A rejected idea comes back only with quotes of more sessions than it was rejected on. */
export function recallRejections(
  changes: readonly ProposedChange[],
  rejections: readonly RejectedBefore[],
  hash: Hash,
): Recalled {
  const byKey = Map.groupBy(rejections, ({ key }) => key)
  const heldBack: string[] = []
  const kept = changes.flatMap((change) => {
    const before = byKey.get(change.key) ?? []
    const last = before.at(-1)
    if (!last) return [change]
    const evidence = hashEvidence(change.evidence, hash)
    const support = countSupport(change.evidence)
    const most = Math.max(...before.map((one) => one.support))
    const isSame = before.some(({ evidenceHash }) => evidenceHash === evidence)
    if (isSame || support <= most) {
      heldBack.push(
        `${change.operation} ${change.path}: rejected at ${last.at} (“${last.reason}”), and there is no more evidence than then.`,
      )
      return []
    }
    const again = `Rejected at ${last.at} (“${last.reason}”) on quotes of ${most} sessions; there are ${support} now.`
    return [{ ...change, rationale: `${change.rationale} ${again}` }]
  })
  return { changes: kept, heldBack }
}
