import type { MemoryId, MemoryVersionId } from './ids.ts'

/** What stood in a memory store at one moment, without the texts. */
export interface StateEntry {
  readonly memoryId: MemoryId
  readonly versionId: MemoryVersionId
  /** Null, as hash and size are, where the version was redacted since. */
  readonly path: string | null
  readonly contentSha256: string | null
  readonly contentSizeBytes: number | null
}

/** An entry whose text there still is, or a text that comes from elsewhere. */
export interface WantedText {
  readonly path: string
  readonly contentSha256: string
}

export interface Difference<From, To> {
  readonly path: string
  readonly before: From | null
  readonly after: To | null
}

/** Paths whose texts differ, in path order by code unit. */
export function compareTexts<From extends WantedText, To extends WantedText>(
  from: readonly From[],
  to: readonly To[],
): Difference<From, To>[] {
  const before = new Map(from.map((one) => [one.path, one]))
  const after = new Map(to.map((one) => [one.path, one]))
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  return paths
    .map((path) => ({
      path,
      before: before.get(path) ?? null,
      after: after.get(path) ?? null,
    }))
    .filter((one) => one.before?.contentSha256 !== one.after?.contentSha256)
}

export const hasText = <Entry extends StateEntry>(entry: Entry): entry is Entry & WantedText =>
  entry.path !== null && entry.contentSha256 !== null

/** What becomes of a path. */
export const nameChange = ({ before, after }: Difference<unknown, unknown>) =>
  before === null
    ? ('created' as const)
    : after === null
      ? ('deleted' as const)
      : ('modified' as const)
