import { afterEach, beforeEach, expect, test } from 'vitest'
import { breakDeferredRule, importer, note } from '../_rows.ts'
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

const breakCommit = () => database.write(importer, breakDeferredRule)

// SQLite notices a broken deferred foreign key only when the whole transaction commits.
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
