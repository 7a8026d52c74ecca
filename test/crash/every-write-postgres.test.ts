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
import type { Kill } from './_killing-database.ts'
import type { Place } from './_place.ts'
import { inDatabase } from './_postgres-copies.ts'
import { prepareScenario, type ScenarioName } from './_scenario.ts'

const server = findServer('kill -9 on Postgres')

/** A copy is a database made of the prepared one: with its sequences, and with the tables of pg-boss. */
const copiesOf = (folder: string, prepared: string): Copies => ({
  inCopy(name, use) {
    const data = join(folder, name)
    mkdirSync(data, { recursive: true })
    return inDatabase(server ?? '', (databaseUrl) => use({ data, databaseUrl }), prepared)
  },
  dump: ({ databaseUrl }) => dumpPostgres(databaseUrl ?? ''),
  // Only leases tell there who is alive.
  expireLeases: ({ databaseUrl }) =>
    runSql(databaseUrl ?? '', "UPDATE jobs SET lease_until = 0 WHERE state = 'running'"),
})

async function cut(name: ScenarioName) {
  const receiver = await startReceiver()
  const { received } = receiver
  const check = async (place: Place, kill: Kill) =>
    name === 'webhook' ? checkReceived(place, { kill, received }) : undefined
  try {
    return await inFolder((folder) =>
      inDatabase(server ?? '', async (databaseUrl, prepared) => {
        const given = { transcripts: writeFewTranscripts(folder, 12), hook: receiver.url }
        await prepareScenario(name, { data: folder, databaseUrl }, given)
        const copies = copiesOf(folder, prepared)
        return cutEverywhere({ ...copies, name, given, choice: 'in turn', check })
      }),
    )
  } finally {
    receiver.close()
  }
}

describe.skipIf(server === null)('kill -9 before, inside or after every write, on Postgres', () => {
  it.each([
    ['dream over the wire', 10],
    ['webhook', 5],
  ] as const)(
    'of %s: the same rows as without',
    async (name, least) => {
      const { cuts, different } = await cut(name)
      expect(different).toEqual([])
      expect(cuts).toBeGreaterThanOrEqual(least)
    },
    300_000,
  )
})
