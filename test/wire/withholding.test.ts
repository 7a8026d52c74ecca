import type Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ExposureId, MemoryStoreId } from '../../src/core/ids.ts'
import { joinPending } from '../../src/pipeline/join-sessions.ts'
import { findFrozenGoal } from '../../src/storage/experiment-goal.ts'
import { countWithheldUnits, listWithheldUses } from '../../src/storage/withheld-uses.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { openMemories } from './_memory.ts'
import { ingest, makeAgent } from './_sessions.ts'

// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
type Json = any

const hour = 3_600_000
const day = 24 * hour
const time = { ms: Date.parse('2026-11-25T08:30:00Z') }
let server: TestServer
let client: Anthropic
let store: string
let names = 0
beforeAll(async () => {
  server = await startTestServer({}, () => time.ms)
  client = server.client()
})
afterAll(() => server.stop())
beforeEach(async () => {
  store = (await client.beta.memoryStores.create({ name: 'Notes', description: 'd' })).id
  await openMemories(client, store).create('/a.md', '- One.\n')
  await send('PUT', `memory_stores/${store}/withholding`, { share: 0.1 })
  await define({})
})

async function send(method: string, path: string, body?: object): Promise<Json> {
  const response = await server.fetch(`/lucid/v1/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const answer = (await response.json()) as Json
  if (response.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`)
  return answer
}

const define = (more: object) =>
  send('PUT', 'outcome_definitions/solved', {
    signals: [{ kind: 'solved' }],
    deadlines: { standard_seconds: 86_400, by_task_type: { claim: 7 * 86_400 } },
    ...more,
  })

async function read(unit: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  time.ms += 1
  const query = new URLSearchParams({ store, unit, ...more })
  return (await send('GET', `checkout?${query}`)).exposure_id
}

async function tell(exposure: string, success: boolean): Promise<void> {
  await send('POST', 'outcome_signals', {
    signals: [
      {
        source: 'tests',
        idempotency_key: `told ${names++}`,
        kind: 'solved',
        success,
        subjects: [{ type: 'exposure_id', value: exposure }],
      },
    ],
  })
}

/** What the units read so far came to, as one sees it now. */
async function look(): Promise<{ values: number[]; waiting: number }> {
  return server.context.database.read(async (reader) => {
    const goal = await findFrozenGoal(reader, 'solved')
    if (goal === null) throw new Error('no goal')
    const wanted = { storeId: store as MemoryStoreId, goal, now: time.ms }
    const values: number[] = []
    for await (const { use } of listWithheldUses(reader, wanted)) values.push(use.value)
    const all = await countWithheldUnits(reader, wanted.storeId)
    return { values, waiting: all - values.length }
  })
}

describe('what came of units from which items were withheld', () => {
  it('is missing, and so a failure, when it comes after the deadline', async () => {
    const exposure = await read('u1')
    time.ms += day + 1
    expect(await look()).toEqual({ values: [0], waiting: 0 })
    await tell(exposure, true)
    expect(await look()).toEqual({ values: [0], waiting: 0 })
  })

  it('stays what the first decision said, whatever is revised later', async () => {
    const exposure = await read('u1')
    time.ms += hour
    await tell(exposure, true)
    expect(await look()).toEqual({ values: [1], waiting: 0 })
    time.ms += hour
    await tell(exposure, false)
    expect(await look()).toEqual({ values: [1], waiting: 0 })
  })

  it('is waited for as long as the type of task asks', async () => {
    const slow = await read('slow', { task_type: 'claim' })
    await read('quick', { task_type: 'refund' })
    time.ms += 2 * day
    expect(await look()).toEqual({ values: [], waiting: 2 })
    await tell(slow, true)
    expect(await look()).toEqual({ values: [1, 0], waiting: 0 })
  })

  it('is one value of a unit of several sessions, when its time is over', async () => {
    for (const [session, success] of [
      ['s1', true],
      ['s2', true],
      ['s3', false],
    ] as const) {
      const exposure = await read('ann')
      await ingest(server, `${store} ${session}`, {
        metadata: { 'lucidream.exposure_id': exposure },
      })
      time.ms += 1
      if (session === 's3') {
        const all = await send('GET', `exposures?store=${store}`)
        for (const { id } of all.data.slice(1)) await tell(id, true)
        await tell(exposure, success)
      }
    }
    expect(await look()).toEqual({ values: [], waiting: 1 })
    time.ms += 2 * day
    expect((await look()).values).toEqual([expect.closeTo(2 / 3)])
  })

  it('does not count what was joined to it after the deadline only', async () => {
    await read('u1')
    const exposure = await read('u2')
    const [one] = (await send('GET', `exposures?store=${store}&unit=u2`)).data
    expect(one.id).toBe(exposure)
    await send('POST', 'outcome_signals', {
      signals: [
        {
          source: 'tests',
          idempotency_key: `told ${names++}`,
          kind: 'solved',
          success: true,
          subjects: [{ type: 'git.sha', value: 'ab'.repeat(20) }],
        },
      ],
    })
    time.ms += 2 * day
    expect(await look()).toEqual({ values: [0, 0], waiting: 0 })
    const { append } = await ingest(server, `${store} late`, {
      metadata: { 'lucidream.exposure_id': exposure },
    })
    await append([
      { type: 'agent.tool_use', key: 'k', name: 'bash', input: { command: 'git commit -m x' } },
      {
        type: 'agent.tool_result',
        tool_use_id: 'key:k',
        content: [{ type: 'text', text: `[main ${'ab'.repeat(20)}] x` }],
      },
    ])
    await joinPending(server.context)
    expect(await look()).toEqual({ values: [0, 0], waiting: 0 })
  })

  it('stays known since it was, when its signal is joined to something else as well', async () => {
    const exposure = await read('u1')
    const key = `${store} key`
    const subjects = [
      { type: 'exposure_id', value: exposure },
      { type: 'session_key', value: key },
    ]
    const one = { source: 'tests', idempotency_key: `told ${names++}`, kind: 'solved' }
    const { data } = await send('POST', 'outcome_signals', {
      signals: [{ ...one, success: true, subjects }],
    })
    expect(await look()).toEqual({ values: [1], waiting: 0 })
    time.ms += 2 * day
    await ingest(server, key)
    await joinPending(server.context)
    const { joins } = await send('GET', `outcome_signals/${data[0].id}`)
    expect(joins).toHaveLength(2)
    expect(await look()).toEqual({ values: [1], waiting: 0 })
  })

  it('is the same beginning at whatever moment one looks', async () => {
    const from = time.ms
    const told = new Map<number, { exposure: string; success: boolean }[]>()
    for (let at = 0; at < 12; at += 1) {
      time.ms = from + at * hour
      const exposure = await read(`u${at}`, at % 3 === 0 ? { task_type: 'claim' } : {})
      // Some are revised, some come late, some never.
      const delays = [[2, 30], [40], [], [5, 6, 170]][at % 4] ?? []
      for (const [place, delay] of delays.entries()) {
        const moment = at + delay
        told.set(moment, [
          ...(told.get(moment) ?? []),
          { exposure, success: (at + place) % 2 === 0 },
        ])
      }
    }
    const looks: number[][] = []
    for (let at = 12; at < 240; at += 1) {
      time.ms = from + at * hour
      for (const { exposure, success } of told.get(at) ?? []) await tell(exposure, success)
      if (at % 6 === 0) looks.push((await look()).values)
    }
    const last = looks.at(-1) ?? []
    expect(last).toHaveLength(12)
    for (const values of looks) expect(values).toEqual(last.slice(0, values.length))
  })
})

describe('the ledgers of a store', () => {
  const ledgersOf = async (goal = 'solved') =>
    send('GET', `memory_stores/${store}/withholding?goal=${goal}`)

  it('say by which version of the goal, how long it waited, and how many came late or never', async () => {
    await read('never')
    const late = await read('late')
    const timely = await read('timely')
    await tell(timely, true)
    time.ms += 2 * day
    await tell(late, true)
    await read('waits')
    await read('behind')
    const answer = await ledgersOf()
    expect(answer).toMatchObject({ share: 0.1, mounted_readings: 0 })
    const { items, ...ledgers } = answer.ledgers
    expect(ledgers).toMatchObject({
      goal: 'solved',
      deadline_seconds: 86_400,
      units: 3,
      waiting: 2,
      late: 1,
      never: 1,
      left_out: 0,
      crowded: 0,
      harmful: 0,
    })
    expect(items).toEqual([expect.objectContaining({ path: '/a.md', text: '- One.' })])
    const { version } = await define({ combine: 'mean' })
    expect(version).toBe(ledgers.definition_version + 1)
    expect((await ledgersOf()).ledgers.definition_version).toBe(version)
    await expect(ledgersOf('nothing')).rejects.toThrow('no outcome definition')
  })

  it('wait as long as was known when the goal was defined, whatever is learnt later', async () => {
    await define({ deadlines: {} })
    await read('u1')
    for (let at = 0; at < 20; at += 1) {
      const { id } = await ingest(server, `${store} ${at}`)
      const one = {
        source: 'tests',
        idempotency_key: `told ${names++}`,
        kind: 'solved',
        success: true,
        decided_at: new Date(time.ms).toISOString(),
        subjects: [{ type: 'session_id', value: id }],
      }
      time.ms += 1_000
      await send('POST', 'outcome_signals', { signals: [one] })
    }
    const defined = await send('GET', 'outcome_definitions/solved')
    expect(defined.deadline.seconds).toBeLessThan(604_800)
    expect((await ledgersOf()).ledgers).toMatchObject({ deadline_seconds: 604_800, waiting: 1 })
  })

  it('take an edited item for another one, and say which stand no more', async () => {
    await read('u1')
    const [memory] = (await openMemories(client, store).list()) as Json[]
    await client.beta.memoryStores.memories.update(memory.id, {
      memory_store_id: store,
      content: '-  one!\n- Two.\n',
    })
    await read('u2')
    await client.beta.memoryStores.memories.update(memory.id, {
      memory_store_id: store,
      content: '- One.\n- Two, edited.\n',
    })
    await read('u3')
    time.ms += 2 * day
    const { items } = (await ledgersOf()).ledgers
    const uses = items.map((one: Json) => [one.text, one.given + one.withheld])
    expect(uses.toSorted()).toEqual(
      [
        ['- One.', 3],
        ['- Two, edited.', 1],
        [null, 1],
      ].toSorted(),
    )
  })

  it('say how often sessions mounted the store, from which nothing is left out', async () => {
    const base = await makeAgent(client)
    const mount = () =>
      client.beta.sessions.create({
        ...base,
        resources: [{ type: 'memory_store', memory_store_id: store }],
      } as never)
    await mount()
    expect((await ledgersOf()).mounted_readings).toBe(0)
    await read('u1')
    time.ms += 1
    await mount()
    expect((await ledgersOf()).mounted_readings).toBe(1)
    const [logged] = (await send('GET', `exposures?store=${store}&via=session`)).data
    expect(logged).toMatchObject({ via: 'session', withheld: null })
  })

  it('count a unit that reads all the time by its first thousand readings, and say so', async () => {
    await read('busy', { task_type: 'refund' })
    await server.context.database.write({ type: 'user', id: 'test' }, async (writer) => {
      const [row] = await writer.read
        .selectFrom('exposures')
        .selectAll()
        .where('store_id', '=', store as MemoryStoreId)
        .execute()
      if (!row) throw new Error('no reading')
      for (let at = 0; at < 1_000; at += 1) {
        const id = `expo_${store}_${String(at).padStart(4, '0')}` as ExposureId
        await writer.write
          .insertInto('exposures')
          .values({ ...row, id })
          .execute()
      }
      await writer.audit({ action: 'x.y', objectType: 'x', objectId: 'x' })
    })
    time.ms += 2 * day
    expect((await ledgersOf()).ledgers).toMatchObject({ units: 1, never: 1, crowded: 1 })
  })
})
