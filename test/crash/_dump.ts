import { DatabaseSync } from 'node:sqlite'

/** What may differ between a run that was cut off and one that was not, and means nothing. */
const left: Readonly<Record<string, readonly string[]>> = {
  // Tells of the run that ended it: after a cut, what was stored before counts as unchanged.
  imported_files: ['report'],
  jobs: ['attempt', 'owner', 'error'],
  transcripts: ['owner', 'id'],
  session_events: ['transcript_id'],
  raw_chunks: ['transcript_id'],
  sessions: ['transcript_id'],
  // Made by chance, and what is made of it.
  audit_salts: ['salt'],
  audit_records: ['before_commitment', 'after_commitment', 'reason_commitment', 'leaf'],
}

/** Every row of every table, in an order of its own; ids made by chance are replaced. */
export function dumpSqlite(path: string): Record<string, string[]> {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all() as { name: string }[]
    return Object.fromEntries(
      tables
        .filter(({ name }) => !name.includes('search'))
        .map(({ name }) => [name, dumpTable(database, name)]),
    )
  } finally {
    database.close()
  }
}

function dumpTable(database: DatabaseSync, name: string): string[] {
  const rows = database.prepare(`SELECT * FROM ${name}`).all() as Record<string, unknown>[]
  const omitted = left[name] ?? []
  return rows
    .map((row) =>
      JSON.stringify(
        Object.entries(row).filter(([column]) => !omitted.includes(column)),
        (_key, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value),
      ).replace(/\b([a-z]+)_[0-9a-f]{30}\b/g, '$1_#'),
    )
    .toSorted()
}
