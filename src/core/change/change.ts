import type { Evidence, Grade } from '../evidence.ts'
import type { ChangeTrust } from '../trust/quarantine.ts'

/**
 * One proposed operation on items of one memory. No operation rewrites a document: a change is a few edits
 * of exact slices of the version it is based on, and applies only while those slices still stand there.
 */
export interface ProposedChange extends DraftChange {
  readonly trust: ChangeTrust
}

/** A change before it was judged how far it may be trusted. */
export interface DraftChange {
  /** Stable name: the same proposal on the same base has the same key in every dream. */
  readonly key: string
  readonly operation: Operation
  readonly path: string
  /** SHA-256 of the memory's content that `edits` are based on; null when the memory does not exist yet. */
  readonly baseSha256: string | null
  readonly edits: readonly Edit[]
  /** `absent`: the memory itself goes; only the inverse of a change that created it does that. */
  readonly leaves: 'content' | 'absent'
  /** The items' text before and after, for people; null where there is none. */
  readonly before: string | null
  readonly after: string | null
  readonly rationale: string
  readonly grade: Grade
  readonly findingKeys: readonly string[]
  readonly evidence: readonly Evidence[]
}

type Operation = 'add' | 'edit' | 'merge' | 'supersede' | 'retire' | 'move'

/** Replace `before`, which must stand at `start` of the base, by `after`. An insertion has an empty `before`. */
export interface Edit {
  readonly start: number
  readonly before: string
  readonly after: string
}
