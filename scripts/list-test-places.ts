import { Client } from 'pg'
import type { TestProject } from 'vitest/node'

/** Begins the list of the schemas that tests of this run use one after another; at its end they go with it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { postgresUrl: url, postgresRun: run } = project.getProvidedContext()
  if (url === null) return async () => {}
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
        ['', '_boss', '_seed', '_boss_seed'].map((end) => `${name}${end}`),
      )
      // One at a time: each takes a lock a table, of which a server has some thousands.
      for (const schema of [...made, run]) await client.query(`DROP SCHEMA ${schema} CASCADE`)
    })
}
