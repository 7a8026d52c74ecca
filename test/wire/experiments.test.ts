import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'
import { type Laboratory, openLaboratory, rate, settings, start } from './_experimenting.ts'

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

const line = { path: '/refunds.md', line: '- Ask for the order number first.\n' }
const helpful = (arm: string, ordinal: number) => rate(arm === '1' ? 95 : 35)(ordinal)
const harmful = (arm: string, ordinal: number) => rate(arm === '1' ? 20 : 90)(ordinal)
const show = (id: string) => lab.get(`experiments/${id}`)
const kinds = async (id: string) =>
  (await show(id)).decisions.map(({ kind }: { kind: string }) => kind)

describe('an experiment', () => {
  it('proves a change that helps, waits for a person, writes it in one burst and keeps a holdback', async () => {
    const ids = await lab.addChanges([line])
    const id = await lab.start(ids)
    const before = await lab.texts()
    await lab.run(id, { units: 800, outcome: helpful })
    const ready = await show(id)
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
    expect(await kinds(id)).toEqual(
      expect.arrayContaining(['created', 'started', 'ramped', 'ready']),
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
    const after = await show(id)
    expect(after).toMatchObject({ state: 'rolled_back' })
    expect(await lab.texts()).toEqual(before)
    expect((await lab.get(`changes/${ids[0]}`)).status).toBe('rolled_back')
    expect(await lab.get(`experiments/${id}/verify`)).toMatchObject({ equal: true })
  })

  it('rolls back a change that does harm, with the store untouched and the change a proposal again', async () => {
    const ids = await lab.addChanges([line])
    const id = await lab.start(ids)
    await lab.run(id, { units: 800, outcome: harmful })
    const found = await show(id)
    expect(found.state).toBe('rolled_back')
    expect(found.verdict).toMatch(/^Rolled back: after \d+ units the effect lies between −?-\d/)
    expect(await lab.texts()).toEqual(start)
    expect(await lab.get(`changes/${ids[0]}`)).toMatchObject({ status: 'proposed' })
    expect(found.units_committed).toBeLessThan(800)
    const { exposure_id } = await lab.get(`/lucid/v1/checkout?store=${lab.storeId}&unit=later`)
    expect(exposure_id).toMatch(/^expo_/)
  })

  it('that shows nothing until its units are used up is not proven', async () => {
    const id = await lab.start(await lab.addChanges([line]), {
      settings: { ...settings, max_units: 60 },
    })
    await lab.run(id, { units: 70, outcome: (_, ordinal) => rate(60)(ordinal) })
    const found = await show(id)
    expect(found).toMatchObject({ state: 'inconclusive', units_committed: 60 })
    expect(found.verdict).toMatch(/^Not proven: after 60 units .* the incumbent stays/)
    expect((await lab.post(`experiments/${id}/promote`)).body.error.message).toContain(
      'cannot be promoted',
    )
  })
})
