// Writes generated/ from the code. With --check writes nothing and fails where a file is stale.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Client } from 'pg'
import { endpoints } from '../src/api/endpoints.ts'
import { renderOpenApi } from '../src/api/openapi.ts'
import { renderPolicySchema } from '../src/pipeline/policies/json-schema.ts'
import { openPostgres } from '../src/storage/postgres/open.ts'
import { dumpPostgresSchema } from '../src/storage/postgres/schema.ts'
import { openSqlite } from '../src/storage/sqlite/open.ts'
import { dumpSchema } from '../src/storage/sqlite/schema.ts'
import { findTestPostgres } from './test-postgres.ts'

/** Null: what the file is made of is not at hand. */
type Render = () => Promise<string | null>

const root = join(import.meta.dirname, '..')
const files: Readonly<Record<string, Render>> = {
  'generated/schema.sqlite.sql': renderSqliteSchema,
  'generated/schema.postgres.sql': renderPostgresSchema,
  'generated/openapi.json': renderApi,
  'generated/policy.v1.schema.json': async () => renderPolicySchema(),
}
const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const salt = () => '0'.repeat(32)

const onlyCheck = process.argv.includes('--check')
for (const [name, render] of Object.entries(files)) {
  const path = join(root, name)
  const before = await readFile(path, 'utf8').catch(() => null)
  const now = await render()
  if (now === null) {
    console.log(`${name} was left as it is: no Postgres answers`)
    continue
  }
  if (before === now) continue
  if (onlyCheck) {
    console.error(`${name} is stale: run "npm run generate" and commit what it writes.`)
    process.exitCode = 1
    continue
  }
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, now)
  console.log(`wrote ${name}`)
}

async function renderSqliteSchema(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lucidream-schema-'))
  try {
    const path = join(folder, 'schema.db')
    const database = await openSqlite({ path, clock: () => 0, hash, salt })
    await database.close()
    return dumpSchema(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The version is left out: a release must not change the API's description. */
async function renderApi(): Promise<string> {
  return `${JSON.stringify(renderOpenApi(endpoints, '0'), null, 2)}\n`
}

async function renderPostgresSchema(): Promise<string | null> {
  const server = await findTestPostgres()
  if (server === null) return null
  const schema = `lucidream_generate_${process.pid}`
  const url = new URL(server)
  url.searchParams.set('options', `-c search_path=${schema}`)
  const client = new Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(`CREATE SCHEMA ${schema}`)
    const database = await openPostgres({ url: url.href, clock: () => 0, hash, salt })
    await database.close()
    return await dumpPostgresSchema(url.href)
  } finally {
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
    await client.end()
  }
}
