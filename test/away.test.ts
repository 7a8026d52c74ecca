import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { importPaths } from '../src/pipeline/import.ts'
import { createPlace, dropPlace, findServer } from '../src/storage/postgres/_server.ts'
import { countRows } from '../src/storage/row-counts.ts'
import { type ServerAt, startDream, startServerAt, waitForStatus } from './_away.ts'
import { inFolder } from './_program.ts'
import { Wire } from './_wire.ts'
import { writeFewTranscripts } from './crash/_cutting.ts'

const postgres = findServer('a Postgres that goes away')
const awayMs = 2_000

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const quiet = () => {}

function expectUnavailable({ status, headers, body }: Awaited<ReturnType<ServerAt['send']>>) {
  expect(status).toBe(503)
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(headers.get('x-should-retry')).toBe('true')
  expect(body).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } })
}

describe.skipIf(postgres === null)('a Postgres that goes away', () => {
  it('gives 503 meanwhile; a dream and every later request go on by themselves when it is back', async () => {
    const { hostname, port } = new URL(postgres ?? '')
    const wire = new Wire(hostname, Number(port))
    await wire.mend()
    const place = await createPlace(postgres ?? '')
    const url = new URL(place)
    url.hostname = '127.0.0.1'
    url.port = String(wire.port)
    await inFolder(async (folder) => {
      const server = await startServerAt(url.href, folder)
      try {
        const few = writeFewTranscripts(folder, 12)
        await importPaths(server.context, [few], quiet)
        expect((await server.send('GET', '/readyz')).status).toBe(200)
        const id = await startDream(server)
        await wire.cut()
        expectUnavailable(await server.send('POST', '/v1/memory_stores', { name: 'away' }))
        expectUnavailable(await server.send('GET', '/v1/memory_stores'))
        expect((await server.send('GET', '/readyz')).status).toBe(503)
        expect((await server.send('GET', '/livez')).status).toBe(200)
        await pause(awayMs)
        await wire.mend()
        const made = await server.send('POST', '/v1/memory_stores', { name: 'back' })
        expect(made.status).toBe(200)
        expect((await server.send('GET', '/readyz')).status).toBe(200)
        expect(await waitForStatus(server, id)).toBe('completed')
        const { body } = await server.send('GET', '/v1/memory_stores')
        const names = body.data.map(({ name }: { readonly name: string }) => name)
        expect(names).toContain('back')
        expect(names).not.toContain('away')
      } finally {
        await wire.mend().catch(quiet)
        await server.stop()
        await wire.cut()
        await dropPlace(postgres ?? '', place)
      }
    })
  }, 120_000)
})

describe('a disk that is full', () => {
  it('gives 503 for writes that need room and changes nothing; reads go on; all goes on when there is room', async () => {
    await inFolder(async (folder) => {
      const server = await startServerAt(null, folder)
      const { database } = server.context
      // The database may not grow any more: the same error as that of a disk without room.
      const limit = (pages: number) =>
        database.scratch((scratch) =>
          sql.raw(`PRAGMA max_page_count = ${pages}`).execute(scratch.scratch),
        )
      const count = async () => JSON.stringify(await database.read((reader) => countRows(reader)))
      try {
        await importPaths(server.context, [writeFewTranscripts(folder, 12)], quiet)
        const store = await server.send('POST', '/v1/memory_stores', { name: 'rules' })
        const path = `/v1/memory_stores/${store.body.id}/memories`
        const content = 'x'.repeat(90_000)
        // A dream would write beside: it comes later.
        await limit(1)
        const before = await count()
        expectUnavailable(await server.send('POST', path, { path: '/large.md', content }))
        expect(await count()).toBe(before)
        expect((await server.send('GET', path)).body.data).toEqual([])
        expect((await server.send('GET', '/readyz')).status).toBe(200)
        const id = await startDream(server).catch(() => null)
        await pause(awayMs)
        await limit(1_000_000)
        expect((await server.send('POST', path, { path: '/large.md', content })).status).toBe(200)
        const dreamt = id ?? (await startDream(server))
        expect(await waitForStatus(server, dreamt)).toBe('completed')
      } finally {
        await server.stop()
      }
    })
  }, 60_000)
})
