import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findServer, runSql } from '../../src/storage/postgres/_server.ts'
import { inFolder } from '../_program.ts'
import {
  type Copies,
  checkReceived,
  cutEverywhere,
  startReceiver,
  writeFewTranscripts,
} from './_cutting.ts'
import { dumpPostgres } from './_dump.ts'
import type { Place } from './_place.ts'
import { prepareScenario, type ScenarioName } from './_scenario.ts'

const server = findServer('kill -9 on Postgres')

const nameDatabase = () => `lucidream_crash_${randomBytes(6).toString('hex')}`

function urlOf(name: string): string {
  const url = new URL(server ?? '')
  url.pathname = `/${name}`
  // Processes are killed here, the server is not, so nothing needs to wait for its disk.
  url.searchParams.set('options', '-c synchronous_commit=off')
  return url.href
}

const dropDatabase = (name: string) =>
  runSql(server ?? '', `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)

/** A copy is a database made of the prepared one: with its sequences, and with the tables of pg-boss. */
function copiesOf(data: string, prepared: string): Copies {
  return {
    async inCopy(name, use) {
      const copy = nameDatabase()
      const folder = join(data, name)
      mkdirSync(folder, { recursive: true })
      await runSql(server ?? '', `CREATE DATABASE ${copy} TEMPLATE ${prepared}`)
      try {
        return await use({ data: folder, databaseUrl: urlOf(copy) })
      } finally {
        await dropDatabase(copy)
      }
    },
    dump: ({ databaseUrl }) => dumpPostgres(databaseUrl ?? ''),
    // Only leases tell there who is alive.
    later: 120_000,
  }
}

async function cut(name: ScenarioName) {
  const receiver = await startReceiver()
  const prepared = nameDatabase()
  try {
    return await inFolder(async (folder) => {
      const given = { transcripts: writeFewTranscripts(folder, 12), hook: receiver.url }
      await runSql(server ?? '', `CREATE DATABASE ${prepared}`)
      await prepareScenario(name, { data: folder, databaseUrl: urlOf(prepared) }, given)
      const check: Parameters<typeof cutEverywhere>[0]['check'] = async (place: Place, kill) =>
        name === 'webhook' ? checkReceived(place, { kill, received: receiver.received }) : undefined
      const copies = copiesOf(folder, prepared)
      return cutEverywhere({ ...copies, name, given, choice: 'in turn', check })
    })
  } finally {
    receiver.close()
    await dropDatabase(prepared)
  }
}

describe.skipIf(server === null)('kill -9 before, inside or after every write, on Postgres', () => {
  it.each([
    ['dream over the wire', 10],
    ['dream into its input store', 10],
    ['webhook', 5],
  ] as const)(
    'of %s: the same rows as without',
    async (name, least) => {
      const { cuts } = await cut(name)
      expect(cuts).toBeGreaterThanOrEqual(least)
    },
    300_000,
  )
})
