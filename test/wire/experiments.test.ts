import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ChangeId } from '../../src/core/ids.ts'
import { voidExperiments } from '../../src/storage/end-experiment.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import {
  defineGoal,
  type Laboratory,
  line,
  openLaboratory,
  rate,
  settings,
  start,
} from './_experimenting.ts'

let server: TestServer
let lab: Laboratory
let skewMs = 0
beforeAll(async () => {
  server = await startTestServer({}, () => Date.now() + skewMs)
}, 60_000)
afterAll(() => server.stop())
beforeEach(async () => {
  skewMs = 0
  // Limits count over the stores of a policy, and there is none here: each test has its own store.
  lab = await openLaboratory(server)
})

const helpful = (arm: string, ordinal: number) => rate(arm === '1' ? 95 : 35)(ordinal)
const harmful = (arm: string, ordinal: number) => rate(arm === '1' ? 20 : 90)(ordinal)

/** As monitoring sees them. */
const unitStates = async (id: string) => {
  const text = await (await server.fetch('/metrics')).text()
  const row = /^lucidream_experiment_unit_states\{experiment="(\w+)",state="(\w+)"\} (\d+)$/gm
  return [...text.matchAll(row)].flatMap(([, of, state, count]) =>
    of === id ? [`${state} ${count}`] : [],
  )
}

describe('an experiment', () => {
  it('proves a change that helps, waits for a person, writes it in one burst and keeps a holdback', async () => {
    const ids = await lab.addChanges([line])
    const id = await lab.start(ids, { ramped: false })
    const before = await lab.texts()
    await lab.run(id, { units: 800, outcome: helpful })
    const ready = await lab.show(id)
    expect(ready).toMatchObject({ state: 'running', ready: true })
    expect(ready.verdict).toMatch(
      /^Proven and waiting for a person: after \d+ units the effect lies between \+\d/,
    )
    expect(await lab.texts()).toEqual(before)
    const [test] = ready.tests
    expect(test.evidence.better).toBeGreaterThan(20)
    expect(test.interval.low).toBeGreaterThan(0)
    expect(test.series.length).toBeGreaterThan(10)
    expect(test.arms.candidate).toMatchObject({ missing: 0, coverage: 1 })
    expect(test.arms.candidate.assigned + test.arms.incumbent.assigned).toBe(800)
    expect(test.sample_ratio.evidence).toBeLessThan(1_000)
    expect(await lab.kinds(id)).toEqual(
      expect.arrayContaining(['created', 'started', 'ramped', 'ready']),
    )
    const metrics = await (await server.fetch('/metrics')).text()
    const labels = `experiment="${id}",test="change:0"`
    expect(metrics).toContain(`lucidream_experiment_evidence{${labels},side="better"}`)
    expect(metrics).toMatch(
      new RegExp(`lucidream_experiment_units\\{${labels},arm="candidate"\\} [1-9]`),
    )
    const small = await server.makeKey('review')
    expect((await lab.post(`experiments/${id}/promote`, {}, small)).status).toBe(403)
    const promoted = await lab.must(`experiments/${id}/promote`, { reason: 'it works' })
    expect(promoted).toMatchObject({ state: 'promoted', share: 0.9 })
    expect((await lab.texts())['/refunds.md']).toBe(start['/refunds.md'] + line.line)
    expect((await lab.get(`changes/${ids[0]}`)).status).toBe('applied')
    expect(await lab.get(`experiments/${id}/verify`)).toMatchObject({ equal: true, units: 800 })
    // The holdback sees harm: the change is taken back by itself, byte for byte.
    await lab.run(id, { units: 300, outcome: harmful, prefix: 'h' })
    const after = await lab.show(id)
    expect(after).toMatchObject({ state: 'rolled_back' })
    expect(await lab.texts()).toEqual(before)
    expect((await lab.get(`changes/${ids[0]}`)).status).toBe('rolled_back')
    expect(await lab.get(`experiments/${id}/verify`)).toMatchObject({ equal: true })
  })

  it('rolls back a change that does harm, with the store untouched and the change a proposal again', async () => {
    const ids = await lab.addChanges([line])
    const id = await lab.start(ids)
    await lab.run(id, { units: 250, outcome: harmful })
    const found = await lab.show(id)
    expect(found.state).toBe('rolled_back')
    expect(found.verdict).toMatch(/^Rolled back: after \d+ units the effect lies between −?-\d/)
    expect(await lab.texts()).toEqual(start)
    expect(await lab.get(`changes/${ids[0]}`)).toMatchObject({ status: 'proposed' })
    expect(found.units_committed).toBeLessThan(250)
    const { exposure_id } = await lab.get(`/lucid/v1/checkout?store=${lab.storeId}&unit=later`)
    expect(exposure_id).toMatch(/^expo_/)
  })

  it('that shows nothing until its units are used up is not proven', async () => {
    const id = await lab.start(await lab.addChanges([line]), {
      settings: { ...settings, max_units: 60 },
    })
    await lab.run(id, { units: 70, outcome: (_, ordinal) => rate(60)(ordinal) })
    const found = await lab.show(id)
    expect(found).toMatchObject({ state: 'inconclusive', units_committed: 60 })
    expect(found.verdict).toMatch(/^Not proven: after 60 units .* the incumbent stays/)
    expect((await lab.post(`experiments/${id}/promote`)).body.error.message).toContain(
      'cannot be promoted',
    )
  })

  it('counts a signal from when it is known what it is about, whenever somebody looks', async () => {
    const id = await lab.start(await lab.addChanges([line]), { deadline_seconds: 3_600 })
    await lab.run(id, { units: 2, outcome: () => null })
    const [exposure] = (await lab.get(`exposures?experiment_id=${id}&unit=u0`)).data
    await lab.tell(exposure.id, { success: true })
    const late = new Date(Date.now() + 3_650_000).toISOString()
    await lab.write((writer) =>
      writer.write
        .updateTable('signal_joins')
        .set({ created_at: late })
        .where('exposure_id', '=', exposure.id)
        .execute(),
    )
    skewMs = 3_700_000
    await lab.commit()
    await lab.commit()
    const [test] = (await lab.show(id)).tests
    const sum = (field: string) => test.arms.candidate[field] + test.arms.incumbent[field]
    expect([sum('missing'), sum('late')]).toEqual([2, 1])
    await lab.must(`experiments/${id}/stop`, { reason: 'the test is over' })
  })

  it('counts a missing outcome at its deadline as a failure, keeps the late truth and never uses it', async () => {
    const id = await lab.start(await lab.addChanges([line]), { deadline_seconds: 3_600 })
    await lab.run(id, { units: 4, outcome: (_, ordinal) => (ordinal === 1 ? null : true) })
    const waiting = await lab.show(id)
    expect(waiting).toMatchObject({ units_assigned: 4, units_committed: 1 })
    expect(waiting.waits_until).not.toBeNull()
    expect(await unitStates(id)).toEqual(['waiting 3', 'committed 1', 'missing 0', 'late 0'])
    skewMs = 3_700_000
    await lab.commit()
    expect(await lab.show(id)).toMatchObject({ units_committed: 4 })
    expect(await unitStates(id)).toEqual(['waiting 0', 'committed 3', 'missing 1', 'late 0'])
    const [exposure] = (await lab.get(`exposures?experiment_id=${id}&unit=u1`)).data
    await lab.tell(exposure.id, { success: true })
    await lab.commit()
    const [test] = (await lab.show(id)).tests
    const sum = (field: string) => test.arms.candidate[field] + test.arms.incumbent[field]
    expect([sum('missing'), sum('late')]).toEqual([1, 1])
    expect(await unitStates(id)).toEqual(['waiting 0', 'committed 3', 'missing 0', 'late 1'])
    expect(await lab.get(`experiments/${id}/verify`)).toMatchObject({ equal: true, units: 4 })
  })

  it('ends at once at a hard stop of the candidate, before that unit has its turn', async () => {
    const id = await lab.start(await lab.addChanges([line]))
    await lab.run(id, { units: 40, outcome: () => null })
    const { data } = await lab.get(`exposures?experiment_id=${id}&limit=100`)
    const incumbent = data.find(({ arm }: { arm: string }) => arm === '0')
    const candidate = data.find(({ arm }: { arm: string }) => arm === '1')
    await lab.tell(incumbent.id, { kind: 'secret_leak', success: false })
    await lab.commit()
    expect((await lab.show(id)).state).toBe('running')
    await lab.tell(candidate.id, { kind: 'secret_leak', success: false })
    await lab.commit()
    const found = await lab.show(id)
    expect(found).toMatchObject({ state: 'rolled_back', units_committed: 0 })
    expect(found.verdict).toContain('hard stop')
  })

  it('is void when its change is edited, its goal altered by hand, or its source revoked', async () => {
    const ids = await lab.addChanges([line])
    const id = await lab.start(ids)
    await lab.must(`changes/${ids[0]}/edit`, { after: '- Ask twice.\n' })
    await lab.commit()
    expect((await lab.show(id)).verdict).toMatch(/^Void: it says nothing \(change .* is proposed/)
    await lab.must(`changes/${ids[0]}/accept`, { override: true, reason: 'a test' })
    const next = await lab.start(ids)
    await lab.must(`experiments/${next}/stop`, { reason: 'new grader', environment_changed: true })
    const follower = await lab.start(ids, { follows: next })
    expect((await lab.show(follower)).plan.follows).toBe(next)
    const { database, jobs, newId } = server.context
    const outbox = { jobs, newId, now: Date.now() }
    await database.write({ type: 'user', id: 'test' }, async (writer) => {
      const voided = await voidExperiments(writer, { changes: ids as ChangeId[] }, outbox)
      expect(voided).toEqual([follower])
    })
    expect((await lab.show(follower)).state).toBe('void')
    const last = await lab.start(ids)
    await defineGoal(server, { pass_at: 0.5 })
    await lab.commit()
    expect((await lab.show(last)).verdict).toContain('environment changed: the outcome definition')
    await defineGoal(server)
  })

  it('of several changes tests each by a coin of its own, over all units', async () => {
    const ids = await lab.addChanges([line, { path: '/bags.md', line: '- Say it twice.\n' }])
    const id = await lab.start(ids)
    await lab.run(id, {
      units: 250,
      outcome: (arm, ordinal) =>
        rate(55 + (arm[0] === '1' ? 40 : 0) - (arm[1] === '1' ? 45 : 0))(ordinal),
    })
    const found = await lab.show(id)
    expect(found.arms.map(({ arm }: { arm: string }) => arm)).toEqual(['00', '01', '10', '11'])
    expect(found.tests[1].verdict).toBe('rollback')
    expect(found).toMatchObject({ state: 'running', ready: true })
    const promoted = await lab.must(`experiments/${id}/promote`, {})
    expect(promoted.tests.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      'promote',
      'rollback',
      null,
    ])
    expect(await lab.texts()).toEqual({ ...start, '/refunds.md': start['/refunds.md'] + line.line })
    expect((await lab.get(`changes/${ids[1]}`)).status).toBe('proposed')
    expect(await lab.get(`experiments/${id}/verify`)).toMatchObject({ equal: true })
  })

  it('refuses changes of one item, a second experiment on a store, and what is hopeless without a reason', async () => {
    const same = { path: '/refunds.md', line: ' Or 6.\n' }
    const [first] = await lab.addChanges([line])
    const draft = { name: 'x', change_ids: [first], goal: 'resolved', settings }
    const { id } = await lab.must('experiments', draft)
    const refused = await lab.post(`experiments/${id}/start`)
    expect(refused.body.error.details.error_code).toBe('experiment_hopeless')
    expect((await lab.post(`experiments/${id}/start`, { anyway: true })).status).toBe(400)
    const shown = await lab.show(id)
    expect(shown.forecast).toMatchObject({ hopeless: true, units_per_day: 0, days: null })
    await lab.must(`experiments/${id}/start`, { anyway: true, reason: 'a trial' })
    expect((await lab.show(id)).plan.anyway).toBe('a trial')
    const [second] = await lab.addChanges([same])
    const other = await lab.must('experiments', { ...draft, change_ids: [second] })
    const open = await lab.post(`experiments/${other.id}/start`, { anyway: true, reason: 'x' })
    expect(open.body.error.details.error_code).toBe('experiment_open')
    expect((await lab.post('experiments', draft)).body.error.message).toContain(
      'tries one of these',
    )
    expect((await lab.post(`experiments/${id}/promote`)).body.error.details.error_code).toBe(
      'not_proven',
    )
    await lab.must(`experiments/${id}/pause`, { reason: 'a holiday' })
    expect((await lab.post(`experiments/${id}/pause`, { reason: 'again' })).status).toBe(409)
    await lab.must(`experiments/${id}/resume`)
    await lab.must(`experiments/${id}/stop`, { reason: 'enough' })
    expect((await lab.show(id)).verdict).toMatch(/^Not proven: .*stopped by hand: enough/)
  })

  it('is sent back when the store was changed under it, and nothing of it is written', async () => {
    const ids = await lab.addChanges([line])
    const id = await lab.start(ids)
    await lab.run(id, { units: 150, outcome: helpful })
    const memories = await server.client().beta.memoryStores.memories.list(lab.storeId)
    const memory = memories.data.find((one) => 'path' in one && one.path === '/refunds.md')
    await server
      .client()
      .beta.memoryStores.memories.update(String((memory as { id?: string } | undefined)?.id), {
        memory_store_id: lab.storeId,
        content: '- Refunds take 9 days.\n',
      })
    const answer = await lab.post(`experiments/${id}/promote`)
    expect(answer.body.error.details.error_code).toBe('store_moved')
    expect((await lab.show(id)).state).toBe('void')
    expect((await lab.get(`changes/${ids[0]}`)).status).toBe('proposed')
    expect((await lab.texts())['/refunds.md']).toBe('- Refunds take 9 days.\n')
  })

  it('keeps what was promoted when its holdback sees no harm for 500 units and 14 days', async () => {
    const ids = await lab.addChanges([line])
    const id = await lab.start(ids)
    await lab.run(id, { units: 150, outcome: helpful })
    await lab.must(`experiments/${id}/promote`)
    await lab.run(id, { units: 500, outcome: helpful, prefix: 'h' })
    expect((await lab.show(id)).holdback.ended_at).toBeNull()
    skewMs = 15 * 86_400_000
    await lab.commit()
    const found = await lab.show(id)
    expect(found.holdback.ended_at).not.toBeNull()
    expect(found).toMatchObject({ state: 'promoted', share: 1 })
    const { tests } = await lab.get('experiment_season')
    const mine = tests.find((one: { experiment_id: string }) => one.experiment_id === id)
    expect(mine).toMatchObject({ promoted: true })
    expect(['proven', 'provisional']).toContain(mine.standing)
  })
})
