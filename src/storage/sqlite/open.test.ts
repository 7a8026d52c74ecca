import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { changeSomething, hash, makeSalts, storeSession, write } from '../_rows.ts'
import { listMemoryStores } from '../memory-stores.ts'
import { migrations } from '../migrations/index.ts'
import type { Migration } from '../migrations/migration.ts'
import { countSessions } from '../sessions.ts'
import { openSqlite } from './open.ts'
import { dumpSchema } from './schema.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lucidream-open-'))
  path = join(folder, 'data', 'lucidream.db')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const open = (given: { readonly migrations?: readonly Migration[] } = {}) =>
  openSqlite({ path, clock: () => 0, hash, salt: makeSalts(), ...given })

describe('opening', () => {
  test('makes the folder and the file for their owner alone, the WAL as well', async () => {
    const database = await open()
    await write(database, (writer) => changeSomething(writer, 'a'))
    const mode = (name: string) => statSync(name).mode & 0o777
    expect([join(folder, 'data'), path, `${path}-wal`, `${path}-shm`].map(mode)).toEqual([
      0o700, 0o600, 0o600, 0o600,
    ])
    await database.close()
  })

  test('writes are synchronised to the disk, in WAL, with foreign keys enforced', async () => {
    const database = await open()
    const names = ['journal_mode', 'synchronous', 'foreign_keys']
    const pragmas = await database.write({ type: 'user', id: 'u' }, async ({ write: kysely }) => {
      const rows = names.map((name) => sql<object>`PRAGMA ${sql.raw(name)}`.execute(kysely))
      return Object.assign({}, ...(await Promise.all(rows)).flatMap(({ rows }) => rows))
    })
    expect(pragmas).toEqual({ journal_mode: 'wal', synchronous: 2, foreign_keys: 1 })
    await database.close()
  })

  test('a file that is not a database is refused and left as it is', async () => {
    await (await open()).close()
    writeFileSync(path, 'not a database, only a long enough line of text '.repeat(100))
    await expect(open()).rejects.toMatchObject({ code: 'database_damaged' })
    expect(statSync(path).size).toBe(4_800)
  })

  test('a file that was cut off is refused', async () => {
    const database = await open()
    await storeSession(database, 'one')
    await database.close()
    truncateSync(path, 8_192)
    const reading = open().then((cut) => cut.read((reader) => countSessions(reader)))
    await expect(reading).rejects.toMatchObject({ code: 'database_damaged' })
  })

  test('a folder that cannot be made is a matter of permission, with the way out', async () => {
    writeFileSync(join(folder, 'data'), '')
    await expect(open()).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('choose another'),
    })
  })

  test('a folder in the place of the file is refused', async () => {
    path = folder
    await expect(open()).rejects.toMatchObject({ code: 'permission_denied' })
  })

  test('a full disk refuses the write and keeps everything before it', async () => {
    const database = await open()
    await storeSession(database, 'before')
    const limit = (pages: number) =>
      database.write({ type: 'user', id: 'u' }, ({ write: kysely }) =>
        sql`PRAGMA max_page_count = ${sql.lit(pages)}`.execute(kysely),
      )
    await limit(1)
    const records = Array.from({ length: 200 }, (_, index) => JSON.stringify(hash(String(index))))
    const storing = storeSession(database, 'after', { records: [records.join().repeat(50)] })
    await expect(storing).rejects.toMatchObject({ code: 'disk_full' })
    await limit(1_000_000)
    await storeSession(database, 'after')
    expect(await database.read((reader) => countSessions(reader))).toBe(2)
    await database.close()
  })
})

describe('migrations', () => {
  const second: Migration = {
    number: migrations.length + 1,
    name: 'more',
    sqlite: 'CREATE TABLE more (id INTEGER) STRICT',
    postgres: 'CREATE TABLE more (id integer)',
  }

  test('run once: opening again changes nothing', async () => {
    await (await open()).close()
    const before = dumpSchema(path)
    await (await open()).close()
    expect(dumpSchema(path)).toBe(before)
    expect(recorded()).toEqual(migrations.map(({ number, name }) => ({ number, name })))
  })

  test('a newer program adds what the file lacks and keeps what it holds', async () => {
    const database = await open()
    await write(database, (writer) => changeSomething(writer, 'kept'))
    await database.close()
    const newer = await open({ migrations: [...migrations, second] })
    const stores = await newer.read((reader) => listMemoryStores(reader, { limit: 5 }))
    expect(stores.map(({ name }) => name)).toEqual(['kept'])
    await newer.close()
    expect(recorded()).toHaveLength(migrations.length + 1)
  })

  test('an older program refuses the file of a newer one and changes nothing', async () => {
    await (await open({ migrations: [...migrations, second] })).close()
    const before = dumpSchema(path)
    await expect(open()).rejects.toMatchObject({ code: 'database_newer' })
    expect(dumpSchema(path)).toBe(before)
  })

  test('a migration that was edited after it ran is noticed', async () => {
    await (await open({ migrations: [...migrations, second] })).close()
    const edited = { ...second, sqlite: `${second.sqlite} -- edited` }
    await expect(open({ migrations: [...migrations, edited] })).rejects.toMatchObject({
      code: 'database_damaged',
    })
  })

  test('a migration that fails half-way leaves nothing of itself', async () => {
    await (await open()).close()
    const before = dumpSchema(path)
    const broken = { ...second, sqlite: `${second.sqlite}; CREATE TABLE more (id INTEGER) STRICT` }
    await expect(open({ migrations: [...migrations, broken] })).rejects.toThrow('already exists')
    expect(dumpSchema(path)).toBe(before)
    await (await open({ migrations: [...migrations, second] })).close()
  })

  test('are numbered from 1 without gaps, in the order in which they run', () => {
    expect(migrations.map(({ number }) => number)).toEqual(migrations.map((_, index) => index + 1))
  })

  test('generated/schema.sqlite.sql is what they make', async () => {
    await (await open()).close()
    expect(dumpSchema(path)).toBe(readFileSync('generated/schema.sqlite.sql', 'utf8'))
  })

  const recorded = () => {
    const database = new DatabaseSync(path, { readOnly: true })
    const rows = database.prepare('SELECT number, name FROM migrations ORDER BY number').all()
    database.close()
    return rows.map((row) => ({ ...row }))
  }
})
