import type { Clock } from '../core/clock.ts'
import type { Database } from './database.ts'
import type { Jobs } from './jobs.ts'

/** A database that claims to keep the contract of database.ts. */
export interface DatabaseUnderTest {
  /** Makes a place for a database that nobody has written to, where tables may stand, and names it. */
  createPlace(): Promise<string>
  /** Makes one where nothing stands. */
  createEmptyPlace(): Promise<string>
  removePlace(place: string): Promise<void>
  open(place: string, options: OpenOptions): Promise<Database>
  /** The jobs of a place, over the database that was opened there; closed before it. */
  openJobs(place: string, options: OpenJobsOptions): Promise<Jobs>
  /** URL of the module that exports this as `subject`, for processes that open the same place. */
  readonly module: string
}

interface OpenOptions {
  readonly clock: Clock
  readonly busyMs?: number
}

interface OpenJobsOptions {
  readonly database: Database
  readonly clock: Clock
  readonly isAlive?: (owner: string) => boolean
}

/** What a suite works with: always a database nobody has written to. */
export interface Fresh {
  readonly subject: DatabaseUnderTest
  place(): string
  database(): Database
  /** The jobs of that database, opened when a test first asks. */
  jobs(): Promise<Jobs>
  /** The clock that the database was given. */
  readonly time: { ms: number }
}
