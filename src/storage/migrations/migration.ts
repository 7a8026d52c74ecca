/**
 * One step of the schema, written for each database by hand: the same tables, columns and rules. After a
 * release neither text changes: the next step gets the next number.
 */
export interface MigrationText {
  readonly name: string
  readonly sqlite: string
  /** Every text column is `text COLLATE "C"`, so that order and ranges are by code point as in SQLite. */
  readonly postgres: string
}

/** A step under its number: its place in the list, from 1. */
export interface Migration extends MigrationText {
  readonly number: number
}

/** How many migrations a database had run before and after. */
export interface Migrated {
  readonly before: number
  readonly after: number
}
