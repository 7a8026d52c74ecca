import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { putPolicy } from '../_policies.ts'
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

let server: TestServer
let lab: Laboratory
let skewMs = 0
beforeAll(async () => {
  server = await startTestServer({}, () => Date.now() + skewMs)
}, 60_000)
afterAll(() => server.stop())
beforeEach(() => {
  skewMs = 0
})

const helpful = (arm: string, ordinal: number) => rate(arm === '1' ? 85 : 45)(ordinal)
const draftOf = async (ids: readonly string[], more: object = {}) =>
  (
    await lab.must('experiments', {
      name: 'x',
      change_ids: ids,
      goal: 'resolved',
      settings,
      ...more,
    })
  ).id as string
const begin = (id: string) =>
  lab.post(`experiments/${id}/start`, { anyway: true, reason: 'nobody reads it yet' })
const required = { low: 'required', medium: 'required', high: 'required', critical: 'required' }

describe('an experiment that asks for less than its policies demand', () => {
  it('is refused at the start, each demand with its rule, limit, value and fix; what is enough starts', async () => {
    lab = await openLaboratory(server, {
      ...unlimited,
      'rollout.unit': ['actor', 'session'],
      'rollout.metrics': {
        goal: { name: 'resolved', minEffect: 0.03 },
        guardrails: [{ name: 'tokens', maxRise: 0.1 }],
      },
      'rollout.analysis': {
        attribution: '8d',
        minUnitsPerArm: 40,
        minTaskTypes: 3,
        minPrincipals: 3,
        maxUnits: 1500,
      },
    })
    const ids = await lab.addChanges([line])
    const less = await draftOf(ids, { unit: 'workspace' })
    const refused = await begin(less)
    expect(refused.status).toBe(403)
    expect(refused.body.error.details.error_code).toBe('rollout_refused')
    const { message } = refused.body.error
    for (const said of [
      `Experiment ${less} may not start.`,
      'rollout.unit: workspace, and policy wants actor or session. Say another unit',
      'rollout.metrics.goal.minEffect: 2 points, and policy wants at least 3 points. Say settings.minimum_effect',
      'rollout.metrics.guardrails: no guardrail tokens, and policy wants a guardrail tokens.',
      'rollout.analysis.attribution: 168 hours, and policy wants at least 192 hours.',
      'rollout.analysis.minUnitsPerArm: 30 units, and policy wants at least 40 units.',
      'rollout.analysis.minTaskTypes: 2 types of task, and policy wants at least 3 types of task.',
      'rollout.analysis.minPrincipals: 2 principals, and policy wants at least 3 principals.',
      'rollout.analysis.maxUnits: 2000 units, and policy wants at most 1500 units.',
    ]) {
      expect(message).toContain(said)
    }
    // Nothing of it is there but the decision.
    expect(await lab.show(less)).toMatchObject({ state: 'draft', arms: [], tests: [] })
    const change = await lab.get(`changes/${ids[0]}`)
    expect(change.decisions[0]).toMatchObject({ moment: 'try', verdict: 'deny' })
    const rules = change.decisions[0].reasons.map(({ rule }: Json) => rule)
    expect(rules).toContain('rollout.analysis.minUnitsPerArm')
    expect(change).toMatchObject({ status: 'accepted', decision: { verdict: 'allow' } })
    const { data } = await lab.get(`audit_records?object_id=${less}&limit=10`)
    expect(data[0].action).toBe('experiment.refused')
    await lab.must(`experiments/${less}/stop`, { reason: 'too little' })
    await lab.must(`changes/${ids[0]}/accept`, { override: true, reason: 'a test' })
    const enough = await draftOf(ids, {
      deadline_seconds: 8 * 86_400,
      guardrails: [
        { name: 'tokens', measure: 'tokens', reference: 1_000, required: true, margin: 0.03 },
      ],
      settings: {
        ...settings,
        minimum_effect: 0.03,
        least_units_per_arm: 40,
        least_strata: 3,
        least_principals: 3,
        max_units: 1_500,
      },
    })
    expect((await begin(enough)).body).toMatchObject({ state: 'running' })
    const tried = (await lab.get(`changes/${ids[0]}`)).decisions[0]
    expect(tried).toMatchObject({ moment: 'try', verdict: 'allow' })
  })

  it('of several policies the stricter one holds, and an audited one refuses nothing', async () => {
    lab = await openLaboratory(server, { ...unlimited, 'rollout.analysis.minPrincipals': 3 })
    await putPolicy(server.context, { ...unlimited, 'rollout.analysis.minPrincipals': 5 }, 'second')
    const ids = await lab.addChanges([line])
    const four = { settings: { ...settings, least_principals: 4 } }
    const { body } = await begin(await draftOf(ids, four))
    expect(body.error.message).toContain('4 principals, and policy wants at least 5 principals')
    expect(body.error.message).not.toContain('at least 3 principals')
    const off = { ...unlimited, mode: 'audit', 'rollout.analysis.minPrincipals': 5 }
    await putPolicy(server.context, off, 'second')
    lab = await openLaboratory(server, { ...unlimited, 'rollout.analysis.minPrincipals': 3 })
    const others = await lab.addChanges([line])
    expect((await begin(await draftOf(others, four))).body).toMatchObject({ state: 'running' })
    await putPolicy(server.context, { mode: 'off' }, 'second')
  })

  it('is refused where its change is not let through any more, or nothing is while it is paused', async () => {
    lab = await openLaboratory(server, unlimited)
    const id = await draftOf(await lab.addChanges([line]))
    await putPolicy(server.context, { ...unlimited, 'schedule.paused': true })
    expect((await begin(id)).body.error.message).toContain('schedule.paused: paused')
    const forbidden = [{ paths: ['/refunds.md'], operations: ['*'] }]
    await putPolicy(server.context, { ...unlimited, 'scope.deny': forbidden })
    expect((await begin(id)).body.error.message).toContain('scope.deny')
    await putPolicy(server.context, unlimited)
    expect((await begin(id)).status).toBe(200)
  })
})

describe('what policies set', () => {
  it('is fixed at the start: threshold, coverage, ramp, time and holdback', async () => {
    lab = await openLaboratory(server, {
      ...unlimited,
      'rollout.analysis': {
        alpha: 0.01,
        minOutcomeCoverage: 0.9,
        maxDuration: '28d',
        maxUnits: 900,
      },
      'rollout.steps': [{ weight: 5, minUnits: 20, minDuration: '24h' }, { weight: 40 }],
      'rollout.afterPromotion': { watch: '30d', holdback: 20 },
    })
    const ids = await lab.addChanges([line])
    const open = await draftOf(ids, { settings: { smallest_effect: 0.05 } })
    expect((await begin(open)).body.plan.test.mostUnits).toBe(900)
    await lab.must(`experiments/${open}/stop`, { reason: 'the other one' })
    await lab.must(`changes/${ids[0]}/accept`, { override: true, reason: 'a test' })
    const id = await draftOf(ids, { settings: { ...settings, max_units: 900 } })
    const { body } = await begin(id)
    expect(body.share).toBe(0.05)
    expect(body.plan).toMatchObject({
      mostMs: 28 * 86_400_000,
      holdback: { pi: 0.8, leastMs: 30 * 86_400_000 },
      test: { threshold: 100, leastCoverage: 0.9 },
    })
    expect(body.tests[0].evidence.needed).toBe(100)
    await putPolicy(server.context, unlimited)
    // Enough units, and not yet a day.
    await lab.run(id, { units: 500, outcome: (_, at) => rate(60)(at) })
    expect(await lab.show(id)).toMatchObject({ state: 'running', stage: 0, share: 0.05 })
    skewMs = 25 * 3_600_000
    await lab.run(id, { units: 20, from: 500, outcome: (_, at) => rate(60)(at) })
    const ramped = await lab.show(id)
    expect(ramped).toMatchObject({ state: 'running', stage: 1, share: 0.1 })
    expect(ramped.ramp).toMatchObject([
      {
        share: 0.05,
        until_candidates: 20,
        least_seconds: 86_400,
        state: 'left',
        entered_at: ramped.started_at,
      },
      { share: 0.1, until_candidates: 50, state: 'current', entered_at: expect.any(String) },
      { share: 0.25, state: 'ahead', entered_at: null, entered_at_unit: null },
      { share: 0.4, until_candidates: null, state: 'ahead' },
    ])
    expect(ramped.ramp[1].entered_at_unit).toBe(520)
    expect(ramped.forecast).toMatchObject({ units_per_day: expect.any(Number) })
    expect(await lab.get(`experiments/${id}/verify`)).toMatchObject({ equal: true, units: 520 })
    skewMs = 29 * 86_400_000
    await lab.commit()
    const ended = await lab.show(id)
    expect(ended.state).toBe('inconclusive')
    expect(ended.verdict).toContain('28 days are over')
  })

  it('holds a promotion until enough outcomes are known, and keeps the holdback as large and long', async () => {
    lab = await openLaboratory(server, {
      ...unlimited,
      'rollout.analysis.minOutcomeCoverage': 0.99,
      'rollout.afterPromotion': { watch: '30d', holdback: 30 },
    })
    const id = await lab.start(await lab.addChanges([line]), { deadline_seconds: 3_600 })
    // One of twenty is never heard of.
    await lab.run(id, {
      units: 150,
      outcome: (arm, at) => (at % 20 === 0 ? null : helpful(arm, at)),
    })
    skewMs = 3_700_000
    await lab.commit()
    const [held] = (await lab.show(id)).tests
    expect(held.evidence.better).toBeGreaterThan(20)
    expect(held.ready).toBe(false)
    expect(held.reasons.join()).toMatch(
      /outcomes of \d+ % of the units of one arm are known, of 99 %/,
    )
    await lab.must(`experiments/${id}/stop`, { reason: 'enough' })
    lab = await openLaboratory(server, {
      ...unlimited,
      'rollout.afterPromotion': { watch: '30d', holdback: 30 },
    })
    const next = await lab.start(await lab.addChanges([line]))
    await lab.run(next, { units: 150, outcome: helpful })
    const promoted = await lab.must(`experiments/${next}/promote`)
    expect(promoted.share).toBe(0.7)
    const length = Date.parse(promoted.holdback.until) - Date.parse(promoted.ended_at)
    expect(length).toBe(30 * 86_400_000)
  })
})

describe('a change that policy wants proven', () => {
  it('is accepted and waits, whoever applies it, until an experiment proved it', async () => {
    lab = await openLaboratory(server, { ...unlimited, 'rollout.experiment': required })
    const ids = await lab.addChanges([line])
    const [change] = ids
    const { dream_id } = await lab.get(`changes/${change}`)
    const applied = await lab.post(`dreams/${dream_id}/apply`)
    expect(JSON.stringify(applied.body)).toContain('rollout.experiment.low')
    expect(await lab.texts()).toEqual(start)
    expect((await lab.get(`changes/${change}`)).status).toBe('accepted')
    const id = await lab.start(ids)
    await lab.run(id, { units: 150, outcome: helpful })
    await lab.must(`experiments/${id}/promote`)
    expect((await lab.get(`changes/${change}`)).status).toBe('applied')
  })

  it('is promoted by those whom the policy names, and by nobody else', async () => {
    lab = await openLaboratory(server, { ...unlimited, 'rollout.promote.from': ['group:leads'] })
    const id = await lab.start(await lab.addChanges([line]))
    await lab.run(id, { units: 150, outcome: helpful })
    const jane = await server.makeKeyFor(
      { owner: 'jane', roles: ['admin'] },
      'review',
      'memory:write',
    )
    const refused = await lab.post(`experiments/${id}/promote`, {}, jane)
    expect(refused.status).toBe(403)
    expect(refused.body.error.message).toContain(
      'rollout.promote.from: user:jane, and policy wants group:leads. One of them has to promote it.',
    )
    expect(await lab.show(id)).toMatchObject({ state: 'running', ready: true })
    expect(await lab.texts()).toEqual(start)
    const program = await server.makeKeyFor(null, 'review', 'memory:write')
    expect((await lab.post(`experiments/${id}/promote`, {}, program)).status).toBe(403)
    const lead = await server.makeKeyFor(
      { owner: 'ann', groups: ['leads'] },
      'review',
      'memory:write',
    )
    const { body } = await lab.post(`experiments/${id}/promote`, {}, lead)
    expect(body.state).toBe('promoted')
  })

  it('is not promoted where policy demands more by now than it was tried with', async () => {
    lab = await openLaboratory(server, unlimited)
    const id = await lab.start(await lab.addChanges([line]))
    await lab.run(id, { units: 150, outcome: helpful })
    await putPolicy(server.context, { ...unlimited, 'rollout.unit': 'actor' })
    const { body } = await lab.post(`experiments/${id}/promote`)
    expect(body.error.message).toContain(
      `Experiment ${id} may not be promoted. rollout.unit: session`,
    )
    expect(await lab.show(id)).toMatchObject({ state: 'running', ready: true })
    await defineGoal(server)
  })
})
