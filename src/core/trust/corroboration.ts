import type { Evidence } from '../evidence.ts'
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
 * Principals who are behind too much of what was done in a day, each with its share; an operation counts for a
 * principal by its share of the support. Empty where too little was done to tell.
 */
export function findOverInfluence(day: readonly Influence[]): ReadonlyMap<string, number> {
  const over = new Map<string, number>()
  if (day.length < fewestOperations) return over
  const sums = new Map<string, number>()
  for (const { shares } of day) {
    for (const [principal, share] of shares) sums.set(principal, (sums.get(principal) ?? 0) + share)
  }
  for (const [principal, sum] of sums) {
    if (sum / day.length > largestInfluence) over.set(principal, sum / day.length)
  }
  return over
}
