import { DomainError } from './errors.ts'

/** Pairs that a caller hangs on a thing; they mean nothing to us. */
export type Metadata = Readonly<Record<string, string>>

const mostPairs = 16

/** Keys are merged and null removes one; in key order, so that equal metadata is equal text. */
export function mergeMetadata(
  current: Metadata,
  patch: Readonly<Record<string, string | null>>,
): Metadata {
  const merged = new Map<string, string | null>([
    ...Object.entries(current),
    ...Object.entries(patch),
  ])
  const pairs = [...merged].filter((pair): pair is [string, string] => pair[1] !== null)
  if (pairs.length > mostPairs) {
    throw new DomainError(
      'invalid_argument',
      `metadata: ${pairs.length} pairs after the change, at most ${mostPairs}; remove some by setting them to null.`,
    )
  }
  return Object.fromEntries(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
