import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import type { Database } from '../src/storage/database.ts'
import { openPostgres } from '../src/storage/postgres/open.ts'
import { openSqlite } from '../src/storage/sqlite/open.ts'
import { inFolder, print } from './_measure.ts'
import { inSchema } from './_postgres.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const salt = () => '0'.repeat(32)
const operator = { type: 'user', id: 'bench' } as const
const perRound = 1_920
const rounds = 5
const insertRow =
  "INSERT INTO bare_records VALUES (?, ?, '', 'user', 'bench', 'bench.appended', 'bench', 'one', NULL, NULL, NULL)"
/** What the driver writes alone: one narrow row, not hashed, with no salt beside it. */
const createBare = `CREATE TABLE bare_records (seq bigint PRIMARY KEY, id text, at text, actor_type text,
  actor_id text, action text, object_type text, object_id text, before_hash text, after_hash text, reason text)`

/** Durable writes of one row (an audit record) per second: the driver alone, and the write door. */
export async function benchAppend(): Promise<void> {
  await inFolder(async (folder) => {
    const path = join(folder, 'lucidream.db')
    const database = await openSqlite({ path, clock: Date.now, hash, salt })
    const bare = openBare(path)
    await compare('SQLite', database, async () => bare.append(perRound))
    bare.close()
    await database.close()
  })
  await benchAppendPostgres()
}

async function benchAppendPostgres(): Promise<void> {
  const measured = await inSchema(async (url) => {
    const database = await openPostgres({ url, clock: Date.now, hash, salt })
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query(createBare)
    await compare('Postgres', database, () => appendBare(client))
    await client.end()
    await database.close()
    return true
  })
  if (measured === null) console.log('append, Postgres: none answers')
}

async function appendBare(client: Client): Promise<void> {
  for (let index = 0; index < perRound; index += 1) {
    await client.query('BEGIN')
    const { rows } = await client.query('SELECT coalesce(max(seq), 0) + 1 AS seq FROM bare_records')
    const seq = Number(rows[0].seq)
    await client.query(insertRow.replace('?', '$1').replace('?', '$2'), [seq, hash(String(seq))])
    await client.query('COMMIT')
  }
}

/** The three take turns, so that a busy machine is busy for all; the median of the rounds counts. */
async function compare(
  name: string,
  database: Database,
  appendBare: () => Promise<void>,
): Promise<void> {
  const ways: Readonly<Record<string, () => Promise<void>>> = {
    'driver alone, a commit each': appendBare,
    'door, 1 writer': () => append(database, 1),
    'door, 32 writers': () => append(database, 32),
  }
  const rates = new Map<string, number[]>(Object.keys(ways).map((way) => [way, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [way, run] of Object.entries(ways)) {
      const began = performance.now()
      await run()
      rates.get(way)?.push((perRound * 1000) / (performance.now() - began))
    }
  }
  const shown = [...rates].map(([way, list]) => {
    const sorted = list.map(Math.round).toSorted((a, b) => a - b)
    return [way, `${sorted[rounds >> 1]}/s (${sorted[0]}-${sorted.at(-1)})`] as const
  })
  print(`append, ${name}, median of ${rounds} rounds of ${perRound}`, Object.fromEntries(shown))
}

async function append(database: Database, writers: number): Promise<void> {
  const each = Math.floor(perRound / writers)
  const one = async () => {
    for (let index = 0; index < each; index += 1) {
      await database.write(operator, (writer) =>
        writer.audit({ action: 'bench.appended', objectType: 'bench', objectId: 'one' }),
      )
    }
  }
  await Promise.all(Array.from({ length: writers }, one))
}

function openBare(path: string) {
  const bare = new DatabaseSync(path)
  bare.exec('PRAGMA synchronous = FULL; PRAGMA busy_timeout = 1000')
  bare.exec(createBare)
  const last = bare.prepare('SELECT coalesce(max(seq), 0) AS seq FROM bare_records')
  const insert = bare.prepare(insertRow)
  return {
    append(count: number) {
      for (let index = 0; index < count; index += 1) {
        bare.exec('BEGIN IMMEDIATE')
        const seq = Number(last.get()?.seq) + 1
        insert.run(seq, hash(String(seq)))
        bare.exec('COMMIT')
      }
    },
    close: () => bare.close(),
  }
}
