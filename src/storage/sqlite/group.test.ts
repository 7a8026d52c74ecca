import { afterEach, beforeEach, expect, test } from 'vitest'
import { importer, note } from '../_rows.ts'
import { listAuditRecords } from '../audit-records.ts'
import type { Database } from '../database.ts'
import { subject } from './_place.ts'

let place: string
let database: Database

beforeEach(async () => {
  place = await subject.createPlace()
  database = await subject.open(place, { clock: () => 0 })
})

afterEach(async () => {
  await database.close()
  await subject.removePlace(place)
})

/** Breaks a deferred foreign key, which SQLite notices only when the whole transaction commits. */
const breakCommit = () =>
  database.write(importer, async (writer) => {
    const store = {
      id: 'memstore_a' as never,
      name: '',
      description: '',
      metadata: '{}',
      created_at: '',
      updated_at: '',
      archived_at: null,
    }
    await writer.write.insertInto('memory_stores').values(store).execute()
    const memory = {
      id: 'mem_a' as never,
      store_id: store.id,
      path: 'a',
      version_id: 'memver_missing' as never,
      content_sha256: '',
      content_size_bytes: 0,
      created_at: '',
      updated_at: '',
      deleted_at: null,
    }
    await writer.write.insertInto('memories').values(memory).execute()
    await note(writer, 'broken')
  })

test('when the commit fails, everyone in it is refused and nothing is stored', async () => {
  const called: string[] = []
  const outcomes = await Promise.allSettled([
    database.write(importer, (writer) => note(writer, 'before')),
    breakCommit(),
    database.write(importer, async (writer) => {
      writer.onCommit(() => called.push('after'))
      await note(writer, 'after')
    }),
    database.write(importer, async () => {
      throw new Error('its reason may have been a row that was never stored')
    }),
  ])
  const codes = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)
  expect(codes).toEqual(['conflict', 'conflict', 'conflict', 'conflict'])
  expect(called).toEqual([])
  expect(await database.read((reader) => listAuditRecords(reader, { limit: 9 }))).toEqual([])
})

test('after a commit that failed, writing goes on', async () => {
  await expect(breakCommit()).rejects.toMatchObject({ code: 'conflict' })
  const record = await database.write(importer, (writer) => note(writer, 'next'))
  expect(record.seq).toBe(1)
})
