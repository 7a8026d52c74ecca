import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { putPolicy } from '../_policies.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import {
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
beforeAll(async () => {
  server = await startTestServer()
}, 60_000)
afterAll(() => server.stop())

const helpful = (arm: string, ordinal: number) => rate(arm === '1' ? 85 : 45)(ordinal)
const changed = { ...start, '/refunds.md': start['/refunds.md'] + line.line }
const auto = { ...unlimited, 'rollout.promote.mode': 'auto' }

describe('a change that is proven', () => {
  const show = (lab: Laboratory, id: string) => lab.get(`experiments/${id}`)
  const evidence = async (lab: Laboratory, id: string) =>
    (await show(lab, id)).tests[0].evidence.better as number
  /** Until a person may promote and E is at least so much, or the experiment is over. */
  const runUntil = async (lab: Laboratory, id: string, least: number) => {
    for (let round = 0; round < 60; round += 1) {
      const { state, ready, units_assigned: from } = await show(lab, id)
      if (state !== 'running' || (ready && (await evidence(lab, id)) >= least)) return
      await lab.run(id, { from, units: 5, outcome: helpful })
    }
  }

  it('is promoted without a person at E = 100 and not at 20, where policy says so', async () => {
    const lab = await openLaboratory(server, auto)
    const [change] = await lab.addChanges([line])
    const id = await lab.start([String(change)])
    expect((await show(lab, id)).plan.unattended).toBe(true)
    await runUntil(lab, id, 20)
    expect(await evidence(lab, id)).toBeLessThan(100)
    expect(await show(lab, id)).toMatchObject({ state: 'running', ready: true })
    expect(await lab.texts()).toEqual(start)
    await runUntil(lab, id, 100)
    const promoted = await show(lab, id)
    expect(promoted).toMatchObject({ state: 'promoted', share: 0.9 })
    expect(promoted.tests[0].evidence.better).toBeGreaterThanOrEqual(100)
    expect(await lab.texts()).toEqual(changed)
    const decision = promoted.decisions.find(({ kind }: Json) => kind === 'promoted')
    expect(decision).toMatchObject({
      detail: { by: 'policy', changes: [change] },
      actor: { type: 'service_account', id },
    })
    const { data } = await lab.get(`audit_records?object_id=${id}&limit=100`)
    const record = data.find(({ action }: Json) => action === 'experiment.promoted')
    expect(record.actor).toMatchObject({ type: 'service_account', id })
    expect((await lab.get(`changes/${change}`)).decision).toMatchObject({ verdict: 'allow' })
  })

  it('waits for a person at any evidence, where policy does not say so or wants approvals', async () => {
    for (const policy of [
      unlimited,
      { ...auto, 'approvals.low': { mode: 'required', count: 1, from: ['role:admin'] } },
    ]) {
      const lab = await openLaboratory(server, policy)
      const id = await lab.start(await lab.addChanges([line]))
      expect((await show(lab, id)).plan.unattended).toBe(false)
      await runUntil(lab, id, 400)
      expect(await evidence(lab, id)).toBeGreaterThan(100)
      expect(await show(lab, id)).toMatchObject({ state: 'running', ready: true })
      expect(await lab.texts()).toEqual(start)
    }
  })

  it('waits for a person when policy was changed since the start, in either direction', async () => {
    const lab = await openLaboratory(server, auto)
    const id = await lab.start(await lab.addChanges([line]))
    await putPolicy(server.context, unlimited)
    await runUntil(lab, id, 400)
    expect(await show(lab, id)).toMatchObject({ state: 'running', ready: true })
    const late = await openLaboratory(server, unlimited)
    const other = await late.start(await late.addChanges([line]))
    await putPolicy(server.context, auto)
    await runUntil(late, other, 400)
    expect(await show(late, other)).toMatchObject({ state: 'running', ready: true })
  })

  it('waits while somebody has paused it', async () => {
    const lab = await openLaboratory(server, auto)
    const id = await lab.start(await lab.addChanges([line]))
    await lab.assign(id, { units: 150, outcome: helpful })
    await lab.must(`experiments/${id}/pause`, { reason: 'an incident elsewhere' })
    await lab.commit()
    expect(await evidence(lab, id)).toBeGreaterThan(100)
    expect(await show(lab, id)).toMatchObject({ state: 'paused', ready: true })
    expect(await lab.texts()).toEqual(start)
    await lab.must(`experiments/${id}/resume`)
    await lab.commit()
    expect((await show(lab, id)).state).toBe('promoted')
  })

  it('waits for the window of its policy', async () => {
    const closed = { freezes: [{ from: '2000-01-01', to: '2100-01-01', reason: 'the year end' }] }
    const lab = await openLaboratory(server, auto)
    const id = await lab.start(await lab.addChanges([line]))
    await putPolicy(server.context, { ...auto, schedule: closed })
    await runUntil(lab, id, 400)
    expect(await show(lab, id)).toMatchObject({ state: 'running', ready: true })
    await putPolicy(server.context, auto)
    await lab.commit()
    // Another version of the policy says the same: what was approved under no approvals needs none.
    expect((await show(lab, id)).state).toBe('promoted')
  })
})

describe('budgets.concurrentExperiments', () => {
  it('refuses one more by name, over all stores of the policy, also when two start at once', async () => {
    const name = 'few'
    const only = { 'appliesTo.stores': ['lab-*'], 'budgets.concurrentExperiments': 2 }
    const labs = []
    for (let at = 0; at < 4; at += 1) {
      const lab = await openLaboratory(server, unlimited)
      labs.push({ lab, changes: await lab.addChanges([line]) })
    }
    const any = await openLaboratory(server, unlimited)
    const { data: open } = await any.get('experiments?state=running&limit=100')
    for (const { id } of open) await any.must(`experiments/${id}/stop`, { reason: 'x' })
    await putPolicy(server.context, only, name)
    const drafts: { lab: Laboratory; id: string }[] = []
    for (const { lab, changes } of labs) {
      const draft = { name: 'x', change_ids: changes, goal: 'resolved', settings }
      drafts.push({ lab, id: (await lab.must('experiments', draft)).id })
    }
    const begin = ({ lab, id }: { lab: Laboratory; id: string }) =>
      lab.post(`experiments/${id}/start`, { anyway: true, reason: 'a trial' })
    const [first, second, third, fourth] = drafts as [Json, Json, Json, Json]
    expect((await begin(first)).status).toBe(200)
    const answers = await Promise.all([second, third, fourth].map(begin))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 403, 403])
    const refused = answers.find(({ status }) => status === 403)
    expect(refused?.body.error.message).toBe(
      'Policy few allows 2 experiments at the same time (budgets.concurrentExperiments), and 2 are open. Stop one first.',
    )
    // What was refused left nothing behind, and starts once there is room.
    const left = [second, third, fourth].filter((_, at) => answers[at]?.status === 403)
    expect((await show(left[0])).state).toBe('draft')
    await first.lab.must(`experiments/${first.id}/stop`, { reason: 'room' })
    expect((await begin(left[0])).status).toBe(200)
    expect((await begin(left[1])).status).toBe(403)
  })

  const show = ({ lab, id }: { lab: Laboratory; id: string }) => lab.get(`experiments/${id}`)
})
