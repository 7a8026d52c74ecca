import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'
import { schemaOf, subject } from './_place.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Null where no Postgres answers. */
    readonly postgresUrl: string | null
    /** Names this run: its folder, and the schema in which it lists its places (scripts/test-run.ts). */
    readonly run: string
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
  const place = await takePlace(server)
  const name = schemaOf(place)
  await runSql(server, refill(name, `${name}_seed`))
  return place
}

/** A place with all that is in another, which nobody may be writing to. */
export async function copyPlace(server: string, from: string): Promise<string> {
  const place = await takePlace(server)
  await runSql(server, refill(schemaOf(place), schemaOf(from)))
  return place
}

async function takePlace(server: string): Promise<string> {
  const run = inject('run')
  const [used] = await runSql(
    server,
    `UPDATE ${run}.places SET free = false WHERE name =
       (SELECT name FROM ${run}.places WHERE free ORDER BY name LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING name`,
  )
  if (used) return nameSchema(server, String(used.name))
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
  const run = inject('run')
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

/** As a first start does; the rows that this writes are kept beside, in schemas of their own. */
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
  CREATE SCHEMA ${name}_seed_boss;
  FOR one IN ${relations(name, 'r')} LOOP
    EXECUTE format('SELECT EXISTS (TABLE %I.%I)', one.schema, one.name) INTO has_rows;
    IF has_rows THEN
      EXECUTE format('CREATE TABLE %I.%I AS TABLE %I.%I', '${name}_seed' || one.suffix, one.name, one.schema, one.name);
    END IF;
  END LOOP;
END $$`

/** Makes its rows those of another; the role "replica" passes over foreign keys and the triggers that guard the audit log. */
const refill = (
  name: string,
  from: string,
) => `DO $$ DECLARE one record; columns text; contents text; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR one IN ${relations(name, 'r')} LOOP
    EXECUTE format('DELETE FROM %I.%I', one.schema, one.name);
  END LOOP;
  FOR one IN ${relations(from, 'r')} LOOP
    -- Each schema has enumerations of its own.
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),
        string_agg(format(CASE typtype WHEN 'e' THEN '%I::text::%I.%I' ELSE '%I' END,
          attname, '${name}' || one.suffix, typname), ', ' ORDER BY attnum)
      INTO columns, contents FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
      WHERE attrelid = one.oid AND attnum > 0 AND attgenerated = '' AND NOT attisdropped;
    EXECUTE format('INSERT INTO %I.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %I.%I',
      '${name}' || one.suffix, one.name, columns, contents, one.schema, one.name);
  END LOOP;
  FOR one IN ${relations(name, 'S')} LOOP
    PERFORM setval(one.oid, coalesce(other.last_value, seqstart), other.last_value IS NOT NULL)
      FROM pg_sequence LEFT JOIN pg_sequences other
        ON other.schemaname = '${from}' || one.suffix AND other.sequencename = one.name
      WHERE seqrelid = one.oid;
  END LOOP;
END $$`

/** Of a schema and of pg-boss's beside it. */
const relations = (name: string, kind: 'r' | 'S') =>
  `SELECT c.oid, nspname AS schema, relname AS name, substr(nspname, ${name.length + 1}) AS suffix
   FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
   WHERE relkind = '${kind}' AND nspname IN ('${name}', '${name}_boss')`
