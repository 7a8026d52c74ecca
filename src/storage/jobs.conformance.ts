import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeSomething, importer, jobId, note, start, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import type { Database } from './database.ts'
import {
  type Attempt,
  type Claim,
  claimJob,
  enqueueJob,
  getJob,
  heartbeatJob,
  type Job,
  listJobs,
  retryJob,
  settleJob,
} from './jobs.ts'
import { listMemoryStores } from './memory-stores.ts'

const leaseMs = 1_000

export function describeJobs(fresh: Fresh): void {
  describe('jobs', () => {
    describeClaims(fresh)
    describeFencing(fresh)
    describeModel(fresh)
  })
}

function describeClaims(fresh: Fresh): void {
  test('a claim takes the oldest due job and says how often it was claimed', async () => {
    const database = fresh.database()
    await enqueue(database, 'later', { availableAt: start + 5 })
    await enqueue(database, 'second', { availableAt: start - 1 })
    await enqueue(database, 'first', { availableAt: start - 2 })
    const job = await claim(database)
    expect(job).toMatchObject({
      id: jobId('first'),
      kind: 'digest',
      payload: { name: 'first' },
      state: 'running',
      attempt: 1,
      owner: 'w',
      leaseUntil: start + leaseMs,
    })
    expect((await claim(database))?.id).toBe(jobId('second'))
    expect(await claim(database)).toBeNull()
    expect((await claim(database, { now: start + 5 }))?.id).toBe(jobId('later'))
  })

  test('a claim for some kinds leaves the others', async () => {
    const database = fresh.database()
    await enqueue(database, 'a', { kind: 'mine' })
    expect(await claim(database, { kinds: ['digest'] })).toBeNull()
    expect(await claim(database, { kinds: [] })).toBeNull()
    expect((await claim(database, { kinds: ['digest', 'mine'] }))?.id).toBe(jobId('a'))
  })

  test('a job whose lease ran out is claimed again, as the next attempt', async () => {
    const database = fresh.database()
    await enqueue(database, 'a')
    await claim(database)
    expect(await claim(database, { now: start + leaseMs - 1 })).toBeNull()
    expect(await claim(database, { now: start + leaseMs, owner: 'v' })).toMatchObject({
      attempt: 2,
      owner: 'v',
    })
  })

  test('a job whose owner is known dead is claimed again at once', async () => {
    const database = fresh.database()
    await enqueue(database, 'a')
    await claim(database, { owner: 'dead' })
    expect(await claim(database, { isAlive: () => true })).toBeNull()
    const again = await claim(database, { isAlive: (owner) => owner !== 'dead' })
    expect(again?.attempt).toBe(2)
  })

  test('a heartbeat keeps the lease; a settled or retaken job has none', async () => {
    const database = fresh.database()
    await enqueue(database, 'a')
    const first = await take(database)
    expect(await beat(database, first, start + 5_000)).toBe(true)
    expect(await claim(database, { now: start + 4_999 })).toBeNull()
    const second = await take(database, { now: start + 5_000 })
    expect(await beat(database, first, start + 9_000)).toBe(false)
    await settle(database, second)
    expect(await beat(database, second, start + 9_000)).toBe(false)
  })

  test('a job given back waits until it is due and keeps the reason', async () => {
    const database = fresh.database()
    await enqueue(database, 'a')
    const { id, attempt } = await take(database)
    await database.scratch((scratch) =>
      retryJob(scratch, { id, attempt, availableAt: start + 50, error: 'timeout' }),
    )
    expect(await claim(database, { now: start + 49 })).toBeNull()
    const again = await claim(database, { now: start + 50 })
    expect(again).toMatchObject({ attempt: 2, error: 'timeout' })
  })

  test('jobs are listed by state, oldest first', async () => {
    const database = fresh.database()
    for (const name of ['a', 'b', 'c']) {
      await enqueue(database, name, { availableAt: fresh.time.ms })
      fresh.time.ms += 1
    }
    await settle(database, await take(database))
    const list = (states?: Job['state'][]) =>
      database.read(async (reader) =>
        (await listJobs(reader, { limit: 9, ...(states ? { states } : {}) })).map(({ id }) => id),
      )
    expect(await list(['queued'])).toEqual([jobId('b'), jobId('c')])
    expect(await list(['done', 'failed'])).toEqual([jobId('a')])
    expect(await list()).toHaveLength(3)
    const missing = database.read((reader) => getJob(reader, jobId('no')))
    await expect(missing).rejects.toMatchObject({ code: 'not_found' })
  })

  test('two workers that claim at once never get the same job', async () => {
    const database = fresh.database()
    const other = await fresh.subject.open(fresh.place(), { clock: () => start })
    for (let index = 0; index < 20; index += 1) await enqueue(database, String(index))
    const claims = Array.from({ length: 20 }, (_, index) =>
      claim(index % 2 === 0 ? database : other),
    )
    const ids = (await Promise.all(claims)).map((job) => job?.id)
    expect(new Set(ids).size).toBe(20)
    await other.close()
  })
}

function describeFencing(fresh: Fresh): void {
  test('a late worker writes nothing: its rows are undone with its settling', async () => {
    const database = fresh.database()
    await enqueue(database, 'a')
    const late = await take(database)
    const newer = await take(database, { now: start + 2 * leaseMs })
    const writing = database.write(importer, async (writer) => {
      await changeSomething(writer, 'late')
      await note(writer, 'late')
      await settleJob(writer, { ...late, state: 'done' })
    })
    await expect(writing).rejects.toMatchObject({ code: 'lease_lost' })
    const stores = await database.read((reader) => listMemoryStores(reader, { limit: 9 }))
    expect(stores).toEqual([])
    await settle(database, newer)
    expect(await database.read((reader) => getJob(reader, newer.id))).toMatchObject({
      state: 'done',
      attempt: 2,
    })
  })

  test('a job is settled once, and a settled job is never given back', async () => {
    const database = fresh.database()
    await enqueue(database, 'a')
    const job = await take(database)
    await settle(database, job)
    await expect(settle(database, job)).rejects.toMatchObject({ code: 'lease_lost' })
    const back = database.scratch((scratch) =>
      retryJob(scratch, { ...job, availableAt: start, error: null }),
    )
    await expect(back).rejects.toMatchObject({ code: 'lease_lost' })
    expect(await claim(database, { now: start + 1e9 })).toBeNull()
  })
}

/** The whole life of one job against a model of it: only the newest attempt of a running job may act. */
function describeModel(fresh: Fresh): void {
  const act = fc.oneof(
    fc.record({ act: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 1_500 }) }),
    fc.record({
      act: fc.constantFrom('claim' as const, 'beat' as const, 'retry' as const, 'settle' as const),
      attempt: fc.integer({ min: 1, max: 4 }),
    }),
  )

  test('whatever workers try, only the newest attempt of a running job acts on it', async () => {
    const database = fresh.database()
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
        const kind = `kind ${round++}`
        await enqueue(database, kind, { kind })
        const model = { state: 'queued', attempt: 0, leaseUntil: 0, now: start }
        for (const step of acts) {
          if (step.act === 'wait') model.now += step.ms
          else if (step.act === 'claim') {
            const free =
              model.state === 'queued' ||
              (model.state === 'running' && model.leaseUntil <= model.now)
            const job = await claim(database, { now: model.now, kinds: [kind] })
            expect(job?.attempt ?? null).toBe(free ? model.attempt + 1 : null)
            if (!job) continue
            model.state = 'running'
            model.attempt += 1
            model.leaseUntil = model.now + leaseMs
          } else {
            const holds = model.state === 'running' && step.attempt === model.attempt
            const done = await perform(database, step.act, {
              id: jobId(kind),
              attempt: step.attempt,
              now: model.now,
            })
            expect(done).toBe(holds)
            if (!done) continue
            if (step.act === 'beat') model.leaseUntil = model.now + leaseMs
            if (step.act === 'retry') model.state = 'queued'
            if (step.act === 'settle') model.state = 'done'
          }
        }
      }),
      { numRuns: 40 },
    )
  })
}

async function perform(
  database: Database,
  act: 'beat' | 'retry' | 'settle',
  { now, ...attempt }: Attempt & { readonly now: number },
): Promise<boolean> {
  if (act === 'beat') return beat(database, attempt, now + leaseMs)
  const acting =
    act === 'settle'
      ? settle(database, attempt)
      : database.scratch((scratch) =>
          retryJob(scratch, { ...attempt, availableAt: now, error: null }),
        )
  return acting.then(
    () => true,
    (error: unknown) => {
      expect(error).toMatchObject({ code: 'lease_lost' })
      return false
    },
  )
}

const enqueue = (
  database: Database,
  name: string,
  given: { readonly kind?: string; readonly availableAt?: number } = {},
) =>
  database.scratch((scratch) =>
    enqueueJob(scratch, {
      id: jobId(name),
      kind: given.kind ?? 'digest',
      payload: { name },
      availableAt: given.availableAt ?? start,
    }),
  )

const claim = (database: Database, given: Partial<Claim> = {}) =>
  database.scratch((scratch) => claimJob(scratch, { owner: 'w', now: start, leaseMs, ...given }))

async function take(database: Database, given: Partial<Claim> = {}): Promise<Attempt> {
  const job = await claim(database, { now: start + 100, ...given })
  if (!job) throw new Error('There was no job to claim.')
  return { id: job.id, attempt: job.attempt }
}

const beat = (database: Database, attempt: Attempt, leaseUntil: number) =>
  database.scratch((scratch) => heartbeatJob(scratch, { ...attempt, leaseUntil }))

const settle = (database: Database, attempt: Attempt) =>
  write(database, (writer) => settleJob(writer, { ...attempt, state: 'done' }))
