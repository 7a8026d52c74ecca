import type { Evidence } from '../evidence.ts'
import type { SessionId } from '../ids.ts'
import { joinSimilar } from '../items/near-duplicates.ts'
import { words } from '../items/words.ts'
import type { Finding } from '../mining/finding.ts'

/** Spec D.2.4. */
const needed = { principals: 2, sessions: 2, largestShare: 0.5 }
/** From this similarity two texts are one source that was copied. */
const copiedFrom = 0.8

/** Why too little stands behind a finding to influence anything by itself, or null. */
export function findUncorroborated(finding: Finding, quoted: readonly Evidence[]): string | null {
  const { sessions, principals, largestShare } = finding.support
  if (sessions < needed.sessions) {
    return `${sessions} session stands behind it, ${needed.sessions} are needed.`
  }
  if (principals > 0 && principals < needed.principals) {
    return `One principal stands behind it, ${needed.principals} are needed.`
  }
  if (principals > 0 && largestShare > needed.largestShare) {
    return `One principal gives ${Math.round(largestShare * 100)} % of its support, at most ${needed.largestShare * 100} % may come from one.`
  }
  if (quoted.length === 0) return null
  if (principals === 0) return 'It quotes somebody, and the sources do not say who their users are.'
  // Errors of one tool are alike because the tool is the same; what people say alike was copied.
  if (finding.kind !== 'user_correction') return null
  const said = finding.evidence.filter(({ polarity }) => polarity === 'supports')
  const sources = countIndependent(said)
  return sources < needed.principals
    ? 'Those who say so say it in the same words; that counts as one source.'
    : null
}

/** Pieces by different sessions and different words; near-duplicates count once. */
export function countIndependent(pieces: readonly Evidence[]): number {
  const texts = [...new Map(pieces.map((piece) => [piece.sessionId, piece.text])).values()]
  const groups = texts.map((_, index) => index)
  for (const { first, second } of joinSimilar(texts.map(words), copiedFrom)) {
    const [from, to] = [groups[second], groups[first]]
    groups.forEach((group, index) => {
      if (group === from) groups[index] = to as number
    })
  }
  return new Set(groups).size
}

export interface Influence {
  /** Who stands behind one operation, each with its share of the support. */
  readonly shares: ReadonlyMap<string, number>
}

/** No principal may be behind more than this share of a day's operations (D.2.4). */
const largestInfluence = 0.05
/** A share of fewer operations than this says nothing: one in three is not a third of a day. */
const fewestOperations = 20

/**
 * For each operation that is about to be done, why one principal would be behind too much of what is done in a day, or
 * null. An operation counts for a principal by its share of the support; those that are over it are not done, so
 * later ones may be. Nobody is named: the reason is shown to whoever reviews.
 */
export function findOverInfluence(
  next: readonly Influence[],
  earlier: readonly Influence[],
): (string | null)[] {
  const total = earlier.length + next.length
  if (total < fewestOperations) return next.map(() => null)
  const sums = new Map<string, number>()
  const add = ({ shares }: Influence) => {
    for (const [principal, share] of shares) sums.set(principal, (sums.get(principal) ?? 0) + share)
  }
  for (const one of earlier) add(one)
  return next.map((one) => {
    const behind = [...one.shares].map(([principal, share]) => (sums.get(principal) ?? 0) + share)
    const most = Math.max(0, ...behind)
    // A tenth of a thousandth is rounding.
    if (most / total > largestInfluence + 1e-4) {
      return `One principal would be behind ${percent(most / total)} of the ${total} operations of a day (${Math.round(most * 10) / 10} of them); at most ${percent(largestInfluence)} may come from one.`
    }
    add(one)
    return null
  })
}

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`

/** The shares of the principals behind quotes; sessions of nobody that is known count for nobody. */
export function shareOut(
  evidence: readonly Pick<Evidence, 'sessionId' | 'polarity'>[],
  principalOf: (sessionId: SessionId) => string | null,
): Influence {
  const said = evidence.filter(({ polarity }) => polarity === 'supports')
  const sessions = [...new Set(said.map(({ sessionId }) => sessionId))]
  const shares = new Map<string, number>()
  for (const id of sessions) {
    const principal = principalOf(id)
    if (principal === null) continue
    shares.set(principal, (shares.get(principal) ?? 0) + 1 / sessions.length)
  }
  return { shares }
}
