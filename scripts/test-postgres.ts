import { Client } from 'pg'

/**
 * The Postgres that tests and generated files may use: they make schemas of their own in it and drop them.
 * Null where none answers, which CI does not accept.
 */
export async function findTestPostgres(): Promise<string | null> {
  const given = process.env.LUCIDREAM_TEST_POSTGRES_URL
  const url = given ?? 'postgres://postgres@127.0.0.1:5432/test'
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  try {
    await client.connect()
    await client.query('SELECT 1')
    return url
  } catch (cause) {
    if (given === undefined && process.env.CI !== 'true') return null
    const message =
      'No Postgres answers for the tests: start one, or name it in LUCIDREAM_TEST_POSTGRES_URL.'
    throw new Error(message, { cause })
  } finally {
    await client.end().catch(() => {})
  }
}
