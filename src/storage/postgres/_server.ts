import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'
import { schemaOf } from './_place.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Null where no Postgres answers. */
    readonly postgresUrl: string | null
  }
}

/** Where suites may make schemas; null, said once, where no server answers. */
export function findServer(suite: string): string | null {
  const url = inject('postgresUrl')
  if (url === null) console.log(`no Postgres answers: ${suite} is skipped`)
  return url
}

export async function createSchema(server: string): Promise<string> {
  const name = `lucidream_test_${randomBytes(8).toString('hex')}`
  await runSql(server, `CREATE SCHEMA ${name}`)
  const place = new URL(server)
  // Processes are killed in these suites, the server is not, so nothing needs to wait for its disk.
  place.searchParams.set('options', `-c search_path=${name} -c synchronous_commit=off`)
  return place.href
}

export async function dropSchema(server: string, place: string): Promise<void> {
  const name = schemaOf(place)
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
