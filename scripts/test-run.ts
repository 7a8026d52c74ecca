import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'

/**
 * What files of one run share: a folder, and on Postgres the list of the schemas that tests use one after another.
 * At its end both are gone, with those schemas.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { postgresUrl, run } = project.getProvidedContext()
  const folder = join(tmpdir(), run)
  await mkdir(folder)
  const removePlaces = postgresUrl === null ? null : await listPlaces(postgresUrl, run)
  return async () => {
    await removePlaces?.()
    await rm(folder, { recursive: true, force: true })
  }
}

async function listPlaces(url: string, run: string): Promise<() => Promise<void>> {
  const inDatabase = async (work: (client: Client) => Promise<void>) => {
    const client = new Client({ connectionString: url })
    await client.connect()
    await work(client).finally(() => client.end())
  }
  await inDatabase(async (client) => {
    await client.query(`CREATE SCHEMA ${run}`)
    await client.query(`CREATE TABLE ${run}.places (name text PRIMARY KEY, free boolean NOT NULL)`)
  })
  return () =>
    inDatabase(async (client) => {
      const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${run}.places`)
      const made = rows.flatMap(({ name }) =>
        ['', '_boss', '_seed', '_seed_boss'].map((end) => `${name}${end}`),
      )
      // One at a time: each takes a lock a table, of which a server has some thousands.
      for (const schema of [...made, run]) await client.query(`DROP SCHEMA ${schema} CASCADE`)
    })
}
