/** One step of the schema. After a release its text never changes: the next step gets the next number. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
}
