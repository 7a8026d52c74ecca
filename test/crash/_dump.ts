import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'

/** What may differ between a run that was cut off and one that was not, and means nothing. */
const left: Readonly<Record<string, readonly string[]>> = {
  // Tells of the run that ended it: after a cut, what was stored before counts as unchanged.
  imported_files: ['report', 'path'],
  imports: ['result'],
  import_progress: ['sessions', 'events'],
  jobs: ['attempt', 'owner', 'error'],
  transcripts: ['owner', 'id'],
  session_events: ['transcript_id'],
  raw_chunks: ['transcript_id'],
  sessions: ['transcript_id'],
  // Made by chance, and what is made of it.
  audit_salts: ['salt'],
  audit_records: ['before_commitment', 'after_commitment', 'reason_commitment', 'leaf'],
}

type Rows = readonly Readonly<Record<string, unknown>>[]
export type Dump = Readonly<Record<string, readonly string[]>>

/**
 * Every row of every table, in an order of its own; ids made by chance are replaced. What is made in the background out of
 * other rows (search, keys of sessions) depends on the moment and is left out.
 */
export function dumpSqlite(path: string): Dump {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const tables = database
      .prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%search%' AND name NOT LIKE 'session_key%'",
      )
      .all() as { name: string }[]
    return showAll(
      Object.fromEntries(
        tables.map(({ name }) => [name, database.prepare(`SELECT * FROM ${name}`).all()]),
      ),
    )
  } finally {
    database.close()
  }
}

/** The same of a Postgres, and what its queue still holds. */
export async function dumpPostgres(url: string): Promise<Dump> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%search%' AND tablename NOT LIKE 'session_key%'",
    )
    const read: Record<string, Rows> = {}
    for (const { name } of tables) read[name] = (await client.query(`SELECT * FROM ${name}`)).rows
    const { rows: waiting } = await client.query(
      "SELECT name, state FROM pgboss.job WHERE state <> 'completed'",
    )
    return { ...showAll(read), 'deliveries of pg-boss that are open': show('deliveries', waiting) }
  } finally {
    await client.end()
  }
}

/**
 * The search index is left out: it follows when there is time. So are uploads that were cut off: nobody sees them,
 * and a later upload removes them.
 */
function showAll(tables: Readonly<Record<string, Rows>>): Dump {
  const staged = (tables.files ?? []).filter(({ state }) => state === 'staged')
  const isStaged = (id: unknown) => staged.some((file) => file.id === id)
  return Object.fromEntries(
    Object.entries(tables).map(([name, rows]) => {
      if (name === 'files')
        return [
          name,
          show(
            name,
            rows.filter(({ id }) => !isStaged(id)),
          ),
        ]
      return [
        name,
        show(
          name,
          rows.filter((row) => !isStaged(row.file_id)),
        ),
      ]
    }),
  )
}

/** What stands in one and not in the other. */
export function listDifferences(expected: Dump, got: Dump): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(got)])
  return [...names].flatMap((name) => {
    const [before, after] = [expected[name] ?? [], got[name] ?? []]
    if (JSON.stringify(before) === JSON.stringify(after)) return []
    const gone = before.filter((row) => !after.includes(row)).map((row) => `- ${name} ${row}`)
    const come = after.filter((row) => !before.includes(row)).map((row) => `+ ${name} ${row}`)
    return [`${name}: ${before.length} rows, now ${after.length}`, ...gone, ...come]
  })
}

function show(name: string, rows: Rows): string[] {
  const omitted = left[name] ?? []
  return rows
    .map((row) =>
      JSON.stringify(
        Object.entries(row).filter(([column]) => !omitted.includes(column)),
        (_key, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value),
      ),
    )
    .map(withoutChance)
    .toSorted()
}

/** An audit record's id is a hash of all of it, so of what was made by chance in it too. */
function withoutChance(row: string): string {
  const shown = row.replaceAll(/\b([a-z]+)_[0-9a-f]{30}\b/g, '$1_#')
  return shown === row ? row : shown.replaceAll(/\baud_[0-9a-f]{24}\b/g, 'aud_#')
}
