import type Anthropic from '@anthropic-ai/sdk'
import { extract } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { joinPending } from '../../src/pipeline/join-sessions.ts'
import { runExperiment } from '../_experiment.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { openMemories, refusalOf } from './_memory.ts'
import { ingest, makeAgent } from './_sessions.ts'

let server: TestServer
let client: Anthropic
let base: Awaited<ReturnType<typeof makeAgent>>
let reader: string
const time = { ms: Date.parse('2026-11-25T08:30:00Z') }
beforeAll(async () => {
  server = await startTestServer({}, () => time.ms++)
  client = server.client()
  base = await makeAgent(client)
  reader = await server.makeKey('memory:read')
})
afterAll(() => server.stop())

// biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
type Json = any

const incumbent = { '/a.md': '- One.\n', '/b/c.md': '- Two.\n' }
const change = { path: '/a.md', line: '- Three.\n' }

async function makeStore(texts: Readonly<Record<string, string>> = incumbent): Promise<string> {
  const { id } = await client.beta.memoryStores.create({ name: 'Notes', description: 'd' })
  for (const [path, content] of Object.entries(texts))
    await openMemories(client, id).create(path, content)
  return id
}

const ask = (query: Readonly<Record<string, string>>, headers: Record<string, string> = {}) =>
  server.fetch(`/lucid/v1/checkout?${new URLSearchParams(query)}`, {
    headers: { 'x-api-key': reader, ...headers },
  })

async function checkout(query: Readonly<Record<string, string>>) {
  const response = await ask(query)
  const body = (await response.json()) as Json
  expect(response.status, JSON.stringify(body)).toBe(200)
  const texts = Object.fromEntries(body.data.map((one: Json) => [one.path, one.content]))
  return { ...body, texts, etag: response.headers.get('etag') as string }
}

const exposures = async (query: Readonly<Record<string, string>>): Promise<Json[]> => {
  const response = await server.fetch(`/lucid/v1/exposures?${new URLSearchParams(query)}`)
  return ((await response.json()) as Json).data
}

const isCandidate = (texts: Json) => texts['/a.md'] === `${incumbent['/a.md']}${change.line}`

const unitRows = (experiment: string) =>
  server.context.database.read((door) =>
    door.read
      .selectFrom('experiment_units')
      .selectAll()
      .where('experiment_id', '=', experiment as never)
      .orderBy('ordinal')
      .execute(),
  )

describe('a checkout', () => {
  it('gives the store as it stands where no experiment runs, and is an exposure all the same', async () => {
    const store = await makeStore()
    const found = await checkout({ store, unit: 'u1' })
    expect(found.texts).toEqual(incumbent)
    expect(found.etag).toBe(`"${found.content_hash}"`)
    const [logged] = await exposures({ store })
    expect(logged).toMatchObject({
      id: found.exposure_id,
      unit: 'u1',
      via: 'checkout',
      experiment_id: null,
      arm: null,
      content_hash: found.content_hash,
      confirmed_at: null,
    })
    expect(logged.delivered_at).not.toBeNull()
  })

  it('answers 304 to who has that version, and logs the reading', async () => {
    const store = await makeStore()
    const { etag } = await checkout({ store, unit: 'u1' })
    const again = await ask({ store, unit: 'u1' }, { 'if-none-match': `"x", W/${etag}` })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe('')
    const logged = await exposures({ store })
    expect(logged.map(({ id }) => id)).toContain(again.headers.get('lucidream-exposure-id'))
    expect(logged).toHaveLength(2)
    await openMemories(client, store).create('/new.md', 'n')
    expect((await ask({ store, unit: 'u1' }, { 'if-none-match': etag })).status).toBe(200)
  })

  it('gives the same files as a tar', async () => {
    const store = await makeStore()
    const response = await ask({ store, unit: 'u' }, { accept: 'application/x-tar' })
    const tar = extract()
    tar.end(Buffer.from(await response.arrayBuffer()))
    const texts: Record<string, string> = {}
    for await (const entry of tar) {
      const chunks: Buffer[] = []
      for await (const chunk of entry) chunks.push(chunk as Buffer)
      texts[`/${entry.header.name}`] = Buffer.concat(chunks).toString('utf8')
    }
    expect(texts).toEqual(incumbent)
  })

  it('keeps a unit in the arm it was first given, tells it to nobody who reads, and tosses with the stage’s chance', async () => {
    const store = await makeStore()
    const experiment = await runExperiment(server, { storeId: store, changes: [change] })
    const first = new Map<string, boolean>()
    for (let at = 0; at < 24; at += 1) {
      const found = await checkout({ store, unit: `u${at}`, task_type: 'refund', principal: 'p' })
      first.set(`u${at}`, isCandidate(found.texts))
      expect(JSON.stringify({ ...found, data: null, texts: null })).not.toMatch(/arm|exp_/)
    }
    expect(new Set(first.values())).toEqual(new Set([true, false]))
    await experiment.set({ stage: 0 })
    for (const [unit, candidate] of first) {
      expect(isCandidate((await checkout({ store, unit })).texts)).toBe(candidate)
    }
    const rows = await unitRows(experiment.id)
    expect(rows.map(({ ordinal }) => ordinal)).toEqual([...first.keys()].map((_, at) => at))
    expect(rows[0]).toMatchObject({ stratum: 'refund', principal: 'p', pi: 0.5, stage: 2 })
    await checkout({ store, unit: 'late' })
    expect((await unitRows(experiment.id)).at(-1)).toMatchObject({
      stratum: 'unknown',
      principal: null,
      pi: 0.1,
      stage: 0,
    })
    const refused = await server.fetch('/lucid/v1/exposures', { headers: { 'x-api-key': reader } })
    expect(refused.status).toBe(403)
  })

  it('assigns without gaps and once a unit, however many ask at a time', async () => {
    const store = await makeStore()
    const experiment = await runExperiment(server, { storeId: store, changes: [change] })
    const units = Array.from({ length: 32 }, (_, at) => `u${at % 16}`)
    const found = await Promise.all(units.map((unit) => checkout({ store, unit })))
    const rows = await unitRows(experiment.id)
    expect(rows.map(({ ordinal }) => ordinal)).toEqual(Array.from({ length: 16 }, (_, at) => at))
    expect(new Set(rows.map(({ unit }) => unit)).size).toBe(16)
    for (const [at, unit] of units.entries()) {
      const row = rows.find((one) => one.unit === unit)
      expect(isCandidate(found[at]?.texts)).toBe(row?.arm === '1')
    }
    expect(await exposures({ store, limit: '100' })).toHaveLength(32)
  })

  it('tosses for each change on its own', async () => {
    const store = await makeStore()
    const second = { path: '/b/c.md', line: '- Four.\n' }
    const given = { storeId: store, changes: [change, second] }
    const experiment = await runExperiment(server, given)
    const seen = new Set<string>()
    for (let at = 0; at < 40 && seen.size < 4; at += 1) {
      const { texts } = await checkout({ store, unit: `u${at}` })
      const arm = `${Number(isCandidate(texts))}${Number(texts['/b/c.md'].includes('Four'))}`
      expect((await unitRows(experiment.id)).at(-1)?.arm).toBe(arm)
      seen.add(arm)
    }
    expect(seen.size).toBe(4)
  })

  it('assigns nobody new while the experiment is paused, and keeps who was assigned', async () => {
    const store = await makeStore()
    const experiment = await runExperiment(server, { storeId: store, changes: [change] })
    const known = []
    for (let at = 0; at < 8; at += 1) known.push(await checkout({ store, unit: `u${at}` }))
    await experiment.set({ state: 'paused' })
    for (let at = 0; at < 8; at += 1) {
      expect((await checkout({ store, unit: `u${at}` })).content_hash).toBe(known[at]?.content_hash)
      expect((await checkout({ store, unit: `new${at}` })).texts).toEqual(incumbent)
    }
    expect(await unitRows(experiment.id)).toHaveLength(8)
    const [logged] = await exposures({ store, unit: 'new0' })
    expect(logged).toMatchObject({ experiment_id: experiment.id, arm: null, unit_ordinal: null })
  })

  it('has blocks of the clock as units where state is shared, and says what is washed out', async () => {
    const store = await makeStore()
    const experiment = await runExperiment(server, {
      storeId: store,
      unit: 'block',
      changes: [change],
    })
    const start = Date.parse('2026-11-25T12:00:00Z')
    time.ms = start + 5 * 60_000
    const early = await checkout({ store, unit: 'x' })
    time.ms = start + 60 * 60_000
    const later = await checkout({ store, unit: 'y' })
    expect(later.content_hash).toBe(early.content_hash)
    expect(await unitRows(experiment.id)).toHaveLength(1)
    const logged = await exposures({ store })
    expect(logged.map(({ washout }) => washout)).toEqual([false, true])
  })

  it('keeps the incumbent for a tenth once promoted; the others read the store itself', async () => {
    const store = await makeStore()
    const experiment = await runExperiment(server, { storeId: store, changes: [change] })
    await server.context.database.write({ type: 'user', id: 't' }, async (writer) => {
      await writer.write
        .updateTable('experiment_changes')
        .set({ verdict: 'promote' })
        .where('experiment_id', '=', experiment.id)
        .execute()
      await writer.audit({ action: 'x.y', objectType: 'x', objectId: 'x' })
    })
    await experiment.set({ state: 'promoted', ended_at: '2026-11-25T08:00:00.000Z' })
    await openMemories(client, store).create('/later.md', 'written after the promotion')
    const seen = []
    for (let at = 0; at < 40; at += 1) {
      seen.push(
        Object.keys((await checkout({ store, unit: `u${at}` })).texts).includes('/later.md'),
      )
    }
    const share = seen.filter(Boolean).length / seen.length
    expect(share).toBeGreaterThan(0.7)
    expect(share).toBeLessThan(1)
    expect((await unitRows(experiment.id))[0]).toMatchObject({ pi: 0.9, stage: 9 })
  })

  it('names what is wrong with a request', async () => {
    const store = await makeStore()
    expect((await ask({ store })).status).toBe(400)
    expect((await ask({ store: 'memstore_none', unit: 'u' })).status).toBe(404)
    expect((await ask({ store, unit: 'u', session_id: 'sesn_none' })).status).toBe(404)
    expect(await exposures({ store })).toEqual([])
  })
})

describe('a confirmation', () => {
  const confirm = async (id: string, body: object = {}) => {
    const response = await server.fetch(`/lucid/v1/exposures/${id}/confirm`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'x-api-key': reader },
    })
    return { status: response.status, body: (await response.json()) as Json }
  }

  it('says once that it stood in context, and in which session', async () => {
    const store = await makeStore()
    const { exposure_id: id } = await checkout({ store, unit: 'u' })
    const first = await confirm(id)
    expect(first.body).toMatchObject({ id, session_id: null })
    expect(first.body.confirmed_at).not.toBeNull()
    const session = await client.beta.sessions.create(base as never)
    const second = await confirm(id, { session_id: session.id })
    expect(second.body).toEqual({ ...first.body, session_id: session.id })
    const other = await client.beta.sessions.create(base as never)
    expect((await confirm(id, { session_id: other.id })).status).toBe(409)
    expect((await confirm('expo_none')).status).toBe(404)
  })

  it('comes with a session that names its exposure when it is sent in; a foreign name is passed over', async () => {
    const store = await makeStore()
    const experiment = await runExperiment(server, { storeId: store, changes: [change] })
    const { exposure_id: id } = await checkout({ store, unit: 'run-1' })
    const metadata = { 'lucidream.exposure_id': `${id}, expo_none` }
    const sent = await ingest(server, `run ${id}`, { metadata })
    const [logged] = await exposures({ unit: 'run-1', store })
    expect(logged).toMatchObject({ id, session_id: sent.id })
    expect(logged.confirmed_at).not.toBeNull()
    await ingest(server, `thief ${id}`, { metadata })
    expect((await exposures({ unit: 'run-1', store }))[0].session_id).toBe(sent.id)
    await checkout({ store, unit: 'run-2' })
    const response = await server.fetch(
      `/lucid/v1/exposure_coverage?experiment_id=${experiment.id}`,
    )
    const { arms } = (await response.json()) as Json
    const sum = (name: string) => arms.reduce((total: number, arm: Json) => total + arm[name], 0)
    expect(['assigned', 'delivered', 'confirmed', 'with_session'].map(sum)).toEqual([2, 2, 1, 1])
  })
})

describe('a session that mounts a store under experiment', () => {
  const mount = (store: string, more: object = {}) =>
    client.beta.sessions.create({
      ...base,
      resources: [{ type: 'memory_store', memory_store_id: store }],
      ...more,
    } as never)

  it('gets the store of its arm, writes only there, and says so nowhere but in its exposure', async () => {
    const store = await makeStore()
    const experiment = await runExperiment(server, { storeId: store, changes: [change] })
    const plain = (await mount(await makeStore())).resources[0] as Json
    const byArm = new Map<string, string[]>()
    for (let at = 0; at < 12; at += 1) {
      const session = await mount(store, { metadata: { 'lucidream.task_type': 'refund' } })
      const resource = session.resources[0] as Json
      expect(Object.keys(resource)).toEqual(Object.keys(plain))
      expect(resource).toMatchObject({
        name: 'Notes',
        description: 'd',
        mount_path: plain.mount_path,
      })
      const [logged] = await exposures({ session_id: session.id })
      expect(logged).toMatchObject({
        via: 'session',
        unit: session.id,
        experiment_id: experiment.id,
      })
      expect(session.metadata).toMatchObject({ 'lucidream.exposure_id': logged.id })
      byArm.set(logged.arm, [...(byArm.get(logged.arm) ?? []), resource.memory_store_id])
      const checked = await checkout({ store, unit: session.id })
      expect(isCandidate(checked.texts)).toBe(logged.arm === '1')
    }
    expect([...byArm.keys()].toSorted()).toEqual(['0', '1'])
    // What the server wrote into their metadata is no harness that confirms.
    await joinPending(server.context)
    expect((await exposures({ store, via: 'session' }))[0].confirmed_at).toBeNull()
    const overlays = [...byArm].map(([arm, stores]) => {
      expect(new Set(stores).size).toBe(1)
      return { arm, store: stores[0] as string }
    })
    for (const { arm, store: overlay } of overlays) {
      await openMemories(client, overlay).create(`/own-${arm}.md`, arm)
    }
    for (const { arm, store: overlay } of overlays) {
      const paths = (await openMemories(client, overlay).list()).map((one: Json) => one.path)
      expect(paths).toEqual(['/a.md', '/b/c.md', `/own-${arm}.md`])
    }
    expect((await openMemories(client, store).list()).map((one: Json) => one.path)).toEqual([
      '/a.md',
      '/b/c.md',
    ])
    expect((await unitRows(experiment.id))[0]).toMatchObject({ stratum: 'refund' })
  })

  it('has agents as units where the experiment says so', async () => {
    const store = await makeStore()
    const experiment = await runExperiment(server, {
      storeId: store,
      unit: 'actor',
      changes: [change],
    })
    await mount(store)
    await mount(store)
    await mount(store, { metadata: { 'lucidream.principal': 'ann' } })
    expect((await unitRows(experiment.id)).map(({ unit }) => unit)).toEqual([base.agent, 'ann'])
  })

  it('mounts the store itself while the experiment is paused', async () => {
    const store = await makeStore()
    const experiment = await runExperiment(server, { storeId: store, changes: [change] })
    await experiment.set({ state: 'paused' })
    const session = await mount(store)
    expect(session.resources[0]).toMatchObject({ memory_store_id: store })
    expect(session.metadata).toEqual({})
  })

  it('keeps the stores of arms out of lists, of dreams and of other mounts', async () => {
    const store = await makeStore()
    await runExperiment(server, { storeId: store, changes: [change] })
    const { resources, id } = await mount(store, {
      resources: [{ type: 'memory_store', memory_store_id: store, access: 'read_only' }],
    })
    const [resource] = resources as Json[]
    expect(resource.access).toBe('read_only')
    const overlay = resource.memory_store_id
    expect(overlay).not.toBe(store)
    const list = async (query: string) => {
      const response = await server.fetch(`/v1/memory_stores?limit=100${query}`)
      return ((await response.json()) as Json).data.map((one: Json) => one.id)
    }
    expect(await list('')).not.toContain(overlay)
    expect(await list('&include_overlays=true')).toContain(overlay)
    expect(await refusalOf(mount(overlay))).toMatchObject({ status: 400 })
    const inputs = [
      { type: 'memory_store', memory_store_id: overlay },
      { type: 'sessions', session_ids: [id] },
    ]
    const dream = client.beta.dreams.create({ inputs, model: 'lucidream-builtin' } as never)
    expect(await refusalOf(dream)).toMatchObject({ status: 400 })
  })
})

describe('withholding', () => {
  const put = (store: string, body: object) =>
    server.fetch(`/lucid/v1/memory_stores/${store}/withholding`, {
      method: 'PUT',
      body: JSON.stringify(body),
    })
  const items = Array.from({ length: 60 }, (_, at) => `- Rule number ${at}.`)

  it('is off at first; then each unit misses its own items, always the same, and the chance is logged', async () => {
    const store = await makeStore({ '/a.md': `${items.join('\n')}\n`, '/safe/b.md': '- Safe.\n' })
    const whole = await checkout({ store, unit: 'u1' })
    expect((await exposures({ store }))[0].withheld).toBeNull()
    expect((await put(store, { share: 0.1, exempt_paths: ['/safe/**'] })).status).toBe(200)
    const less = await checkout({ store, unit: 'u1' })
    expect(less.content_hash).not.toBe(whole.content_hash)
    expect((await checkout({ store, unit: 'u1' })).content_hash).toBe(less.content_hash)
    expect((await checkout({ store, unit: 'u2' })).texts).not.toEqual(less.texts)
    const [, , logged] = await exposures({ store })
    const missing = items.filter((item) => !less.texts['/a.md'].includes(`${item}\n`))
    expect(missing.length).toBeGreaterThan(0)
    expect(logged.withheld).toMatchObject({ share: 0.1 })
    expect(logged.withheld.items).toHaveLength(missing.length)
    expect((await put(store, { share: null })).status).toBe(200)
    expect((await checkout({ store, unit: 'u1' })).content_hash).toBe(whole.content_hash)
    expect((await put(store, { share: 0.5 })).status).toBe(400)
  })

  it('keeps a ledger of each item once outcomes are in', async () => {
    const store = await makeStore({ '/a.md': `${items.join('\n')}\n` })
    await server.fetch('/lucid/v1/outcome_definitions/task_reward', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ signals: [{ kind: 'task_reward' }] }),
    })
    await put(store, { share: 0.05 })
    for (const unit of ['l1', 'l2', 'l3']) await checkout({ store, unit })
    const shown = async () => {
      const path = `/lucid/v1/memory_stores/${store}/withholding?goal=task_reward`
      return (await (await server.fetch(path)).json()) as Json
    }
    expect((await shown()).ledgers).toMatchObject({ units: 0, waiting: 3, items: [] })
    time.ms += 15 * 86_400_000
    const { ledgers } = await shown()
    expect(ledgers).toMatchObject({ units: 3, waiting: 0 })
    expect(ledgers.items).toHaveLength(items.length)
    for (const item of ledgers.items) {
      expect(item.given + item.withheld).toBe(3)
      const isCompared = item.given > 0 && item.withheld > 0
      expect(item.verdict).toBe(isCompared ? 'not_proven' : 'not_estimable')
    }
  })
})
