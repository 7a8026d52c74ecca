import { randomBytes } from 'node:crypto'
import { runSql } from '../../src/storage/postgres/_server.ts'

/** A database of its own on the test server, empty or a copy of another; gone when `use` is done. */
export async function inDatabase<T>(
  server: string,
  use: (url: string, name: string) => Promise<T>,
  template?: string,
): Promise<T> {
  const name = `lucidream_crash_${randomBytes(6).toString('hex')}`
  await runSql(
    server,
    `CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${template}`}`,
  )
  try {
    const url = new URL(server)
    url.pathname = `/${name}`
    // Processes are killed in these suites, the server is not, so nothing needs to wait for its disk.
    url.searchParams.set('options', '-c synchronous_commit=off')
    return await use(url.href, name)
  } finally {
    await runSql(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  }
}
