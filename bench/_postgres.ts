import { Client } from 'pg'
import { findTestPostgres } from '../scripts/test-postgres.ts'

/** A schema of the test server for as long as `use` runs; null, and nothing happens, where no server answers. */
export async function inSchema<T>(
  use: (url: string, schema: string) => Promise<T>,
): Promise<T | null> {
  const server = await findTestPostgres()
  if (server === null) return null
  const schema = `lucidream_bench_${process.pid}`
  const url = new URL(server)
  url.searchParams.set('options', `-c search_path=${schema}`)
  const client = new Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(`CREATE SCHEMA ${schema}`)
    return await use(url.href, schema)
  } finally {
    await client.query(`DROP SCHEMA IF EXISTS ${schema}, ${schema}_boss CASCADE`)
    await client.end()
  }
}
