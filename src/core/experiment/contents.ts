import type { Hash } from '../ids.ts'
import type { WantedText } from '../store-state.ts'

/** Names what a unit reads: the hash of every path with the hash of its text, in path order by code unit. */
export function hashContents(documents: readonly WantedText[], hash: Hash): string {
  const named = documents.map(({ path, contentSha256 }) => [path, contentSha256] as const)
  return hash(JSON.stringify(named.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))))
}
