import type { DreamId, MemoryStoreId } from '../ids.ts'
import type { ComparedBy, Family } from '../mining/finding.ts'
import type { TaskPath } from '../mining/task-path.ts'

/** What one dream read, found and proposes; findings and changes themselves are rows. */
export interface DreamReport {
  readonly dreamId: DreamId
  readonly inputStoreId: MemoryStoreId
  readonly outputStoreId: MemoryStoreId
  readonly read: DreamInputs
  readonly families: readonly Family[]
  readonly paths: readonly TaskPath[]
  readonly comparedBy: ComparedBy
  readonly silences: readonly string[]
  readonly reconciliation: ReconciliationReport
  /** Why nothing (more) was proposed. */
  readonly heldBack: readonly string[]
  readonly findings: number
  readonly changes: number
}

export interface DreamInputs {
  readonly sessions: number
  readonly steps: number
  readonly succeeded: number
  readonly failed: number
  readonly undecided: number
  readonly agents: number
  readonly tasks: number
  readonly taskTypes: readonly string[]
  readonly memories: number
  readonly items: number
}

export interface ReconciliationReport {
  readonly duplicates: number
  /** Lines that newer lines take the place of. */
  readonly supersessions: number
  readonly conflicts: readonly Conflict[]
  /** Lines that were said to hold so long ago that they should be looked at again. */
  readonly stale: readonly StalePlace[]
  readonly notAnalysable: readonly string[]
}

interface Conflict {
  readonly reason: string
  readonly first: Place
  readonly second: Place
}

interface StalePlace extends Place {
  readonly since: string
}

export interface Place {
  readonly path: string
  readonly line: number
  readonly text: string
}
