import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'
import { schemaOf, subject } from './_place.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Null where no Postgres answers. */
    readonly postgresUrl: string | null
    /** The schema in which a run lists its places (scripts/list-test-places.ts). */
    readonly postgresRun: string
  }
}

/** Where suites may make schemas; null, said once, where no server answers. */
export function findServer(suite: string): string | null {
  const url = inject('postgresUrl')
  if (url === null) console.log(`no Postgres answers: ${suite} is skipped`)
  return url
}

/**
 * A place with every table and the rows that migrations write. It is a schema that an earlier test was done with,
 * where there is one: emptying it takes milliseconds, making all tables anew takes a second.
 */
export async function createPlace(server: string): Promise<string> {
  const run = inject('postgresRun')
  const [used] = await runSql(
    server,
    `UPDATE ${run}.places SET free = false WHERE name =
       (SELECT name FROM ${run}.places WHERE free ORDER BY name LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING name`,
  )
  if (used) {
    const name = String(used.name)
    await runSql(server, emptySchema(name))
    return nameSchema(server, name)
  }
  const place = await createEmptyPlace(server)
  await makeTables(place)
  await runSql(server, `INSERT INTO ${run}.places VALUES ('${schemaOf(place)}', false)`)
  return place
}

/** A place that is an empty schema, for what is about making the tables. */
export async function createEmptyPlace(server: string): Promise<string> {
  const name = `lucidream_test_${randomBytes(8).toString('hex')}`
  await runSql(server, `CREATE SCHEMA ${name}`)
  return nameSchema(server, name)
}

/** Lists the place for the next test; one that was made empty is gone. */
export async function dropPlace(server: string, place: string): Promise<void> {
  const name = schemaOf(place)
  const run = inject('postgresRun')
  const listed = `UPDATE ${run}.places SET free = true WHERE name = '${name}' RETURNING name`
  if ((await runSql(server, listed)).length > 0) return
  await runSql(server, `DROP SCHEMA IF EXISTS ${name} CASCADE`)
  await runSql(server, `DROP SCHEMA IF EXISTS ${name}_boss CASCADE`)
}

export async function runSql(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

function nameSchema(server: string, name: string): string {
  const place = new URL(server)
  // Processes are killed in these suites, the server is not, so nothing needs to wait for its disk.
  place.searchParams.set('options', `-c search_path=${name} -c synchronous_commit=off`)
  return place.href
}

/** As a first start does; the rows that this writes are kept beside, in schemas that end on `_seed`. */
async function makeTables(place: string): Promise<void> {
  const clock = () => 0
  const database = await subject.open(place, { clock })
  const jobs = await subject.openJobs(place, { database, clock })
  await jobs.close()
  await database.close()
  await runSql(place, keepSeed(schemaOf(place)))
}

const keepSeed = (name: string) => `DO $$ DECLARE one record; has_rows boolean; BEGIN
  CREATE SCHEMA ${name}_seed;
  CREATE SCHEMA ${name}_boss_seed;
  FOR one IN ${relations('r', [name, `${name}_boss`])} LOOP
    EXECUTE format('SELECT EXISTS (TABLE %I.%I)', one.nspname, one.relname) INTO has_rows;
    IF has_rows THEN
      EXECUTE format('CREATE TABLE %I.%I AS TABLE %I.%I', one.nspname || '_seed', one.relname, one.nspname, one.relname);
    END IF;
  END LOOP;
END $$`

/** The role "replica" passes over the triggers that keep the audit log whole, and over foreign keys. */
const emptySchema = (name: string) => `DO $$ DECLARE one record; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR one IN ${relations('r', [name, `${name}_boss`])} LOOP
    EXECUTE format('DELETE FROM %I.%I', one.nspname, one.relname);
  END LOOP;
  FOR one IN ${relations('r', [`${name}_seed`, `${name}_boss_seed`])} LOOP
    EXECUTE format('INSERT INTO %I.%I TABLE %I.%I', left(one.nspname, -5), one.relname, one.nspname, one.relname);
  END LOOP;
  FOR one IN ${relations('S', [name, `${name}_boss`])} LOOP
    PERFORM setval(one.oid, seqstart, false) FROM pg_sequence WHERE seqrelid = one.oid;
  END LOOP;
END $$`

const relations = (kind: 'r' | 'S', schemas: readonly string[]) =>
  `SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = '${kind}' AND n.nspname IN (${schemas.map((name) => `'${name}'`).join(', ')})`
