import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { migrateDatabase, openContext, openEmbedded } from '../src/app.ts'
import type { Context } from '../src/pipeline/context.ts'
import { dream } from '../src/pipeline/dream.ts'
import { importPaths } from '../src/pipeline/import.ts'
import { openDefaultStore } from '../src/pipeline/memory-store.ts'
import { listAuditRecords } from '../src/storage/audit-records.ts'
import { listChanges } from '../src/storage/changes.ts'
import { listFindings } from '../src/storage/findings.ts'
import { migrations } from '../src/storage/migrations/index.ts'
import { createEmptyPlace, dropPlace, findServer } from '../src/storage/postgres/_server.ts'
import { airlineTranscripts } from './_airline.ts'
import { inFolder } from './_program.ts'

const server = findServer('a whole dream on Postgres') ?? ''
const user = { type: 'user', id: 'u' } as const
const secrets = { maskKey: 'the key that tests use', secretKey: null, bootstrapKey: null }
const surroundings = {
  log: pino({ level: 'silent' }),
  clock: () => 0,
  signal: new AbortController().signal,
}

/** Imports the bundled transcripts, dreams over them, and says everything that was stored about it. */
async function dreamOver(context: Context) {
  const quiet = () => {}
  await importPaths(context, [airlineTranscripts], quiet)
  const storeId = await openDefaultStore(context, user)
  const { report } = await dream(context, { storeId, filter: {}, actor: user }, quiet)
  return context.database.read(async (reader) => ({
    report,
    findings: await listFindings(reader, report.dreamId),
    changes: await listChanges(reader, report.dreamId),
    // Salts are random, and what is made of them differs with them.
    audit: (await listAuditRecords(reader, { limit: 10_000 })).map(
      ({ salt: _, commitments: __, leaf: ___, ...record }) => record,
    ),
  }))
}

describe('migrating', () => {
  it('is one call, which repeated changes nothing', async () => {
    await inFolder(async (dataDirectory) => {
      const place = server === '' ? null : await createEmptyPlace(server)
      for (const databaseUrl of place === null ? [null] : [null, place]) {
        const options = { databaseUrl, dataDirectory, clock: () => 0 }
        const after = migrations.length
        expect(await migrateDatabase(options)).toEqual({ before: 0, after })
        expect(await migrateDatabase(options)).toEqual({ before: after, after })
      }
      if (place !== null) await dropPlace(server, place)
    })
  })
})

describe.skipIf(server === '')('on Postgres', () => {
  it('the same transcripts give the same findings, changes and audit log as on SQLite', async () => {
    const expected = await inFolder(async (folder) => {
      const dataDirectory = join(folder, 'data')
      const opened = await openEmbedded({
        ...surroundings,
        dataDirectory,
        secrets,
      })
      const stored = await dreamOver(opened.context)
      await opened.close()
      return stored
    })
    const place = await createEmptyPlace(server)
    const stored = await inFolder(async (dataDirectory) => {
      const opened = await openContext({
        ...surroundings,
        dataDirectory,
        secrets: { ...secrets, databaseUrl: place },
      })
      const found = await dreamOver(opened.context)
      await opened.close()
      return found
    })
    await dropPlace(server, place)
    expect(stored.findings.length).toBeGreaterThan(10)
    expect(stored).toEqual(expected)
  }, 120_000)
})
