import type { MemoryId, MemoryStoreId, MemoryVersionId } from './ids.ts'

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

/** Limits of the wire: Anthropic's memory stores refuse more. */
export const memoryLimits = {
  contentBytes: 102_400,
  pathBytes: 1_024,
  pathSegments: 20,
  memoriesPerStore: 2_000,
} as const
