/**
 * How far a text may be trusted, by where it came from. Nothing that is done with a text raises this: the
 * taint of what comes out is the lowest of all that went in. Only a named person's endorsement raises it, and
 * that is recorded (endorsement.ts).
 */
export type Taint =
  | 'operator'
  | 'signed_system'
  | 'first_party_tool'
  | 'user'
  | 'agent'
  | 'untrusted'

/** Lowest first. */
export const taints: readonly Taint[] = [
  'untrusted',
  'agent',
  'user',
  'first_party_tool',
  'signed_system',
  'operator',
]

/** The lowest of all; of nothing it is `untrusted`, because what names no source has none to answer for it. */
export function lowestTaint(all: Iterable<Taint>): Taint {
  let lowest: number | null = null
  for (const taint of all) lowest = Math.min(lowest ?? taints.length, taints.indexOf(taint))
  return lowest === null ? 'untrusted' : (taints[lowest] as Taint)
}

/** Negative when `a` is trusted less than `b`. */
export const compareTaints = (a: Taint, b: Taint): number => taints.indexOf(a) - taints.indexOf(b)

export const isBelow = (taint: Taint, limit: Taint): boolean => compareTaints(taint, limit) < 0
