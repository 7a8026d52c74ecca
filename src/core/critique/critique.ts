import type { ProposedChange } from '../change/change.ts'
import type { MemoryDocument } from '../memory.ts'
import type { Taint } from '../trust/taint.ts'
import type { StoreView } from './store-view.ts'

/** What one critic says of one change. A `reject` can be overruled by a person who says why. */
export interface Critique {
  readonly critic: string
  readonly verdict: 'accept' | 'revise' | 'reject'
  /** For people: what was looked at and what was found. */
  readonly explanation: string
}

/** A critic is a pure function: the same subject, the same words. */
export type Critic = (subject: CritiqueSubject) => Critique

/** All that critics look at. */
export interface CritiqueSubject {
  readonly change: ProposedChange
  /** The change's memory without it and with it; null where there is none. */
  readonly before: MemoryDocument | null
  readonly after: MemoryDocument | null
  /** Every memory of the store, without the change. */
  readonly store: StoreView
  readonly quotes: { readonly resolved: number; readonly unresolved: number }
  /** The lowest origin of any word in it. */
  readonly taint: Taint
  /** How often a person rejected the same proposal before, on other evidence. */
  readonly earlierRejections: number
  readonly drift: StoreDrift
}

/** How far dreams have moved a store, in UTF-8 bytes. */
export interface StoreDrift {
  readonly bytesNow: number
  /** What applied changes inserted and removed altogether, and still stands so. */
  readonly bytesAdded: number
  readonly bytesRemoved: number
  /** The same of the newest dreams over it (at most ten), and how their proposals were decided. */
  readonly recent: {
    readonly dreams: number
    readonly bytesAdded: number
    readonly bytesRemoved: number
    /** Accepted or applied. */
    readonly taken: number
    /** Rejected or taken back. */
    readonly refused: number
  }
  /** Keys of changes that were applied and taken back. */
  readonly undone: readonly string[]
}

export const noDrift: StoreDrift = {
  bytesNow: 0,
  bytesAdded: 0,
  bytesRemoved: 0,
  recent: { dreams: 0, bytesAdded: 0, bytesRemoved: 0, taken: 0, refused: 0 },
  undone: [],
}

/** Everything that a change would insert. */
export const insertedText = ({ edits }: ProposedChange): string =>
  edits.map(({ after }) => after).join('\n')
