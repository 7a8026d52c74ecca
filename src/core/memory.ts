import type { MemoryId, MemoryStoreId, MemoryVersionId } from './ids.ts'
import { utf8Length } from './utf8-length.ts'

/** A memory as a dream reads it: one text document at a path, at one version. */
export interface MemoryDocument {
  /** `/`-rooted path inside its memory store, NFC. */
  readonly path: string
  readonly content: string
  /** Lower-case hex SHA-256 of the content's UTF-8 bytes; guards every later write. */
  readonly contentSha256: string
}

export interface Memory extends MemoryDocument {
  readonly id: MemoryId
  readonly storeId: MemoryStoreId
  readonly versionId: MemoryVersionId
}

/** Limits of the wire: what a memory store holds at most. */
export const memoryLimits = {
  contentBytes: 102_400,
  pathBytes: 1_024,
  pathSegments: 20,
  memoriesPerStore: 2_000,
} as const

/**
 * What keeps a text from being a memory's content, or null. The hash is of the raw UTF-8, so nothing is
 * normalised; what cannot be stored unchanged is refused instead.
 */
export function findContentFault(content: string): string | null {
  if (!content.isWellFormed()) {
    return 'the content holds half of a surrogate pair; send well-formed Unicode'
  }
  if (content.includes('\0')) {
    return 'the content holds a NUL character (U+0000), which no text of a database can hold; remove it'
  }
  // A character of a string is at most three bytes, so most texts need no counting.
  if (content.length * 3 <= memoryLimits.contentBytes) return null
  const bytes = utf8Length(content)
  return bytes <= memoryLimits.contentBytes
    ? null
    : `the content is ${bytes} bytes; a memory holds at most ${memoryLimits.contentBytes}: split it`
}
