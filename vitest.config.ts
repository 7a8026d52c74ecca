import { randomBytes } from 'node:crypto'
import { defineConfig } from 'vitest/config'
import { findTestPostgres } from './scripts/test-postgres.ts'

// Files share one module registry (14 times faster on two cores): no test may keep state in a module.
const shared = { isolate: false, testTimeout: 120_000, hookTimeout: 120_000 }

export default defineConfig(async () => {
  // Null where no Postgres answers; suites that need one then say that they are skipped.
  const postgresUrl = await findTestPostgres()
  if (postgresUrl === null) console.log('no Postgres answers: the wire is tested on SQLite only')
  const run = `lucidream_run_${randomBytes(8).toString('hex')}`
  const provide = { postgresUrl, run }
  const main = {
    test: {
      ...shared,
      provide,
      name: 'main',
      include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    },
  }
  const wireOnPostgres = {
    test: {
      ...shared,
      provide,
      name: 'postgres',
      include: ['test/wire/**/*.test.ts'],
      env: { LUCIDREAM_TEST_DATABASE: 'postgres' },
    },
  }
  const projects = postgresUrl === null ? [main] : [main, wireOnPostgres]
  const globalSetup = ['scripts/test-run.ts']
  // Two at once halve the time of a run on two cores; more wait for each other.
  return { test: { maxWorkers: 2, provide, projects, globalSetup } }
})
