import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  breakDeferredRule,
  changeSomething,
  hash,
  importer,
  makeSalts,
  makeSession,
  note,
  storeSession,
  write,
} from '../_rows.ts'
import type { Database, Writer } from '../database.ts'
import { listMemoryStores } from '../memory-stores.ts'
import { migrations } from '../migrations/index.ts'
import type { Migration } from '../migrations/migration.ts'
import { openSqlite } from '../sqlite/open.ts'
import { schemaOf } from './_place.ts'
import { createEmptyPlace, createPlace, dropPlace, findServer, runSql } from './_server.ts'
import { type OpenPostgresOptions, openPostgres } from './open.ts'
import { dumpPostgresSchema } from './schema.ts'

const server = findServer('opening Postgres') ?? ''

describe.skipIf(server === '')('Postgres', () => {
  let url: string
  const opened: Database[] = []

  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close()
    await dropPlace(server, url)
  })

  const open = async (given: Partial<OpenPostgresOptions> = {}): Promise<Database> => {
    const database = await openPostgres({ url, clock: () => 0, hash, salt: makeSalts(), ...given })
    opened.push(database)
    return database
  }

  const names = (database: Database) =>
    database.read(async (reader) =>
      (await listMemoryStores(reader, { limit: 9 })).map(({ name }) => name),
    )

  describe('migrations', () => {
    beforeEach(async () => {
      url = await createEmptyPlace(server)
    })

    const second: Migration = {
      number: migrations.length + 1,
      name: 'more',
      sqlite: 'CREATE TABLE more (id INTEGER) STRICT',
      postgres: 'CREATE TABLE more (id integer)',
    }

    test('run once, also when many start at once', async () => {
      await Promise.all([open(), open(), open()])
      await open()
      const rows = await runSql(url, 'SELECT number, name FROM migrations ORDER BY number')
      expect(rows).toEqual(migrations.map(({ number, name }) => ({ number, name })))
    })

    test('a newer program adds what is lacking and keeps what is there; the older one is refused', async () => {
      await write(await open(), (writer) => changeSomething(writer, 'kept'))
      expect(await names(await open({ migrations: [...migrations, second] }))).toEqual(['kept'])
      await expect(open()).rejects.toMatchObject({ code: 'database_newer' })
    })

    test('a migration that was edited after it ran is noticed', async () => {
      await open({ migrations: [...migrations, second] })
      const edited = { ...second, postgres: `${second.postgres} -- edited` }
      const opening = open({ migrations: [...migrations, edited] })
      await expect(opening).rejects.toMatchObject({ code: 'database_damaged' })
    })

    test('a migration that fails half-way leaves nothing of itself', async () => {
      await open()
      const before = await dumpPostgresSchema(url)
      const broken = { ...second, postgres: `${second.postgres}; ${second.postgres}` }
      await expect(open({ migrations: [...migrations, broken] })).rejects.toThrow('already exists')
      expect(await dumpPostgresSchema(url)).toBe(before)
      await open({ migrations: [...migrations, second] })
    })

    test('generated/schema.postgres.sql is what they make', async () => {
      await open()
      expect(await dumpPostgresSchema(url)).toBe(
        readFileSync('generated/schema.postgres.sql', 'utf8'),
      )
    })

    test('every text column is ordered by code point, whatever the locale of the database', async () => {
      await open()
      const otherwise = await runSql(
        url,
        `SELECT table_name, column_name FROM information_schema.columns
         WHERE table_schema = current_schema() AND data_type = 'text'
           AND collation_name IS DISTINCT FROM 'C'`,
      )
      expect(otherwise).toEqual([])
    })

    test('both databases have the same tables and columns', async () => {
      await open()
      const columns = await runSql(
        url,
        `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
         WHERE table_schema = current_schema()`,
      )
      const own = columns.map(({ name }) => String(name)).filter((name) => !otherwise.test(name))
      expect(own.toSorted()).toEqual(await listSqliteColumns())
    })
  })

  describe('connections', () => {
    beforeEach(async () => {
      url = await createPlace(server)
    })

    const backend = async ({ read }: Pick<Writer, 'read'>) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(
        read as Writer['write'],
      )
      return rows[0]?.pid ?? 0
    }
    const kill = (pid: number) => runSql(server, `SELECT pg_terminate_backend(${pid})`)

    test('one that is cut inside a door fails that door, and the next door has a new one', async () => {
      const database = await open()
      const writing = write(database, async (writer) => {
        await changeSomething(writer, 'lost')
        await kill(await backend(writer))
        await changeSomething(writer, 'never')
      })
      await expect(writing).rejects.toMatchObject({ code: 'database_unavailable' })
      const reading = database.read(async (reader) => {
        await kill(await backend(reader))
        await listMemoryStores(reader, { limit: 1 })
      })
      await expect(reading).rejects.toMatchObject({ code: 'database_unavailable' })
      await write(database, (writer) => changeSomething(writer, 'stored'))
      expect(await names(database)).toEqual(['stored'])
    })

    test('one that is cut while it waits is replaced, and the process lives on', async () => {
      const database = await open()
      await kill(await write(database, (writer) => backend(writer)))
      await kill(await database.read(backend))
      const settled = await Promise.allSettled([
        write(database, (writer) => changeSomething(writer, 'a')),
        names(database),
      ])
      for (const outcome of settled) {
        if (outcome.status === 'rejected') {
          expect(outcome.reason).toMatchObject({ code: 'database_unavailable' })
        }
      }
      await write(database, (writer) => changeSomething(writer, 'b'))
      expect(await names(database)).toContain('b')
    })

    test('a server that is not there is unavailable, and no message holds the password', async () => {
      const opening = open({ url: 'postgres://me:secret@127.0.0.1:1/none' })
      await expect(opening).rejects.toMatchObject({
        code: 'database_unavailable',
        message: expect.not.stringContaining('secret'),
      })
    })

    test('a statement that runs too long is refused, and what it held is free again', async () => {
      const database = await open({ statementTimeoutMs: 50 })
      const writing = write(database, async (writer) => {
        await changeSomething(writer, 'slow')
        await sql`select pg_sleep(20)`.execute(writer.write)
      })
      await expect(writing).rejects.toMatchObject({ code: 'database_busy' })
      await write(database, (writer) => changeSomething(writer, 'next'))
      expect(await names(database)).toEqual(['next'])
    })

    test('a URL that names no database of the server is a matter of permission', async () => {
      const elsewhere = new URL(server)
      elsewhere.pathname = '/lucidream_never_made'
      const opening = open({ url: elsewhere.href })
      await expect(opening).rejects.toMatchObject({ code: 'permission_denied' })
    })
  })

  describe('rules', () => {
    beforeEach(async () => {
      url = await createPlace(server)
    })

    test('one that is checked late refuses its own write and no other of the group', async () => {
      const database = await open()
      const outcomes = await Promise.allSettled([
        database.write(importer, (writer) => note(writer, 'before')),
        database.write(importer, breakDeferredRule),
        database.write(importer, (writer) => note(writer, 'after')),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(outcomes[1]).toMatchObject({ reason: { code: 'conflict' } })
    })

    test('a name too long for its index is refused with the limit', async () => {
      const database = await open()
      const letters = Array.from({ length: 200 }, (_, index) => hash(String(index))).join('')
      const storing = storeSession(database, 'long', {
        session: makeSession('long', { key: letters }),
      })
      await expect(storing).rejects.toMatchObject({ code: 'limit_exceeded' })
    })

    test('the audit log cannot be emptied', async () => {
      const database = await open()
      await database.write(importer, (writer) => note(writer, 'a'))
      const emptying = runSql(url, `TRUNCATE ${schemaOf(url)}.audit_records CASCADE`)
      await expect(emptying).rejects.toThrow('append-only')
    })
  })
})

/** `table.column`, read from CREATE TABLE statements of one column a line. */

/** Full text is kept in tables of another kind there. */
const otherwise = /^search_index/

async function listSqliteColumns(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lucidream-columns-'))
  try {
    const path = join(folder, 'columns.db')
    const database = await openSqlite({ path, clock: () => 0, hash, salt: makeSalts() })
    await database.close()
    const file = new DatabaseSync(path, { readOnly: true })
    const rows = file
      .prepare(
        `SELECT schema.name || '.' || info.name AS name
         FROM sqlite_schema AS schema, pragma_table_xinfo(schema.name) AS info
         WHERE schema.type IN ('table', 'view') AND schema.name NOT LIKE 'sqlite_%' AND info.hidden <> 1`,
      )
      .all() as { name: string }[]
    file.close()
    return rows
      .map(({ name }) => name)
      .filter((name) => !otherwise.test(name))
      .toSorted()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
