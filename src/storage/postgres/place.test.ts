import { describe, expect, test } from 'vitest'
import { jobId, makeSignal, storeSession, write } from '../_rows.ts'
import { insertOutcomeSignals } from '../outcome-signals.ts'
import { schemaOf, subject } from './_place.ts'
import { createPlace, dropPlace, findServer, runSql } from './_server.ts'

const server = findServer('places of tests') ?? ''

describe.skipIf(server === '')('a place that a test was done with', () => {
  test('is for the next test as one that nobody has written to', async () => {
    const place = await createPlace(server)
    const before = await dump(place)
    await fill(place)
    const filled = await dump(place)
    expect(filled).not.toEqual(before)
    for (const part of ['audit_records', 'session_events', 'sequence transcripts_id_seq', 'job']) {
      expect(filled[part], part).not.toEqual(before[part])
    }
    await dropPlace(server, place)
    const others: string[] = []
    let again = await createPlace(server)
    // Suites that run beside this one may have put theirs on the list.
    for (; again !== place && others.length < 20; again = await createPlace(server))
      others.push(again)
    expect(again).toBe(place)
    expect(await dump(again)).toEqual(before)
    for (const one of [again, ...others]) await dropPlace(server, one)
  })
})

async function fill(place: string): Promise<void> {
  const clock = () => 1
  const database = await subject.open(place, { clock })
  const jobs = await subject.openJobs(place, { database, clock })
  await storeSession(database, 'a', { records: ['{"a":1}'] })
  await write(database, (writer) => insertOutcomeSignals(writer, [makeSignal('a')]))
  const job = { id: jobId('a'), kind: 'mine', payload: {}, availableAt: 0 }
  await database.scratch((scratch) => jobs.enqueue(scratch, job))
  await jobs.close()
  await database.close()
}

/** Every row of its schema and pg-boss's, and where its sequences stand. */
async function dump(place: string): Promise<Record<string, unknown>> {
  const schemas = `('${schemaOf(place)}', '${schemaOf(place)}_boss')`
  const tables = await runSql(
    place,
    `SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ${schemas} ORDER BY 1, 2`,
  )
  const read: Record<string, unknown> = {}
  for (const { schemaname, tablename } of tables) {
    const rows = await runSql(
      place,
      `SELECT to_jsonb(one) AS row FROM ${schemaname}.${tablename} one`,
    )
    read[String(tablename)] = rows.map(({ row }) => JSON.stringify(row)).toSorted()
  }
  const sequences = await runSql(
    place,
    `SELECT sequencename, last_value FROM pg_sequences WHERE schemaname IN ${schemas}`,
  )
  for (const { sequencename, last_value } of sequences) {
    read[`sequence ${sequencename}`] = last_value
  }
  return read
}
