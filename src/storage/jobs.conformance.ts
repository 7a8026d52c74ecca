import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeSomething, importer, jobId, note, start, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import { workOff } from './_work.ts'
import { listAuditRecords } from './audit-records.ts'
import type { Attempt, Claim, Job, NewJob } from './jobs.ts'
import { listMemoryStores } from './memory-stores.ts'

const leaseMs = 1_000

export function describeJobs(fresh: Fresh): void {
  describe('jobs', () => {
    describeEnqueue(fresh)
    describeClaims(fresh)
    describeFencing(fresh)
    describeModel(fresh)
    describeWaiting(fresh)
    describeWorkers(fresh)
  })
}

function describeEnqueue(fresh: Fresh): void {
  test('a job is invisible until its transaction commits, and gone when it is undone', async () => {
    const jobs = await fresh.jobs()
    const undone = fresh.database().scratch(async (scratch) => {
      await jobs.enqueue(scratch, newJob('undone'))
      throw new Error('stop')
    })
    await expect(undone).rejects.toThrow('stop')
    await fresh.database().scratch(async (scratch) => {
      await jobs.enqueue(scratch, newJob('a'))
      expect(await fresh.database().read((reader) => jobs.list(reader, { limit: 9 }))).toEqual([])
    })
    expect((await claim(fresh))?.id).toBe(jobId('a'))
    expect(await claim(fresh)).toBeNull()
  })

  test('the same id twice is one job, for good', async () => {
    await enqueue(fresh, 'a')
    await enqueue(fresh, 'a', { kind: 'other', availableAt: start - 50 })
    const job = await take(fresh)
    await enqueue(fresh, 'a')
    expect(await claim(fresh)).toBeNull()
    await settle(fresh, job)
    await enqueue(fresh, 'a')
    expect(await claim(fresh)).toBeNull()
    const jobs = await fresh.jobs()
    const stored = await fresh.database().read((reader) => jobs.get(reader, jobId('a')))
    expect(stored).toMatchObject({ kind: 'digest', state: 'done', availableAt: start })
  })

  test('work that is asked for once more is one job until it is claimed, and another one from then on', async () => {
    const once = (name: string, given: Partial<NewJob> = {}) =>
      fresh.database().scratch(async (scratch) =>
        (await fresh.jobs()).enqueueOnce(scratch, {
          ...newJob(name),
          payload: { of: 'x' },
          ...given,
        }),
      )
    await once('a')
    await once('b')
    await once('other payload', { payload: { of: 'y' } })
    await once('other kind', { kind: 'mine' })
    const first = await take(fresh, { kinds: ['digest'] })
    expect(first.id).toBe(jobId('a'))
    await once('c')
    await once('d')
    await settle(fresh, first)
    const jobs = await fresh.jobs()
    const waiting = await fresh
      .database()
      .read((reader) => jobs.list(reader, { states: ['queued'], limit: 9 }))
    expect(waiting.map(({ id }) => id).toSorted()).toEqual(
      ['other payload', 'other kind', 'c'].map((name) => jobId(name)).toSorted(),
    )
  })

  test('a job that waits is not claimed before the one who asked for it once more is done', async () => {
    await enqueue(fresh, 'a')
    const jobs = await fresh.jobs()
    const [held, isHeld] = makeGate()
    const [go, mayGo] = makeGate()
    let isStored = false
    const asking = fresh.database().scratch(async (scratch) => {
      await jobs.enqueueOnce(scratch, { ...newJob('b'), payload: { name: 'a' } })
      isHeld()
      await go
      isStored = true
    })
    await held
    const claimed = claim(fresh).then((found) => {
      if (found) expect(isStored).toBe(true)
      return found
    })
    setTimeout(mayGo, 100)
    await asking
    const job = (await claimed) ?? (await claim(fresh))
    expect(job?.id).toBe(jobId('a'))
    expect(await claim(fresh)).toBeNull()
  })
}

function describeClaims(fresh: Fresh): void {
  test('a claim takes the oldest due job and says how often it was claimed', async () => {
    await enqueue(fresh, 'later', { availableAt: start + 500 })
    await enqueue(fresh, 'second', { availableAt: start - 1_000 })
    await enqueue(fresh, 'first', { availableAt: start - 2_000 })
    const job = await claim(fresh)
    expect(job).toMatchObject({
      id: jobId('first'),
      kind: 'digest',
      payload: { name: 'first' },
      state: 'running',
      attempt: 1,
      owner: 'w',
      leaseUntil: start + leaseMs,
    })
    expect((await claim(fresh))?.id).toBe(jobId('second'))
    expect(await claim(fresh)).toBeNull()
    expect((await claim(fresh, { at: start + 500 }))?.id).toBe(jobId('later'))
  })

  test('a claim for some kinds leaves the others', async () => {
    await enqueue(fresh, 'a', { kind: 'mine' })
    expect(await claim(fresh, { kinds: ['digest'] })).toBeNull()
    expect(await claim(fresh, { kinds: [] })).toBeNull()
    expect((await claim(fresh, { kinds: ['digest', 'mine'] }))?.id).toBe(jobId('a'))
  })

  test('a job whose lease ran out is claimed again, as the next attempt', async () => {
    await enqueue(fresh, 'a')
    await claim(fresh)
    expect(await claim(fresh, { at: start + leaseMs - 1 })).toBeNull()
    expect(await claim(fresh, { at: start + leaseMs, owner: 'v' })).toMatchObject({
      attempt: 2,
      owner: 'v',
    })
  })

  test('a job whose owner is known dead is claimed again at once', async () => {
    await enqueue(fresh, 'a')
    await claim(fresh, { owner: 'dead' })
    expect(await claim(fresh)).toBeNull()
    const knowing = await fresh.subject.openJobs(fresh.place(), {
      database: fresh.database(),
      clock: () => fresh.time.ms,
      isAlive: (owner) => owner !== 'dead',
    })
    expect(await knowing.claim({ owner: 'w', leaseMs })).toMatchObject({ attempt: 2, owner: 'w' })
    expect(await knowing.claim({ owner: 'w', leaseMs })).toBeNull()
    await knowing.close()
  })

  test('a heartbeat keeps the lease; a settled or retaken job has none', async () => {
    await enqueue(fresh, 'a')
    const first = await take(fresh)
    expect(await beat(fresh, first, start + 4_000)).toBe(true)
    expect(await claim(fresh, { at: start + 4_999 })).toBeNull()
    const second = await take(fresh, { at: start + 5_000 })
    expect(await beat(fresh, first)).toBe(false)
    await settle(fresh, second)
    expect(await beat(fresh, second)).toBe(false)
  })

  test('rows written while the job is held are undone when it was claimed anew', async () => {
    await enqueue(fresh, 'a')
    const first = await take(fresh)
    const jobs = await fresh.jobs()
    const second = await take(fresh, { at: start + 5_000 })
    const write = (held: typeof first, id: ReturnType<typeof jobId>) =>
      fresh.database().scratch(async (scratch) => {
        await jobs.enqueue(scratch, { id, kind: 'work', payload: {}, availableAt: start })
        await jobs.hold(scratch, { ...held, leaseMs })
      })
    await expect(write(first, jobId('late'))).rejects.toMatchObject({ code: 'lease_lost' })
    await write(second, jobId('early'))
    const listed = await fresh.database().read((reader) => jobs.list(reader, { limit: 10 }))
    expect(listed.map(({ id }) => id)).not.toContain(jobId('late'))
    expect(listed.map(({ id }) => id)).toContain(jobId('early'))
  })

  test('a job given back waits until it is due and keeps the reason', async () => {
    await enqueue(fresh, 'a')
    const { id, attempt } = await take(fresh)
    const jobs = await fresh.jobs()
    await jobs.retry({ id, attempt, availableAt: start + 50, error: 'timeout' })
    expect(await claim(fresh, { at: start + 49 })).toBeNull()
    expect(await claim(fresh, { at: start + 50 })).toMatchObject({ attempt: 2, error: 'timeout' })
  })

  test('jobs are listed by state, oldest first', async () => {
    for (const name of ['a', 'b', 'c']) {
      await enqueue(fresh, name, { availableAt: fresh.time.ms })
      fresh.time.ms += 1
    }
    await settle(fresh, await take(fresh))
    const jobs = await fresh.jobs()
    const list = (states?: Job['state'][]) =>
      fresh
        .database()
        .read(async (reader) =>
          (await jobs.list(reader, { limit: 9, ...(states ? { states } : {}) })).map(
            ({ id }) => id,
          ),
        )
    expect(await list(['queued'])).toEqual([jobId('b'), jobId('c')])
    expect(await list(['done', 'failed'])).toEqual([jobId('a')])
    expect(await list()).toHaveLength(3)
    const missing = fresh.database().read((reader) => jobs.get(reader, jobId('no')))
    await expect(missing).rejects.toMatchObject({ code: 'not_found' })
  })

  test('two workers that claim at once never get the same job', async () => {
    const database = await fresh.subject.open(fresh.place(), { clock: () => start })
    const other = await fresh.subject.openJobs(fresh.place(), { database, clock: () => start })
    for (let index = 0; index < 20; index += 1) await enqueue(fresh, String(index))
    const jobs = await fresh.jobs()
    const claims = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? jobs : other).claim({ owner: 'w', leaseMs }),
    )
    const ids = (await Promise.all(claims)).map((job) => job?.id)
    expect(new Set(ids).size).toBe(20)
    await other.close()
    await database.close()
  })
}

function describeFencing(fresh: Fresh): void {
  test('a late worker writes nothing: its rows are undone with its settling', async () => {
    const database = fresh.database()
    const jobs = await fresh.jobs()
    await enqueue(fresh, 'a')
    const late = await take(fresh)
    const newer = await take(fresh, { at: start + 2 * leaseMs })
    const writing = database.write(importer, async (writer) => {
      await changeSomething(writer, 'late')
      await note(writer, 'late')
      await jobs.settle(writer, { ...late, state: 'done' })
    })
    await expect(writing).rejects.toMatchObject({ code: 'lease_lost' })
    const stores = await database.read((reader) => listMemoryStores(reader, { limit: 9 }))
    expect(stores).toEqual([])
    await settle(fresh, newer)
    expect(await database.read((reader) => jobs.get(reader, newer.id))).toMatchObject({
      state: 'done',
      attempt: 2,
    })
  })

  test('a job is settled once, and a settled job is never given back', async () => {
    const jobs = await fresh.jobs()
    await enqueue(fresh, 'a')
    const job = await take(fresh)
    await settle(fresh, job)
    await expect(settle(fresh, job)).rejects.toMatchObject({ code: 'lease_lost' })
    const back = jobs.retry({ ...job, availableAt: start, error: null })
    await expect(back).rejects.toMatchObject({ code: 'lease_lost' })
    expect(await claim(fresh, { at: start + 1e9 })).toBeNull()
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
    let round = 0
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
        const kind = `kind ${round++}`
        fresh.time.ms = start
        await enqueue(fresh, kind, { kind })
        const model = { state: 'queued', attempt: 0, leaseUntil: 0 }
        for (const step of acts) {
          const now = fresh.time.ms
          if (step.act === 'wait') fresh.time.ms += step.ms
          else if (step.act === 'claim') {
            const free =
              model.state === 'queued' || (model.state === 'running' && model.leaseUntil <= now)
            const job = await claim(fresh, { kinds: [kind] })
            expect(job?.attempt ?? null).toBe(free ? model.attempt + 1 : null)
            if (!job) continue
            model.state = 'running'
            model.attempt += 1
            model.leaseUntil = now + leaseMs
          } else {
            const holds = model.state === 'running' && step.attempt === model.attempt
            const done = await perform(fresh, step.act, {
              id: jobId(kind),
              attempt: step.attempt,
            })
            expect(done).toBe(holds)
            if (!done) continue
            if (step.act === 'beat') model.leaseUntil = now + leaseMs
            if (step.act === 'retry') model.state = 'queued'
            if (step.act === 'settle') model.state = 'done'
          }
        }
      }),
      { numRuns: 40 },
    )
  })
}

function describeWaiting(fresh: Fresh): void {
  const never = new AbortController().signal
  const long = 3_600_000

  test('a wait ends when this process enqueues or gives back a job, and not when that is undone', async () => {
    const jobs = await fresh.jobs()
    await claim(fresh)
    let awake = false
    const waiting = jobs.waitForWork(long, never).then(() => {
      awake = true
    })
    const undone = fresh.database().scratch(async (scratch) => {
      await jobs.enqueue(scratch, newJob('undone'))
      throw new Error('stop')
    })
    await expect(undone).rejects.toThrow('stop')
    expect(awake).toBe(false)
    await enqueue(fresh, 'a')
    await waiting
    const job = await take(fresh)
    const again = jobs.waitForWork(long, never)
    await jobs.retry({ ...job, availableAt: start, error: null })
    await again
    expect(await claim(fresh)).toMatchObject({ id: job.id, attempt: 2 })
  })

  test('a job enqueued between looking and waiting ends the wait at once', async () => {
    const jobs = await fresh.jobs()
    expect(await claim(fresh)).toBeNull()
    await enqueue(fresh, 'a')
    await jobs.waitForWork(long, never)
    expect((await claim(fresh))?.id).toBe(jobId('a'))
  })

  test('a wait ends after its time, when it is aborted, and when the jobs are closed', async () => {
    const jobs = await fresh.jobs()
    await claim(fresh)
    await jobs.waitForWork(1, never)
    const stop = new AbortController()
    const aborted = jobs.waitForWork(long, stop.signal)
    stop.abort()
    await aborted
    const closed = jobs.waitForWork(long, never)
    await jobs.close()
    await closed
    await jobs.waitForWork(long, never)
    expect(await fresh.database().read((reader) => jobs.list(reader, { limit: 9 }))).toEqual([])
  })
}

/** Real workers against the real clock: what each did is in the audit log, once a job. */
function describeWorkers(fresh: Fresh): void {
  const clock = Date.now
  const open = async () => {
    const database = await fresh.subject.open(fresh.place(), { clock })
    const jobs = await fresh.subject.openJobs(fresh.place(), { database, clock })
    const close = async () => {
      await jobs.close()
      await database.close()
    }
    return { database, jobs, close }
  }
  const enqueueMany = async (count: number) => {
    const jobs = await fresh.jobs()
    const ids = Array.from({ length: count }, (_, index) => jobId(`many ${index}`))
    await fresh.database().scratch(async (scratch) => {
      for (const id of ids) {
        await jobs.enqueue(scratch, { id, kind: 'digest', payload: {}, availableAt: start })
      }
    })
    return ids
  }
  const expectEachOnce = async (ids: readonly string[]) => {
    const records = await fresh
      .database()
      .read((reader) => listAuditRecords(reader, { limit: 10_000 }))
    expect(records.map(({ objectId }) => objectId).toSorted()).toEqual(ids.toSorted())
    const jobs = await fresh.jobs()
    const left = await fresh
      .database()
      .read((reader) => jobs.list(reader, { states: ['queued', 'running', 'failed'], limit: 9 }))
    expect(left).toEqual([])
  }

  test('1 000 jobs by four workers on two connections are each done once', async () => {
    const ids = await enqueueMany(1_000)
    const sides = [await open(), await open()]
    const workers = sides.flatMap((side) => [workOff(side, 60_000), workOff(side, 60_000)])
    const done = (await Promise.all(workers)).flat()
    expect(done.toSorted()).toEqual(ids.toSorted())
    await expectEachOnce(ids)
    for (const side of sides) await side.close()
  }, 120_000)

  test('workers that are killed lose no job and do none twice', async () => {
    const ids = await enqueueMany(120)
    let told = 0
    for (const [round, kill] of [3, 11, 1, 17].entries()) {
      const child = startWorker(fresh)
      for await (const line of createInterface({ input: child.stdout })) {
        expect(ids).toContain(line)
        told += 1
        if (told < kill) continue
        await new Promise((resolve) => setTimeout(resolve, round * 0.9))
        break
      }
      child.kill('SIGKILL')
      told = 0
    }
    const side = await open()
    await workOff(side, 60_000)
    await side.close()
    await expectEachOnce(ids)
  }, 120_000)
}

const workerScript = `
const [subjectModule, workModule, place] = process.argv.slice(1)
const { subject } = await import(subjectModule)
const { workOff } = await import(workModule)
const clock = Date.now
const database = await subject.open(place, { clock })
const jobs = await subject.openJobs(place, { database, clock })
await workOff({ database, jobs }, 200, (id) => process.stdout.write(id + '\\n'))
`

function startWorker({ subject, place }: Fresh) {
  const typeScript = process.features.typescript ? [] : ['--experimental-strip-types']
  const workModule = new URL('./_work.ts', import.meta.url).href
  return spawn(
    process.execPath,
    [
      ...typeScript,
      '--input-type=module',
      '--eval',
      workerScript,
      subject.module,
      workModule,
      place(),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
}

async function perform(
  fresh: Fresh,
  act: 'beat' | 'retry' | 'settle',
  attempt: Attempt,
): Promise<boolean> {
  if (act === 'beat') return beat(fresh, attempt)
  const jobs = await fresh.jobs()
  const acting =
    act === 'settle'
      ? settle(fresh, attempt)
      : jobs.retry({ ...attempt, availableAt: fresh.time.ms, error: null })
  return acting.then(
    () => true,
    (error: unknown) => {
      expect(error).toMatchObject({ code: 'lease_lost' })
      return false
    },
  )
}

interface Given {
  readonly kind?: string
  readonly availableAt?: number
}

function makeGate(): [Promise<void>, () => void] {
  const { promise, resolve } = Promise.withResolvers<void>()
  return [promise, resolve]
}

const newJob = (name: string, { kind = 'digest', availableAt = start }: Given = {}) => ({
  id: jobId(name),
  kind,
  payload: { name },
  availableAt,
})

async function enqueue(fresh: Fresh, name: string, given: Given = {}): Promise<void> {
  const jobs = await fresh.jobs()
  await fresh.database().scratch((scratch) => jobs.enqueue(scratch, newJob(name, given)))
}

async function claim(
  fresh: Fresh,
  { at, ...given }: Partial<Claim> & { readonly at?: number } = {},
): Promise<Job | null> {
  if (at !== undefined) fresh.time.ms = at
  return (await fresh.jobs()).claim({ owner: 'w', leaseMs, ...given })
}

async function take(
  fresh: Fresh,
  given: Partial<Claim> & { readonly at?: number } = {},
): Promise<Attempt> {
  const job = await claim(fresh, given)
  if (!job) throw new Error('There was no job to claim.')
  return { id: job.id, attempt: job.attempt }
}

async function beat(fresh: Fresh, attempt: Attempt, at?: number): Promise<boolean> {
  if (at !== undefined) fresh.time.ms = at
  return (await fresh.jobs()).heartbeat({ ...attempt, leaseMs })
}

async function settle(fresh: Fresh, attempt: Attempt): Promise<void> {
  const jobs = await fresh.jobs()
  await write(fresh.database(), (writer) => jobs.settle(writer, { ...attempt, state: 'done' }))
}
