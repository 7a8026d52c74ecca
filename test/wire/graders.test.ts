import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../_server.ts'
import { type Json, type Laboratory, line, openLaboratory } from './_experimenting.ts'

let server: TestServer
let lab: Laboratory
let skewMs = 0
beforeAll(async () => {
  server = await startTestServer({}, () => Date.now() + skewMs)
}, 60_000)
afterAll(() => server.stop())
beforeEach(async () => {
  skewMs = 0
  lab = await openLaboratory(server)
})

/** An experiment with units that read the store and of which nothing was heard. */
async function startWith(units: number, given: Readonly<Record<string, unknown>> = {}) {
  const ids = await lab.addChanges([line])
  const id = await lab.start(ids, given)
  await lab.run(id, { units, outcome: () => null })
  return { ids, id }
}
const exposureOf = async (id: string, unit: number): Promise<string> =>
  (await lab.get(`exposures?experiment_id=${id}&unit=u${unit}`)).data[0].id

/** No more than two may be open. */
const stop = (id: string) => lab.must(`experiments/${id}/stop`, { reason: 'seen enough' })

let told = 0
async function tell(exposure: string, version: string | number | null, more: object = {}) {
  told += 1
  const { data } = await lab.must('outcome_signals', {
    signals: [
      {
        source: 'grader',
        idempotency_key: `told ${told}`,
        kind: 'resolved',
        success: told % 2 === 0,
        components: version === null ? {} : { grader_version: version },
        subjects: [{ type: 'exposure_id', value: exposure }],
        ...more,
      },
    ],
  })
  expect(data).toMatchObject([{ state: 'stored' }])
}

describe('the version of a grader', () => {
  it('is frozen by the first units that it decides; another one makes the experiment void, with its E kept', async () => {
    const { ids, id } = await startWith(4)
    await tell(await exposureOf(id, 0), 'rubric-7')
    await tell(await exposureOf(id, 1), 'rubric-7')
    await lab.commit()
    const before = await lab.show(id)
    expect(before).toMatchObject({ state: 'running', units_committed: 2 })
    const frozen = before.decisions.filter(({ kind }: Json) => kind === 'graders_frozen')
    expect(frozen).toMatchObject([
      { detail: { graders: [{ source: 'grader', kind: 'resolved', version: 'rubric-7' }] } },
    ])
    // Its turn has not come, since the unit before it waits: it is noticed all the same.
    await tell(await exposureOf(id, 3), 'rubric-8')
    await lab.commit()
    const after = await lab.show(id)
    expect(after).toMatchObject({ state: 'void', units_committed: 2 })
    expect(after.verdict).toContain(
      'environment changed: the grader of resolved from grader is version "rubric-8" now and was "rubric-7"',
    )
    expect(after.tests[0].evidence).toEqual(before.tests[0].evidence)
    expect(await lab.get(`experiments/${id}/verify`)).toMatchObject({ equal: true, units: 2 })
    // The next one goes on from there, and freezes what decides it.
    const next = await lab.start(ids, { follows: id })
    expect((await lab.show(next)).plan.follows).toBe(id)
    await lab.run(next, { units: 1, outcome: () => null, prefix: 'n' })
    const [exposure] = (await lab.get(`exposures?experiment_id=${next}&unit=n0`)).data
    await tell(exposure.id, 'rubric-8')
    await lab.commit()
    expect(await lab.show(next)).toMatchObject({ state: 'running', units_committed: 1 })
    await stop(next)
  })

  it('voids nothing where it decides nothing: unsaid, of another kind or source, or late', async () => {
    const { id } = await startWith(5, { deadline_seconds: 3_600 })
    await tell(await exposureOf(id, 0), 'v1')
    await tell(await exposureOf(id, 1), null)
    await tell(await exposureOf(id, 2), 'v2', { source: 'elsewhere' })
    await tell(await exposureOf(id, 3), 'v1')
    await tell(await exposureOf(id, 3), 'v2', { kind: 'mood' })
    await lab.commit()
    expect(await lab.show(id)).toMatchObject({ state: 'running', units_committed: 4 })
    skewMs = 3_700_000
    await lab.commit()
    await tell(await exposureOf(id, 4), 'v3')
    await lab.commit()
    await lab.commit()
    const found = await lab.show(id)
    expect(found).toMatchObject({ state: 'running', units_committed: 5 })
    const { late } = found.tests[0].arms.candidate
    expect(late + found.tests[0].arms.incumbent.late).toBe(1)
    await stop(id)
  })

  it('counts for guardrails as well, and a number is a version', async () => {
    const guardrails = [{ name: 'tone', signal_kind: 'tone', required: false }]
    const { id } = await startWith(2, { guardrails })
    for (const [unit, version] of [1, 2].entries()) {
      const exposure = await exposureOf(id, unit)
      await tell(exposure, null)
      await tell(exposure, version, { kind: 'tone', value: 0.5, success: null })
    }
    await lab.commit()
    const found = await lab.show(id)
    expect(found).toMatchObject({ state: 'void', units_committed: 0 })
    expect(found.verdict).toContain('the grader of tone from grader is version "2" now')
  })
})
