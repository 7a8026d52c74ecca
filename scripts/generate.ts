// Writes generated/ from the code. With --check writes nothing and fails where a file is stale.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { endpoints } from '../src/api/endpoints.ts'
import { renderOpenApi } from '../src/api/openapi.ts'
import { openSqlite } from '../src/storage/sqlite/open.ts'
import { dumpSchema } from '../src/storage/sqlite/schema.ts'

const root = join(import.meta.dirname, '..')
const files: Readonly<Record<string, () => Promise<string>>> = {
  'generated/schema.sql': renderSchema,
  'generated/openapi.json': renderApi,
}

const onlyCheck = process.argv.includes('--check')
for (const [name, render] of Object.entries(files)) {
  const path = join(root, name)
  const before = await readFile(path, 'utf8').catch(() => null)
  const now = await render()
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

async function renderSchema(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lucidream-schema-'))
  try {
    const path = join(folder, 'schema.db')
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    const database = await openSqlite({ path, clock: () => 0, hash })
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
