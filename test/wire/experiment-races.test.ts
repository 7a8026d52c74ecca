import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Context } from '../../src/pipeline/context.ts'
import { commitExperiments } from '../../src/pipeline/experiments.ts'
import { putPolicy } from '../_policies.ts'
import { startTestServer, type TestServer } from '../_server.ts'
import { type Laboratory, line, openLaboratory, rate } from './_experimenting.ts'

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
afterEach(() => lab.stopRunning())

const day = 86_400_000
const helpful = (arm: string, ordinal: number) => rate(arm === '1' ? 95 : 35)(ordinal)
const count = async (id: string, wanted: string) =>
  (await lab.kinds(id)).filter((kind) => kind === wanted).length
const records = async () => {
  const { last } = await server.context.database.read((reader) =>
    reader.read
      .selectFrom('audit_records')
      .select((select) => select.fn.max<number>('seq').as('last'))
      .executeTakeFirstOrThrow(),
  )
  return Number(last)
}

/** A worker to whom this happens between what it read and its first write. */
function meeting(happening: () => Promise<unknown>): Context {
  const { database } = server.context
  let met = false
  return {
    ...server.context,
    database: {
      read: (work) => database.read(work),
      scratch: (work) => database.scratch(work),
      close: () => database.close(),
      async write(actor, work) {
        if (!met) {
          met = true
          await happening()
        }
        return database.write(actor, work)
      },
    },
  }
}

/** A worker that has read, and writes when it may; answers with its end, once it stands before its write. */
async function meetingHalfWay(mayWrite: Promise<void>): Promise<{ readonly end: Promise<void> }> {
  const reached = Promise.withResolvers<void>()
  const end = commitExperiments(
    meeting(() => {
      reached.resolve()
      return mayWrite
    }),
  )
  await reached.promise
  return { end }
}

async function promote() {
  const ids = await lab.addChanges([line])
  const id = await lab.start(ids)
  await lab.run(id, { units: 150, outcome: helpful })
  await lab.must(`experiments/${id}/promote`)
  return { id, change: ids[0] ?? '' }
}

describe('two workers on one experiment', () => {
  it('commit each unit once, in the order of assignment, to the same bits', async () => {
    const id = await lab.start(await lab.addChanges([line]))
    await lab.run(id, { units: 40, outcome: (_, ordinal) => (ordinal === 0 ? null : true) })
    expect((await lab.show(id)).units_committed).toBe(0)
    const [first] = (await lab.get(`exposures?experiment_id=${id}&unit=u0`)).data
    await lab.tell(first.id, { success: true })
    await Promise.all([lab.commit(), lab.commit(), commitExperiments(meeting(lab.commit))])
    const found = await lab.show(id)
    expect(found.units_committed).toBe(40)
    expect(await lab.get(`experiments/${id}/verify`)).toMatchObject({ equal: true, units: 40 })
  })

  it('end a holdback whose change was taken back once', async () => {
    const { id, change } = await promote()
    await lab.must(`changes/${change}/roll_back`)
    await commitExperiments(meeting(lab.commit))
    expect(await count(id, 'holdback_ended')).toBe(1)
  })

  it('end a holdback whose time is over once', async () => {
    const { id } = await promote()
    await lab.run(id, { units: 500, outcome: helpful, prefix: 'h' })
    skewMs = 15 * day
    await commitExperiments(meeting(lab.commit))
    expect(await count(id, 'holdback_ended')).toBe(1)
  })

  it('keep a late truth once', async () => {
    const id = await lab.start(await lab.addChanges([line]), { deadline_seconds: 3_600 })
    await lab.run(id, { units: 3, outcome: (_, ordinal) => (ordinal === 1 ? null : true) })
    skewMs = 3_700_000
    await lab.commit()
    const [exposure] = (await lab.get(`exposures?experiment_id=${id}&unit=u1`)).data
    await lab.tell(exposure.id, { success: true })
    const before = await records()
    await commitExperiments(meeting(lab.commit))
    expect((await records()) - before).toBe(1)
  })

  it('commit what only the one that was overtaken had heard of, without another round', async () => {
    const id = await lab.start(await lab.addChanges([line]))
    await lab.run(id, { units: 3, outcome: () => null })
    const tell = async (unit: string) => {
      const [one] = (await lab.get(`exposures?experiment_id=${id}&unit=${unit}`)).data
      await lab.tell(one.id, { success: true })
    }
    await tell('u0')
    const stored = Promise.withResolvers<void>()
    let slow: { readonly end: Promise<void> } | null = null
    const quick = meeting(async () => {
      await tell('u1')
      slow = await meetingHalfWay(stored.promise)
    })
    await commitExperiments(quick).finally(stored.resolve)
    expect((await lab.show(id)).units_committed).toBe(1)
    await (slow as { end?: Promise<void> } | null)?.end
    expect((await lab.show(id)).units_committed).toBe(2)
  })

  it('never end on what the other has overtaken: a test that was closed stays as it was closed', async () => {
    const ids = await lab.addChanges([line, { path: '/bags.md', line: '- Say it twice.\n' }])
    const id = await lab.start(ids)
    await lab.run(id, { units: 100, outcome: () => null })
    const { data } = await lab.get(`exposures?experiment_id=${id}&limit=100`)
    for (const [ordinal, { id: exposure, arm }] of data.entries()) {
      await lab.tell(exposure, { success: rate(arm[1] === '1' ? 5 : 95)(ordinal) })
    }
    const stored = Promise.withResolvers<void>()
    let slow: { readonly end: Promise<void> } | null = null
    const [candidate] = data.filter(({ arm }: { arm: string }) => arm === '11')
    // The slow one reads the hard stop before the turn is stored, and writes after it.
    const quick = meeting(async () => {
      await lab.tell(candidate.id, { kind: 'secret_leak', success: false })
      slow = await meetingHalfWay(stored.promise)
    })
    await commitExperiments(quick).finally(stored.resolve)
    const closed = (await lab.show(id)).tests[1]
    await (slow as { end?: Promise<void> } | null)?.end
    const found = await lab.show(id)
    expect(found).toMatchObject({ state: 'rolled_back' })
    expect(closed.verdict).toBe('rollback')
    expect(await lab.get(`experiments/${id}/verify`)).toMatchObject({ equal: true })
    expect(await count(id, 'rolled_back')).toBe(1)
  })
})

describe('a round', () => {
  it('with nothing to do writes nothing, also of a holdback that waits for units past its days', async () => {
    const { id } = await promote()
    await lab.run(id, { units: 20, outcome: helpful, prefix: 'h' })
    await lab.commit()
    skewMs = 15 * day
    await lab.commit()
    const before = await records()
    await lab.commit()
    await lab.commit()
    expect((await lab.show(id)).holdback.ended_at).toBeNull()
    expect(await records()).toBe(before)
  })
})

describe('a promotion', () => {
  it('of two at once that find the store moved voids the experiment once', async () => {
    const id = await lab.start(await lab.addChanges([line]))
    await lab.run(id, { units: 150, outcome: helpful })
    const { database } = server.context
    await database.write({ type: 'user', id: 'test' }, async (writer) => {
      await writer.write
        .updateTable('memories')
        .set({ content_sha256: 'moved' })
        .where('store_id', '=', lab.storeId as never)
        .where('path', '=', '/refunds.md')
        .execute()
      await writer.audit({ action: 'memory.updated', objectType: 'memory', objectId: 'm' })
    })
    const answers = await Promise.all([1, 2, 3].map(() => lab.post(`experiments/${id}/promote`)))
    expect(answers.map(({ status }) => status)).toEqual([409, 409, 409])
    expect((await lab.show(id)).state).toBe('void')
    expect(await count(id, 'void')).toBe(1)
  })

  it('that nobody agrees to is not made where policy was tightened while it was thought about', async () => {
    const allow = (mode: string) =>
      putPolicy(server.context, {
        'approvals.rules.editorMayApprove': true,
        'rollout.promote.mode': mode,
      })
    await allow('auto')
    const id = await lab.start(await lab.addChanges([line]))
    expect((await lab.show(id)).plan.unattended).toBe(true)
    await allow('manual')
    await lab.run(id, { units: 150, outcome: helpful })
    expect(await lab.kinds(id)).toContain('proven')
    await allow('auto')
    await commitExperiments(meeting(() => allow('manual')))
    expect((await lab.show(id)).state).toBe('running')
    await allow('auto')
    await lab.commit()
    expect((await lab.show(id)).state).toBe('promoted')
  })
})
