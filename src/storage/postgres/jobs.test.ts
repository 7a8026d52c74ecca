import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jobId, start, write } from '../_rows.ts'
import type { Database } from '../database.ts'
import type { Jobs } from '../jobs.ts'
import { schemaOf, subject } from './_place.ts'
import { createPlace, dropPlace, findServer, runSql } from './_server.ts'

const server = findServer('pg-boss') ?? ''

describe.skipIf(server === '')('jobs through pg-boss', () => {
  const time = { ms: start }
  let place: string
  let database: Database
  let jobs: Jobs

  beforeEach(async () => {
    time.ms = start
    place = await createPlace(server)
    database = await subject.open(place, { clock: () => time.ms })
    jobs = await subject.openJobs(place, { database, clock: () => time.ms })
  })

  afterEach(async () => {
    await jobs.close()
    await database.close()
    await dropPlace(server, place)
  })

  const enqueue = (name: string) =>
    database.scratch((scratch) =>
      jobs.enqueue(scratch, { id: jobId(name), kind: 'mine', payload: {}, availableAt: start }),
    )
  const claim = () => jobs.claim({ owner: 'w', leaseMs: 1_000 })
  const inBoss = (what: string) => runSql(place, what.replace('BOSS', `${schemaOf(place)}_boss`))
  const countStates = () =>
    inBoss('SELECT state::text, count(*)::int AS n FROM BOSS.job GROUP BY state ORDER BY state')

  test('a ticket waits, is active while its job runs, and is completed with it', async () => {
    await enqueue('a')
    expect(await countStates()).toEqual([{ state: 'created', n: 1 }])
    const job = await claim()
    expect(await countStates()).toEqual([{ state: 'active', n: 1 }])
    if (!job) throw new Error('The job was not handed out.')
    await write(database, (writer) => jobs.settle(writer, { ...job, state: 'done' }))
    expect(await countStates()).toEqual([{ state: 'completed', n: 1 }])
  })

  test('a settling that is undone leaves its ticket active', async () => {
    await enqueue('a')
    const job = await claim()
    const settling = write(database, async (writer) => {
      if (job) await jobs.settle(writer, { ...job, state: 'done' })
      throw new Error('stop')
    })
    await expect(settling).rejects.toThrow('stop')
    expect(await countStates()).toEqual([{ state: 'active', n: 1 }])
  })

  test.each([
    ['deleted', 'DELETE FROM BOSS.job'],
    ['cancelled', "UPDATE BOSS.job SET state = 'cancelled'"],
    ['taken and forgotten', "UPDATE BOSS.job SET state = 'active'"],
  ])('a job whose ticket was %s by hand is handed out anew after a minute', async (_, spoil) => {
    await enqueue('a')
    await inBoss(spoil)
    expect(await claim()).toBeNull()
    time.ms += 60_000
    expect(await claim()).toBeNull()
    expect(await claim()).toMatchObject({ id: jobId('a'), attempt: 1 })
  })

  test('a ticket that pg-boss repeats claims nothing', async () => {
    await enqueue('a')
    await claim()
    await inBoss("UPDATE BOSS.job SET state = 'retry'")
    expect(await claim()).toBeNull()
    time.ms += 1_000
    expect(await claim()).toMatchObject({ attempt: 2 })
    expect(await claim()).toBeNull()
  })
})
