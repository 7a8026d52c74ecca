import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'
import { defineGoal, type Laboratory, line, openLaboratory, rate, start } from './_experimenting.ts'

let server: TestServer
let lab: Laboratory
let skewMs = 0
beforeAll(async () => {
  server = await startTestServer({}, () => Date.now() + skewMs)
}, 60_000)
afterAll(() => server.stop())
afterEach(() => lab.stopRunning())

/** Nothing is above it here: that a capped signal does not count has tests of its own. */
const wideCap = { cap: { share: 0.9, minimum: 1_000 } }

/** Every second unit is spoken of by one who wants the candidate; the others by honest people who see no difference. */
const isMallory = (ordinal: number) => ordinal % 2 === 0
const forged = (arm: string, ordinal: number) =>
  isMallory(ordinal) ? arm === '1' : rate(50)(ordinal)
const byMallory = (ordinal: number) => (isMallory(ordinal) ? 'mallory' : `person-${ordinal % 7}`)

describe('a promotion that rests on the word of one principal', () => {
  it('is held, says on whom it rests, and is refused', async () => {
    lab = await openLaboratory(server)
    await defineGoal(server, wideCap)
    const id = await lab.start(await lab.addChanges([line]))
    await lab.run(id, { units: 400, outcome: forged, voice: byMallory })
    const found = await lab.show(id)
    const [test] = found.tests
    expect(test.evidence.better).toBeGreaterThan(20)
    expect(found).toMatchObject({ state: 'running', ready: false })
    expect(test.ready).toBe(false)
    expect(test.leave_one_out).toMatchObject({
      ready: false,
      proven: false,
      rests_on: { principal: 'mallory' },
    })
    expect(test.leave_one_out.rests_on.better).toBeLessThan(20)
    expect(test.reasons.join()).toContain('without what mallory said')
    expect(await lab.kinds(id)).toEqual(expect.arrayContaining(['ready', 'held']))
    const refused = await lab.post(`experiments/${id}/promote`, { reason: 'it works' })
    expect(refused.status).toBe(409)
    expect(refused.body.error.message).toMatch(/cannot be promoted yet: without what mallory said/)
    expect(await lab.texts()).toEqual(start)
    // What is asked again and answered the same is not written again.
    const before = (await lab.kinds(id)).length
    await lab.commit()
    expect((await lab.kinds(id)).length).toBe(before)
  })

  it('goes through once others say the same of the same units, by the deadline', async () => {
    lab = await openLaboratory(server)
    await defineGoal(server, wideCap)
    const id = await lab.start(await lab.addChanges([line]), { deadline_seconds: 3_600 })
    const helpful = (arm: string, ordinal: number) => rate(arm === '1' ? 95 : 35)(ordinal)
    await lab.run(id, { units: 300, outcome: helpful, voice: byMallory })
    await lab.run(id, {
      units: 300,
      outcome: helpful,
      voice: (ordinal) => `person-${ordinal % 7}`,
      prefix: 'more',
    })
    expect(await lab.show(id)).toMatchObject({ ready: false })
    expect((await lab.show(id)).tests[0].leave_one_out.rests_on).toMatchObject({ waits: true })
    skewMs += 3_700_000
    await lab.commit()
    // Missing where only mallory spoke, in both arms; the others' word is enough.
    const found = await lab.show(id)
    expect(found.tests[0].leave_one_out).toMatchObject({ ready: true, rests_on: null, voices: 8 })
    expect(await lab.kinds(id)).toEqual(expect.arrayContaining(['ready', 'held', 'stands']))
    expect(await lab.must(`experiments/${id}/promote`, { reason: 'ok' })).toMatchObject({
      state: 'promoted',
    })
    expect(await lab.get(`experiments/${id}/verify`)).toMatchObject({ equal: true })
  })

  it('is not asked about where the definition caps nobody', async () => {
    lab = await openLaboratory(server)
    await defineGoal(server, { cap: null })
    const id = await lab.start(await lab.addChanges([line]))
    await lab.run(id, { units: 400, outcome: forged, voice: () => 'mallory' })
    const found = await lab.show(id)
    expect(found).toMatchObject({ ready: true })
    expect(found.tests[0].leave_one_out).toBeNull()
  })
})
