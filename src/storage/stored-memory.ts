import type { Memory } from '../core/memory.ts'

/** A memory with what storing adds to it. */
export interface StoredMemory extends Memory {
  readonly contentSizeBytes: number
  readonly createdAt: string
  readonly updatedAt: string
  /** Of its head: how many versions came before. */
  readonly versionOrdinal: number
}
