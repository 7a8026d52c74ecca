import type { Clock } from '../core/clock.ts'
import type { Database } from './database.ts'

/** A database that claims to keep the contract of database.ts. */
export interface DatabaseUnderTest {
  /** Makes an empty place for a database and names it. */
  createPlace(): Promise<string>
  removePlace(place: string): Promise<void>
  open(place: string, options: OpenOptions): Promise<Database>
  /** URL of the module that exports this as `subject`, for processes that open the same place. */
  readonly module: string
}

interface OpenOptions {
  readonly clock: Clock
  readonly busyMs?: number
}

/** What a suite works with: always a database nobody has written to. */
export interface Fresh {
  readonly subject: DatabaseUnderTest
  place(): string
  database(): Database
  /** The clock that the database was given. */
  readonly time: { ms: number }
}
