import {
  compareTexts,
  hasText,
  nameChange,
  type StateEntry,
  type WantedText,
} from '../core/store-state.ts'
import type { PathWrite } from './store-writes.ts'

interface Plan {
  readonly current: readonly StateEntry[]
  readonly wanted: readonly WantedText[]
  /** Whether a memory that is not wanted goes; the others always stay. */
  readonly goes: (entry: StateEntry) => boolean
}

/** What has to be written so that the wanted texts stand there. */
export function planWrites({ current, wanted, goes }: Plan): PathWrite[] {
  return compareTexts(current.filter(hasText), wanted).filter(
    ({ before, after }) => after !== null || (before !== null && goes(before)),
  )
}

/** What was written, or would be. */
export function presentWrites(current: readonly StateEntry[], writes: readonly PathWrite[]) {
  const changes = writes.map((write) => ({ path: write.path, change: nameChange(write) }))
  const count = (name: string) => changes.filter(({ change }) => change === name).length
  const [modified, deleted] = [count('modified'), count('deleted')]
  return {
    created: count('created'),
    modified,
    deleted,
    unchanged: current.length - modified - deleted,
    changes,
  }
}
