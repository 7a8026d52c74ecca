import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'
import {
  defineGoal,
  type Json,
  type Laboratory,
  line,
  openLaboratory,
  rate,
  settings,
  start,
  unlimited,
} from './_experimenting.ts'
import { ingest } from './_sessions.ts'

let server: TestServer
let lab: Laboratory
let skewMs = 0
beforeAll(async () => {
  server = await startTestServer({}, () => Date.now() + skewMs)
}, 60_000)
afterAll(() => server.stop())
beforeEach(async () => {
  skewMs = 0
  lab = await openLaboratory(server, unlimited)
})

const helpful = (arm: string, ordinal: number) => rate(arm === '1' ? 90 : 45)(ordinal)
const same = (share: number) => (_: string, ordinal: number) => rate(share)(ordinal)
const logOf = async (id: string, kind: string) =>
  (await lab.show(id)).decisions.find((one: Json) => one.kind === kind)
const draft = (ids: readonly string[], more: object = {}) =>
  lab.post('experiments', {
    name: 'again',
    change_ids: ids,
    goal: 'resolved',
    settings,
    ...more,
  })

describe('an experiment whose surroundings changed', () => {
  /** Sessions of one agent that say under which readings they stood: the newest ones. */
  const runOn = async (id: string, models: readonly string[]) => {
    const { data } = await lab.get(`exposures?experiment_id=${id}&limit=${models.length}`)
    for (const [at, model] of models.entries()) {
      await ingest(server, `${data[at].id}-${model}`, {
        agent: { name: 'support', model },
        metadata: { 'lucidream.exposure_id': data[at].id },
      })
    }
  }

  it('is void when its agent runs on another model, and hands its evidence to the one that follows', async () => {
    const ids = await lab.addChanges([line])
    const id = await lab.start(ids)
    await lab.run(id, { units: 60, outcome: helpful })
    await runOn(id, ['claude-opus-5-5', 'claude-opus-5-5'])
    await lab.commit()
    expect((await lab.show(id)).state).toBe('running')
    await lab.run(id, { units: 5, from: 60, outcome: helpful })
    expect((await lab.show(id)).state).toBe('running')
    const { better } = (await lab.show(id)).tests[0].evidence
    await runOn(id, ['claude-sonnet-5-5'])
    await lab.commit()
    const voided = await lab.show(id)
    expect(voided).toMatchObject({ state: 'void' })
    expect(voided.verdict).toContain('environment changed: agent "support" runs on another model')
    expect(voided.tests[0].evidence.better).toBe(better)
    expect((await lab.get(`changes/${ids[0]}`)).status).toBe('accepted')
    expect(await lab.texts()).toEqual(start)
    const next = await lab.start(ids, { follows: id })
    const [test] = (await lab.show(next)).tests
    expect(test).toMatchObject({ units: 0 })
    expect(better).toBeGreaterThan(2)
    expect(test.evidence.better).toBeCloseTo(better, 9)
    await lab.run(next, { units: 20, outcome: helpful, prefix: 'n' })
    expect(await lab.get(`experiments/${next}/verify`)).toMatchObject({ equal: true, units: 20 })
  })

  it('hands its evidence on once, and not to another change, another goal or from broken coins', async () => {
    const ids = await lab.addChanges([line])
    const stop = (id: string) =>
      lab.must(`experiments/${id}/stop`, { reason: 'new grader', environment_changed: true })
    const first = await lab.start(ids)
    await lab.run(first, { units: 40, outcome: helpful })
    await stop(first)
    const second = await lab.start(ids, { follows: first })
    await lab.run(second, { units: 5, outcome: helpful, prefix: 'n' })
    await stop(second)
    const twice = await draft(ids, { follows: first })
    expect(twice.body.error?.message).toContain(`experiment ${second} follows it already`)
    // Another goal under the same name.
    await defineGoal(server, { pass_at: 0.5 })
    const other = await draft(ids, { follows: second })
    expect(other.body.error?.message).toContain('cannot be followed')
    await defineGoal(server)
    // The same change, worded anew.
    await lab.must(`changes/${ids[0]}/edit`, { after: '- Ask twice.\n' })
    await lab.must(`changes/${ids[0]}/accept`, { override: true, reason: 'a test' })
    const reworded = await draft(ids, { follows: second })
    expect(reworded.body.error?.message).toContain('cannot be followed')
    const broken = await lab.start(ids)
    await lab.run(broken, { units: 200, outcome: same(60), coin: (at) => (at % 10 < 8 ? 0 : 1) })
    expect((await lab.show(broken)).state).toBe('void')
    const unsound = await draft(ids, { follows: broken })
    expect(unsound.body.error?.message).toContain('cannot be followed')
  })
})

describe('an experiment that tells of harm', () => {
  it('on a guardrail is rolled back, though its goal got better', async () => {
    const ids = await lab.addChanges([line])
    const guardrails = [{ name: 'manners', signal_kind: 'polite', graded: false, prior_rate: 0.9 }]
    const id = await lab.start(ids, { guardrails })
    await lab.run(id, {
      units: 400,
      outcome: same(60),
      also: (arm, ordinal) => [
        { kind: 'polite', success: rate(arm === '1' ? 35 : 95)(ordinal + 3) },
      ],
    })
    const found = await lab.show(id)
    expect(found).toMatchObject({ state: 'rolled_back' })
    expect(found.verdict).toContain('manners got worse')
    expect(found.tests[0].guardrails).toEqual([
      expect.objectContaining({ name: 'manners', passed: null }),
      expect.objectContaining({ name: 'missing outcomes' }),
    ])
    // Twenty times two watched ones.
    expect(found.tests[0].guardrails[0].worse).toBeGreaterThanOrEqual(40)
    expect(found.tests[0].evidence.worse).toBeLessThan(20)
    expect(await lab.texts()).toEqual(start)
    expect((await lab.get(`changes/${ids[0]}`)).status).toBe('proposed')
  })

  it('by a required guardrail that is not shown to hold is not promoted, whatever its evidence', async () => {
    const guardrails = [
      { name: 'manners', signal_kind: 'polite', required: true, margin: 0.05, graded: false },
    ]
    const id = await lab.start(await lab.addChanges([line]), { guardrails })
    const polite = (_: string, ordinal: number) => [
      { kind: 'polite', success: rate(80)(ordinal + 3) },
    ]
    await lab.run(id, { units: 150, outcome: helpful, also: polite })
    const [test] = (await lab.show(id)).tests
    expect(test.evidence.better).toBeGreaterThan(100)
    expect(test).toMatchObject({ ready: false, guardrails: [{ passed: false }, {}] })
    expect(test.guardrails[0]).toMatchObject({
      margin: 0.05,
      not_worse_needed: 20,
      harm_at: 40,
    })
    expect(test.guardrails[1]).toMatchObject({ name: 'missing outcomes', candidate: 1 })
    const { candidate, incumbent } = test.arms
    const were = Array.from({ length: 150 }, (_, at) => rate(80)(at + 3)).filter(Boolean).length
    const [manners] = test.guardrails
    const shown = manners.candidate * candidate.committed + manners.incumbent * incumbent.committed
    expect(shown).toBeCloseTo(were, 6)
    expect(test.segments.map((one: Json) => one.task_type).toSorted()).toEqual(['change', 'refund'])
    const counted = (arm: string) =>
      test.segments.reduce((sum: number, one: Json) => sum + one[arm].units, 0)
    expect([counted('candidate'), counted('incumbent')]).toEqual([
      candidate.committed,
      incumbent.committed,
    ])
    expect(candidate).toMatchObject({ delivered: candidate.assigned, confirmed: 0 })
    expect(test.series.at(-1)).toMatchObject({ unit: 150, ratio: expect.any(Number) })
    const { data } = await lab.get(`exposures?experiment_id=${id}&limit=1`)
    await lab.must(`exposures/${data[0].id}/confirm`)
    const [after] = (await lab.show(id)).tests
    expect(after.arms.candidate.confirmed + after.arms.incumbent.confirmed).toBe(1)
    const { body } = await lab.post(`experiments/${id}/promote`)
    expect(body.error.details.error_code).toBe('not_proven')
  })

  it('is void when its arms do not have the units that coins gave them, and decides nothing', async () => {
    const ids = await lab.addChanges([line])
    const id = await lab.start(ids)
    // Four of five read the candidate where one half should.
    await lab.run(id, { units: 300, outcome: same(60), coin: (at) => (at % 10 < 8 ? 0 : 1) })
    const found = await lab.show(id)
    expect(found).toMatchObject({ state: 'void', ready: false })
    expect(found.verdict).toMatch(/^Void: it says nothing \(\d+ candidate and \d+ incumbent units/)
    expect(found.tests[0].sample_ratio.evidence).toBeGreaterThanOrEqual(1_000)
    expect(found.tests[0].sample_ratio.expected_share).toBeCloseTo(0.5, 9)
    expect(found.units_committed).toBeLessThan(300)
    expect(await lab.texts()).toEqual(start)
    expect((await lab.get(`changes/${ids[0]}`)).status).toBe('accepted')
    expect((await lab.post(`experiments/${id}/promote`)).status).toBe(409)
  })
})

describe('an experiment of several changes', () => {
  it('is refused where two touch one item, and one of the two may be tried', async () => {
    const path = '/refunds.md'
    const both = await lab.addChanges([
      { path, line: '6 days', replaces: '5 days' },
      { path, line: 'All refunds', replaces: 'Refunds' },
    ])
    const { body } = await draft(both)
    const refused = await lab.post(`experiments/${body.id}/start`, { anyway: true, reason: 'x' })
    expect(refused.status).toBe(409)
    expect(refused.body.error.message).toContain('two changes touch the same item of /refunds.md')
    expect((await lab.show(body.id)).state).toBe('draft')
    await lab.must(`experiments/${body.id}/stop`, { reason: 'they clash' })
    for (const id of both) {
      expect((await lab.get(`changes/${id}`)).status).toBe('proposed')
      await lab.must(`changes/${id}/accept`, { override: true, reason: 'a test' })
    }
    const alone = await lab.start(both.slice(1))
    expect((await lab.show(alone)).state).toBe('running')
  })

  it('over different items keeps a test for each, which is that of the change alone', async () => {
    const ids = await lab.addChanges([line, { path: '/bags.md', line: '- Say it twice.\n' }])
    const id = await lab.start(ids)
    const outcome = (arm: string, ordinal: number) => rate(arm[0] === '1' ? 85 : 35)(ordinal)
    await lab.run(id, { units: 80, outcome })
    const [first, second] = (await lab.show(id)).tests
    expect(first).toMatchObject({ change_id: ids[0], units: 80 })
    expect(second).toMatchObject({ change_id: ids[1], units: 80 })
    expect(first.evidence.better).toBeGreaterThan(5 * second.evidence.better)
    expect(first.arms.candidate.assigned + first.arms.incumbent.assigned).toBe(80)
    const { arms } = await lab.show(id)
    expect(arms).toHaveLength(4)
    expect(arms.every(({ assigned }: Json) => assigned > 0)).toBe(true)
    expect(new Set(arms.map((arm: Json) => arm.content_hash)).size).toBe(4)
    expect(await lab.get(`experiments/${id}/verify`)).toMatchObject({ equal: true, units: 80 })
  })
})

describe('what was promoted', () => {
  const promote = async () => {
    const ids = await lab.addChanges([line])
    const id = await lab.start(ids)
    await lab.run(id, { units: 150, outcome: helpful })
    await lab.must(`experiments/${id}/promote`)
    return { id, ids }
  }
  const texts = { ...start, '/refunds.md': start['/refunds.md'] + line.line }

  it('and drifts is not taken back: the alarm begins the holdback anew, once', async () => {
    const { id } = await promote()
    const before = (await lab.show(id)).holdback
    skewMs = 13 * 86_400_000
    await lab.run(id, { units: 120, outcome: same(40), prefix: 'd' })
    const found = await lab.show(id)
    expect(found).toMatchObject({ state: 'promoted', share: 0.9 })
    expect(await lab.texts()).toEqual(texts)
    const drifts = found.decisions.filter(({ kind }: Json) => kind === 'drifted')
    expect(drifts).toHaveLength(1)
    expect(drifts[0].detail.reasons[0]).toContain('fell below')
    const { holdback } = found
    expect(holdback.ended_at).toBeNull()
    expect(Date.parse(holdback.until) - Date.parse(before.until)).toBeGreaterThan(12 * 86_400_000)
    // 500 units since the promotion are not 500 since the alarm, and neither are 14 days.
    skewMs = 28 * 86_400_000
    await lab.run(id, { units: 420, outcome: same(40), prefix: 'e' })
    expect((await lab.show(id)).holdback.ended_at).toBeNull()
    await lab.run(id, { units: 120, outcome: same(40), prefix: 'f' })
    const ended = await lab.show(id)
    expect(ended.holdback.ended_at).not.toBeNull()
    expect(ended.state).toBe('promoted')
    expect(await lab.texts()).toEqual(texts)
    expect(await lab.get(`experiments/${id}/verify`)).toMatchObject({ equal: true })
  })

  it('and does harm is taken back by itself, which is an incident that says what was done', async () => {
    const { id, ids } = await promote()
    await lab.run(id, {
      units: 300,
      outcome: (arm, at) => rate(arm === '1' ? 25 : 90)(at),
      prefix: 'h',
    })
    expect(await lab.show(id)).toMatchObject({ state: 'rolled_back' })
    expect(await lab.texts()).toEqual(start)
    const [incident, ...others] = (await lab.get('regressions')).data.filter(
      (one: Json) => one.experiment_id === id,
    )
    expect(others).toEqual([])
    expect(incident).toMatchObject({
      type: 'regression',
      memory_store_id: lab.storeId,
      change_ids: ids,
      paths: ['/refunds.md'],
      rolled_back: true,
    })
    expect(incident.id).toMatch(/^incd_/)
    expect(incident.reason).toContain('the goal got worse')
    const log = await logOf(id, 'rolled_back')
    expect(log.actor).toMatchObject({ type: 'service_account', id })
    const { data } = await lab.get(`audit_records?object_id=${incident.id}`)
    expect(data).toMatchObject([{ action: 'regression.completed' }])
  })

  it('and does harm where somebody built on it stays, and the incident asks for a person', async () => {
    const { id } = await promote()
    const listed = await server.client().beta.memoryStores.memories.list(lab.storeId)
    const memory: Json = listed.data.find((one: Json) => one.path === '/refunds.md')
    const content = texts['/refunds.md'].replace('order number', 'order number and the name')
    await server
      .client()
      .beta.memoryStores.memories.update(memory.id, { memory_store_id: lab.storeId, content })
    await lab.run(id, {
      units: 300,
      outcome: (arm, at) => rate(arm === '1' ? 25 : 90)(at),
      prefix: 'h',
    })
    const found = await lab.show(id)
    expect(found).toMatchObject({ state: 'promoted', holdback: { ended_at: expect.any(String) } })
    expect((await lab.texts())['/refunds.md']).toBe(content)
    const [incident] = (await lab.get('regressions')).data.filter(
      (one: Json) => one.experiment_id === id,
    )
    expect(incident).toMatchObject({ rolled_back: false, paths: [] })
    expect(incident.reason).toContain('a person has to roll it back')
  })

  it('is taken back at one hard stop of a unit that reads it, and at none of the others', async () => {
    const { id } = await promote()
    await lab.run(id, { units: 40, outcome: () => null, prefix: 'h' })
    const { data } = await lab.get(`exposures?experiment_id=${id}&limit=40`)
    const of = (arm: string) => data.find((one: Json) => one.arm === arm).id
    await lab.tell(of('0'), { kind: 'safety_incident', success: false })
    await lab.commit()
    expect((await lab.show(id)).state).toBe('promoted')
    await lab.tell(of('1'), { kind: 'safety_incident', success: false })
    await lab.commit()
    expect(await lab.show(id)).toMatchObject({ state: 'rolled_back' })
    expect(await lab.texts()).toEqual(start)
  })
})

describe('a paused experiment', () => {
  it('assigns nobody, counts those it has, and goes on or is aborted with its reason', async () => {
    const ids = await lab.addChanges([line])
    const id = await lab.start(ids)
    await lab.assign(id, { units: 20, outcome: helpful })
    await lab.must(`experiments/${id}/pause`, { reason: 'a freeze' })
    await lab.commit()
    expect(await lab.show(id)).toMatchObject({ state: 'paused', share: 0, units_committed: 20 })
    const read = await server.fetch(`/lucid/v1/checkout?store=${lab.storeId}&unit=new`)
    expect(await read.json()).not.toHaveProperty('arm')
    const { data } = await lab.get('exposures?unit=new&limit=1')
    expect(data).toMatchObject([{ arm: null, via: 'checkout' }])
    await lab.must(`experiments/${id}/resume`)
    expect((await lab.show(id)).share).toBe(0.5)
    await lab.must(`experiments/${id}/stop`, { reason: 'errors everywhere' })
    const ended = await lab.show(id)
    expect(ended).toMatchObject({ state: 'inconclusive', share: 0 })
    expect(ended.verdict).toContain('stopped by hand: errors everywhere')
    expect(await logOf(id, 'paused')).toMatchObject({ detail: { reason: 'a freeze' } })
    expect((await lab.get(`changes/${ids[0]}`)).status).toBe('proposed')
    expect(await lab.texts()).toEqual(start)
  })
})
