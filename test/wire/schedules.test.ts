import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DreamId, DreamScheduleId } from '../../src/core/ids.ts'
import { openScheduler } from '../../src/pipeline/schedules.ts'
import { insertScheduleRun, listScheduleRuns } from '../../src/storage/dream-schedules.ts'
import { getDream } from '../../src/storage/dreams.ts'
import { listSessions } from '../../src/storage/sessions.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { type Client, fillServer, makeStore } from './_dreaming.ts'

let server: TestServer
let client: Client
let sessions: string[]
const start = Date.parse('2026-11-25T08:00:00Z')
let now = start
beforeAll(async () => {
  server = await startTestServer({}, () => now)
  client = server.client()
  sessions = await fillServer(server)
}, 60_000)
afterAll(() => server.stop())

type Body = Record<string, unknown>
/** The fields that these tests take from answers; each answer has some of them. */
interface Answer {
  readonly id: DreamScheduleId
  readonly status: string
  readonly data: readonly Answer[]
  readonly error: { readonly message: string }
  readonly dream_id: DreamId
  readonly outcome: string
  readonly last_run: Answer | null
  readonly upcoming_runs_at: readonly string[]
  readonly inputs: readonly { readonly session_ids: readonly string[] }[]
  readonly session_count: number | undefined
}
const made: string[] = []
const path = '/lucid/v1/dream_schedules'

async function call(method: string, at: string, body?: Body) {
  const init = { method, ...(body ? { body: JSON.stringify(body) } : {}) }
  const response = await server.fetch(at, init)
  return { status: response.status, body: (await response.json()) as Answer }
}

async function schedule(body: Body) {
  const storeId = body.memory_store_id ?? (await makeStore(client))
  const given = { name: 'nightly', memory_store_id: storeId, selector: {}, ...body }
  const { status, body: answer } = await call('POST', path, given)
  if (status !== 200) throw new Error(answer.error.message)
  made.push(answer.id)
  return answer
}

const fire = () => openScheduler(server.context)()
const runsOf = async (id: string) => (await call('GET', `${path}/${id}/runs`)).body.data
const readDream = (id: DreamId) => server.context.database.read((reader) => getDream(reader, id))

beforeEach(async () => {
  for (const id of made.splice(0)) await call('DELETE', `${path}/${id}`)
})

describe('a schedule by the clock', () => {
  it('is answered whole, with its next times', async () => {
    const store = await makeStore(client)
    const one = await schedule({
      memory_store_id: store,
      cron: '30 2 * * *',
      timezone: 'Europe/Berlin',
      model: { id: 'm' },
      output_behavior: { type: 'update_existing', memory_store_id: store },
    })
    expect(one).toMatchObject({
      type: 'dream_schedule',
      status: 'active',
      paused_reason: null,
      model: { id: 'm', speed: 'standard' },
      new_sessions: null,
      last_run: null,
      output_behavior: { type: 'update_existing', memory_store_id: store },
    })
    expect(one.upcoming_runs_at).toHaveLength(5)
    expect(one.upcoming_runs_at[0]).toBe('2026-11-26T01:30:00.000Z')
    expect((await call('GET', `${path}/${one.id}`)).body).toEqual(one)
    expect((await call('GET', path)).body.data[0]).toEqual(one)
  })

  it('fires once at its time, whoever looks and however often', async () => {
    const one = await schedule({ cron: '0 9 * * *' })
    await fire()
    expect(await runsOf(one.id)).toEqual([])
    now = Date.parse('2026-11-25T09:00:00Z')
    await Promise.all([fire(), fire(), fire()])
    await fire()
    const runs = await runsOf(one.id)
    expect(runs).toMatchObject([
      { fire_at: '2026-11-25T09:00:00.000Z', reason: 'cron', outcome: 'dreamt', missed: 0 },
    ])
    expect(await readDream((runs[0] as Answer).dream_id)).toMatchObject({
      origin: 'schedule',
      scheduleId: one.id,
      sessionCount: sessions.length,
      status: 'pending',
    })
    const after = (await call('GET', `${path}/${one.id}`)).body
    expect(after.last_run).toEqual(runs[0])
    expect(after.upcoming_runs_at[0]).toBe('2026-11-26T09:00:00.000Z')
    const row = server.context.database.write({ type: 'user', id: 'test' }, async (writer) => {
      const [run] = await listScheduleRuns(writer, { id: one.id, limit: 1 })
      if (run) await insertScheduleRun(writer, run)
    })
    await expect(row).rejects.toThrow()
  })

  it('makes up for all that it slept through by one dream, and says so', async () => {
    const one = await schedule({ cron: '0 * * * *' })
    now += 5 * 3_600_000 + 60_000
    await fire()
    await fire()
    expect(await runsOf(one.id)).toMatchObject([{ outcome: 'dreamt', missed: 4 }])
  })

  it('never makes up for what passed while it was paused', async () => {
    const one = await schedule({ cron: '0 * * * *' })
    const paused = (await call('POST', `${path}/${one.id}/pause`)).body
    expect(paused).toMatchObject({ status: 'paused', paused_reason: null })
    expect(paused.upcoming_runs_at).toHaveLength(5)
    now += 5 * 3_600_000
    await fire()
    await call('POST', `${path}/${one.id}/unpause`)
    await fire()
    expect(await runsOf(one.id)).toEqual([])
    now += 3_600_000
    await fire()
    expect(await runsOf(one.id)).toMatchObject([{ missed: 0 }])
  })

  it('keeps its distance from its last dream', async () => {
    const one = await schedule({ cron: '0 * * * *', min_interval_seconds: 5_400 })
    for (let hour = 0; hour < 3; hour += 1) {
      now += 3_600_000
      await fire()
    }
    const outcomes = (await runsOf(one.id)).map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['dreamt', 'skipped', 'dreamt'])
  })

  it('without a matching session skips, and with its store archived pauses with the reason', async () => {
    const store = await makeStore(client)
    const none = await schedule({ cron: '0 * * * *', selector: { agent_name: 'nobody' } })
    const lost = await schedule({ cron: '0 * * * *', memory_store_id: store })
    await client.beta.memoryStores.archive(store)
    now += 3_600_000
    await fire()
    expect(await runsOf(none.id)).toMatchObject([
      { outcome: 'skipped', dream_id: null, error: { type: 'no_sessions' } },
    ])
    expect(await runsOf(lost.id)).toMatchObject([{ outcome: 'failed' }])
    expect((await call('GET', `${path}/${lost.id}`)).body).toMatchObject({
      status: 'paused',
      paused_reason: {
        type: 'memory_store_unavailable',
        message: expect.stringContaining(store),
      },
    })
    expect((await call('GET', `${path}/${none.id}`)).body.status).toBe('active')
  })

  it('whose store another dream still writes into notes that and tries at its next time', async () => {
    const store = await makeStore(client)
    const output_behavior = { type: 'update_existing', memory_store_id: store }
    const one = await schedule({ cron: '0 * * * *', memory_store_id: store, output_behavior })
    for (let hour = 0; hour < 2; hour += 1) {
      now += 3_600_000
      await fire()
    }
    expect(await runsOf(one.id)).toMatchObject([
      { outcome: 'failed', error: { type: 'store_held' } },
      { outcome: 'dreamt' },
    ])
    expect((await call('GET', `${path}/${one.id}`)).body.status).toBe('active')
  })
})

describe('a schedule by new sessions', () => {
  it('fires when so many are new for its store, and not again for the same ones', async () => {
    const one = await schedule({ new_sessions: 10, selector: { new_since_last_dream: true } })
    await fire()
    expect(await runsOf(one.id)).toMatchObject([{ reason: 'new_sessions', outcome: 'dreamt' }])
    now += 60_000
    await fire()
    expect(await runsOf(one.id)).toHaveLength(1)
  })

  it('waits for more than there are', async () => {
    const one = await schedule({ new_sessions: 1_000 })
    await fire()
    expect(await runsOf(one.id)).toEqual([])
  })
})

describe('a schedule', () => {
  it('that could never start anything, or names what is not there, is refused', async () => {
    const store = await makeStore(client)
    const base = { name: 'x', memory_store_id: store }
    for (const bad of [
      base,
      { ...base, cron: '* * * * * *' },
      { ...base, cron: '0 0 31 2 *' },
      { ...base, cron: '0 0 * * *', timezone: 'Mars/Olympus' },
      { ...base, new_sessions: 0 },
      { ...base, cron: '0 0 * * *', name: '' },
      {
        ...base,
        cron: '0 0 * * *',
        output_behavior: { type: 'update_existing', memory_store_id: 'memstore_x' },
      },
    ]) {
      expect((await call('POST', path, bad)).status, JSON.stringify(bad)).toBe(400)
    }
    const lost = { ...base, memory_store_id: 'memstore_none', cron: '0 0 * * *' }
    expect((await call('POST', path, lost)).status).toBe(404)
    expect((await call('GET', `${path}/dsch_none`)).status).toBe(404)
    const key = await server.makeKey('review')
    const denied = await server.fetch(path, { headers: { 'x-api-key': key } })
    expect(denied.status).toBe(403)
  })

  it('is changed field by field, and deleted for good with its runs kept', async () => {
    const one = await schedule({ cron: '0 9 * * *', new_sessions: 5 })
    const changed = (await call('POST', `${path}/${one.id}`, { cron: '0 10 * * *', name: 'late' }))
      .body
    expect(changed).toMatchObject({ name: 'late', cron: '0 10 * * *', new_sessions: 5 })
    expect((await call('POST', `${path}/${one.id}`, { cron: null })).body).toMatchObject({
      cron: null,
      upcoming_runs_at: [],
    })
    expect((await call('POST', `${path}/${one.id}`, { new_sessions: null })).status).toBe(400)
    await call('DELETE', `${path}/${one.id}`)
    expect((await call('GET', `${path}/${one.id}`)).status).toBe(404)
    now += 7 * 86_400_000
    await fire()
    const runs = await server.context.database.read((reader) =>
      listScheduleRuns(reader, { id: one.id, limit: 5 }),
    )
    expect(runs).toEqual([])
  })
})

describe('dreams by selector', () => {
  it('read all that match, without the limit of 100, and say how many', async () => {
    const store = await makeStore(client)
    const { body } = await call('POST', '/lucid/v1/dreams', { memory_store_id: store })
    expect(body).toMatchObject({
      type: 'dream',
      status: 'pending',
      session_count: sessions.length,
      selector: {},
      schedule_id: null,
    })
    expect(body.inputs[1]?.session_ids).toEqual(sessions.toSorted().slice(0, 100))
    expect((await call('GET', `/lucid/v1/dreams/${body.id}`)).body).toEqual(body)
    expect((await client.beta.dreams.retrieve(body.id)).id).toBe(body.id)
  })

  it('choose by agent, type of task and time', async () => {
    const store = await makeStore(client)
    const { sessions: found } = await server.context.database.read((reader) =>
      listSessions(reader, { limit: 1_000 }),
    )
    const count = async (selector: Body) =>
      (await call('POST', '/lucid/v1/dreams', { memory_store_id: store, selector })).body
        .session_count ?? 0
    const byAgent = Map.groupBy(found, ({ session }) => session.agent.name)
    for (const [name, group] of byAgent)
      expect(await count({ agent_name: name })).toBe(group.length)
    expect(await count({ task_type: 'airline' })).toBe(found.length)
    expect(await count({ since: '2100-01-01T00:00:00Z' })).toBe(0)
    expect(await count({ until: '2100-01-01T00:00:00Z' })).toBe(found.length)
  })

  it('since the last dream over the store are only those that it has not read', async () => {
    const store = await makeStore(client)
    const body = { memory_store_id: store, selector: { new_since_last_dream: true } }
    const first = await call('POST', '/lucid/v1/dreams', body)
    expect(first.body.session_count).toBe(sessions.length)
    expect(await call('POST', '/lucid/v1/dreams', body)).toMatchObject({
      status: 400,
      body: { error: { details: { error_code: 'no_sessions_selected' } } },
    })
    await client.beta.dreams.cancel(first.body.id)
    expect((await call('POST', '/lucid/v1/dreams', body)).body.session_count).toBe(sessions.length)
  })
})
