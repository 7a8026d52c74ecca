import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { quickKinds } from '../../src/pipeline/job-kinds.ts'
import { joinPending } from '../../src/pipeline/join-sessions.ts'
import { roundKind } from '../../src/storage/experiment-rounds.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { startWorker } from './_dreaming.ts'
import { type Json, type Laboratory, openLaboratory } from './_experimenting.ts'

let server: TestServer
let lab: Laboratory
let skewMs = 0
beforeAll(async () => {
  server = await startTestServer({}, () => Date.now() + skewMs)
}, 60_000)
afterAll(() => server.stop())
beforeEach(async () => {
  lab = await openLaboratory(server)
})
afterEach(async () => {
  await lab.stopRunning()
  await doRounds()
})

const line = { path: '/refunds.md', line: '- Say how long it takes.\n' }

/** Reads the store as so many units, and answers the exposures. */
async function readAs(units: readonly string[]): Promise<Json[]> {
  for (const unit of units) await lab.get(`checkout?store=${lab.storeId}&unit=${unit}`)
  const { data } = await lab.get(`exposures?memory_store_id=${lab.storeId}&limit=100`)
  return data.filter((one: Json) => units.includes(one.unit))
}

const names = (count: number, prefix = 'u') =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`)

const tell = (exposures: readonly Json[], more: object = {}) =>
  lab.must('outcome_signals', {
    signals: exposures.map(({ id, arm }) => ({
      source: 'tests',
      idempotency_key: id,
      kind: 'resolved',
      success: arm === '0',
      subjects: [{ type: 'exposure_id', value: id }],
      ...more,
    })),
  })

const waiting = (): Promise<Json[]> =>
  server.context.database.read(async (reader) =>
    (await server.context.jobs.list(reader, { states: ['queued'], limit: 1_000 })).filter(
      ({ kind }) => kind === roundKind,
    ),
  )

/** Does the rounds that wait, as the worker's quick lane would; answers how many there were. */
async function doRounds(): Promise<number> {
  const { jobs, owner } = server.context
  skewMs += 1_000
  for (let done = 0; ; done += 1) {
    const job = await jobs.claim({ owner, leaseMs: 60_000, kinds: [roundKind] })
    if (!job) return done
    await quickKinds[job.kind]?.(server.context, job)
  }
}

const committed = async (id: string) => (await lab.get(`experiments/${id}`)).units_committed

describe('what arrives wakes the experiments that wait for it', () => {
  it('once for a burst of signals, and again for what comes after the round began', async () => {
    const id = await lab.start(await lab.addChanges([line]))
    const exposures = await readAs(names(30))
    await Promise.all(exposures.map((one, at) => tell([one], { success: at % 2 === 0 })))
    expect(await waiting()).toHaveLength(1)
    expect(await committed(id)).toBe(0)
    const more = await readAs(names(5, 'late'))
    expect(await doRounds()).toBe(1)
    expect(await committed(id)).toBe(30)
    await tell(more)
    expect(await doRounds()).toBe(1)
    expect(await committed(id)).toBe(35)
    await tell(more)
    expect(await waiting()).toEqual([])
  })

  it('and none other: signals of no unit, of an ended experiment, and of units of another one', async () => {
    const id = await lab.start(await lab.addChanges([line]))
    const [first] = await readAs(['u'])
    const other = await openLaboratory(server)
    const otherId = await other.start(await other.addChanges([line]))
    await tell([first], { kind: 'other' })
    expect((await waiting()).map(({ payload }) => payload.experiment_id)).toEqual([id])
    await doRounds()
    await lab.must(`experiments/${id}/stop`, { reason: 'enough' })
    await doRounds()
    await tell([first], { idempotency_key: 'after the end' })
    await tell([{ id: 'expo_unknown', arm: '0' }])
    expect(await waiting()).toEqual([])
    expect(await committed(otherId)).toBe(0)
  })

  it('by the session that says which exposure it had, by what it is graded, and by its end', async () => {
    const id = await lab.start(await lab.addChanges([line]))
    const [exposure] = await readAs(['one'])
    await doRounds()
    const signal = (key: string) => ({
      source: 'tests',
      idempotency_key: key,
      kind: 'resolved',
      success: true,
      subjects: [{ type: 'session_key', value: key }],
    })
    const key = `run-${exposure.id}`
    await lab.must('outcome_signals', { signals: [signal(key)] })
    expect(await waiting()).toEqual([])
    const session = await lab.must('sessions', {
      key,
      agent: { name: 'a' },
      metadata: { 'lucidream.exposure_id': exposure.id },
    })
    expect(await waiting()).toHaveLength(1)
    await doRounds()
    // The session's key is known by now, and joins the signal that came before it.
    await joinPending(server.context)
    expect(await waiting()).toHaveLength(1)
    await doRounds()
    expect(await committed(id)).toBe(1)
    await lab.must(`sessions/${session.id}/events`, {
      events: [
        {
          type: 'span.outcome_evaluation_end',
          outcome_id: 'outc_1',
          result: 'satisfied',
          iteration: 0,
        },
      ],
    })
    expect(await waiting()).toHaveLength(1)
    await doRounds()
    await lab.must(`sessions/${session.id}/end`, {})
    expect((await waiting()).map(({ payload }) => payload.experiment_id)).toEqual([id])
    await doRounds()
  })

  it('so that a working server decides with the last signal, not at the next minute', async () => {
    const stop = startWorker(server.context)
    try {
      const id = await lab.start(await lab.addChanges([line]))
      // The round of the minute has been, and found nothing.
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      const exposures = await readAs(names(80))
      expect(await committed(id)).toBe(0)
      await tell(exposures)
      const deadline = Date.now() + 30_000
      let found = await lab.get(`experiments/${id}`)
      while (found.state === 'running' && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        found = await lab.get(`experiments/${id}`)
      }
      expect(found.state).toBe('rolled_back')
    } finally {
      await stop()
    }
  }, 90_000)
})
