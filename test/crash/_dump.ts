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
}

type Rows = readonly Readonly<Record<string, unknown>>[]
export type Dump = Readonly<Record<string, readonly string[]>>

/** Every row of every table, in an order of its own; ids made by chance are replaced. */
export function dumpSqlite(path: string): Dump {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all() as { name: string }[]
    return Object.fromEntries(
      tables
        .filter(({ name }) => !name.includes('search'))
        .map(({ name }) => [name, show(name, database.prepare(`SELECT * FROM ${name}`).all())]),
    )
  } finally {
    database.close()
  }
}

/**
 * The same of a Postgres. A lease of a dead process runs out there and nothing else, so whoever goes on does so
 * later: times of the day are replaced, and the ids of audit records, which name their time.
 */
export async function dumpPostgres(url: string): Promise<Dump> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    )
    const dump: Record<string, readonly string[]> = {}
    for (const { name } of tables.filter((one) => !one.name.includes('search'))) {
      const { rows } = await client.query(`SELECT * FROM ${name}`)
      dump[name] = show(name, rows).map(withoutTimes).toSorted()
    }
    const { rows: waiting } = await client.query(
      "SELECT name, state FROM pgboss.job WHERE state <> 'completed'",
    )
    return { ...dump, 'deliveries of pg-boss that are open': show('deliveries', waiting) }
  } finally {
    await client.end()
  }
}

const withoutTimes = (row: string) =>
  row
    .replaceAll(/2026-11-25T\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '@')
    .replaceAll(/\b17\d{11}\b/g, '@')
    .replaceAll(/\baud_[0-9a-f]{24}\b/g, 'aud_#')

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
