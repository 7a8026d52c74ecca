import { describe, expect, test } from 'vitest'
import type { ExposureId } from '../core/ids.ts'
import { checkOut, countIds, mac, outboxOf, startOne, withOther } from './_experiment.ts'
import { addMemoryStore, makeSession, memoryStoreId, storeSession, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import type { Database } from './database.ts'
import { pauseExperiment } from './end-experiment.ts'
import { listExperimentUnits } from './experiment-commits.ts'
import { foreseeArm } from './experiment-units.ts'
import { getExperiment, updateExperiment } from './experiments.ts'
import {
  confirmExposure,
  exposureCoverage,
  exposureKey,
  insertExposure,
  linkExposures,
  listExposures,
  listUnlinked,
  type NewExposure,
} from './exposures.ts'
import { findWithholding, insertFrame, openFrames, putWithholding } from './withholding.ts'

/** Who read which version, and what was left out by chance. */
export function describeExposures(fresh: Fresh): void {
  describe('units', () => describeUnits(fresh))
  describe('exposures', () => describeReadings(fresh))
  describe('withholding', () => describeWithholding(fresh))
}

const everyone = { from: 0, limit: 1_000 }

function describeUnits(fresh: Fresh): void {
  test('that check out at once from many connections have one arm each, and ordinals without a gap', async () => {
    const database = fresh.database()
    const id = await startOne(fresh, 2)
    const names = Array.from({ length: 12 }, (_, at) => `u${at}`)
    const read = await withOther(fresh, (other) =>
      Promise.all(
        [database, other, database, other].flatMap((one, lane) => {
          const newId = countIds(`lane ${lane}`)
          return names.map((unit) => checkOut(one, id, { unit, newId }))
        }),
      ),
    )
    const units = await database.read((reader) => listExperimentUnits(reader, id, everyone))
    expect(units.map(({ ordinal }) => ordinal)).toEqual(names.map((_, at) => at))
    expect(units.map(({ unit }) => unit).toSorted()).toEqual(names.toSorted())
    const experiment = await database.read((reader) => getExperiment(reader, id))
    for (const { unit, arm, ordinal } of units) {
      const own = read.filter((one) => one?.unit === unit)
      expect(own).toHaveLength(4)
      for (const one of own) expect(one).toMatchObject({ arm, unitOrdinal: ordinal })
      const foreseen = await database.read((reader) =>
        foreseeArm(reader, { experiment, unit, mac }),
      )
      expect(foreseen).toBe(arm)
    }
    expect(new Set(units.map(({ arm }) => arm)).size).toBeGreaterThan(1)
  })

  test('keep their first arm, whatever the ramp does later; while it is paused nobody new gets one', async () => {
    const database = fresh.database()
    const id = await startOne(fresh)
    const newId = countIds('units')
    const first = []
    for (let at = 0; at < 20; at += 1)
      first.push(await checkOut(database, id, { unit: `u${at}`, newId }))
    const outbox = await outboxOf(fresh)
    await write(database, async (writer) => {
      await updateExperiment(writer, await getExperiment(writer, id), { stage: 0 })
      const mark = { kind: 'paused', reason: null, outbox } as const
      await pauseExperiment(writer, await getExperiment(writer, id), mark)
    })
    for (const [at, before] of first.entries()) {
      const again = await checkOut(database, id, { unit: `u${at}`, newId })
      expect(again).toMatchObject({ arm: before?.arm, unitOrdinal: at })
    }
    expect(await checkOut(database, id, { unit: 'new', newId })).toBeNull()
    const units = await database.read((reader) => listExperimentUnits(reader, id, everyone))
    expect(units).toHaveLength(20)
  })
}

const reading = (name: string, given: Partial<NewExposure> = {}): NewExposure => ({
  id: countIds(name)('expo'),
  storeId: memoryStoreId('one'),
  experimentId: null,
  unitOrdinal: null,
  unit: name,
  arm: null,
  sessionId: null,
  contentHash: 'hash',
  via: 'checkout',
  withheld: null,
  taskType: null,
  washout: 0,
  ...given,
})

const expose = (database: Database, name: string, given: Partial<NewExposure> = {}) =>
  database.write({ type: 'user', id: 'u' }, (writer) =>
    insertExposure(writer, reading(name, given)),
  )

function describeReadings(fresh: Fresh): void {
  test('is confirmed once, by one session; a second time writes nothing, another session is refused', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const outbox = await outboxOf(fresh)
    const [mine, other] = [await storeSession(database, 'mine'), await storeSession(database, 'o')]
    const { id } = await expose(database, 'a')
    const confirm = (one: Database, sessionId: typeof mine | null) =>
      one.write({ type: 'user', id: 'u' }, (writer) =>
        confirmExposure(writer, outbox, { id, sessionId }),
      )
    const settled = await withOther(fresh, (second) =>
      Promise.allSettled([confirm(database, mine), confirm(second, other), confirm(second, mine)]),
    )
    const stored = await database.read((reader) => listExposures(reader, { limit: 9 }))
    expect(stored).toHaveLength(1)
    const owner = stored[0]?.sessionId
    expect([mine, other]).toContain(owner)
    const refused = settled.filter((one) => one.status === 'rejected')
    expect(refused.length).toBe(owner === mine ? 1 : 2)
    for (const one of refused) expect(one.reason).toMatchObject({ code: 'conflict' })
    fresh.time.ms += 5_000
    // Nothing is written, so nothing asks for an audit record.
    const again = await confirm(database, owner ?? null)
    expect(again).toEqual(stored[0])
    expect(await confirm(database, null)).toEqual(stored[0])
  })

  test('is linked to the session that names it; names of nothing or of another’s are passed over', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    const outbox = await outboxOf(fresh)
    const ids: ExposureId[] = []
    for (let at = 0; at < 20; at += 1) ids.push((await expose(database, `e${at}`)).id)
    const [first, second] = [await storeSession(database, 'a'), await storeSession(database, 'b')]
    const saying = (id: typeof first, named: readonly string[]) => ({
      id,
      labels: {},
      metadata: { [exposureKey]: named.join(' , ') },
    })
    const link = (id: typeof first, named: readonly string[]) =>
      write(database, (writer) => linkExposures(writer, outbox, saying(id, named)))
    await link(first, ['expo_none', '', ids[0] ?? '', ids[1] ?? ''])
    await link(second, [ids[0] ?? '', ids[2] ?? ''])
    const list = (sessionId: typeof first) =>
      database.read(async (reader) =>
        (await listExposures(reader, { sessionId, limit: 99 })).map(({ id }) => id).toSorted(),
      )
    expect(await list(first)).toEqual([ids[0], ids[1]].toSorted())
    expect(await list(second)).toEqual([ids[2]])
    // The first sixteen names.
    const unlinked = await database.read((reader) =>
      listUnlinked(reader, saying(second, ids.slice(3))),
    )
    expect(unlinked.toSorted()).toEqual(ids.slice(3, 19).toSorted())
  })

  test('pages hold each once, newest first, and a filter shows no other’s', async () => {
    const database = fresh.database()
    const id = await startOne(fresh)
    await addMemoryStore(database, 'two')
    for (let at = 0; at < 9; at += 1) {
      if (at % 4 === 0) fresh.time.ms += 1_000
      const isTwo = at % 3 === 0
      await expose(database, `u${at % 5}`, {
        id: countIds(`e${at}`)('expo'),
        storeId: memoryStoreId(isTwo ? 'two' : 'one'),
        via: isTwo ? 'mcp' : 'checkout',
        experimentId: isTwo ? null : id,
      })
    }
    const list = (given: Partial<Parameters<typeof listExposures>[1]>) =>
      database.read((reader) => listExposures(reader, { limit: 99, ...given }))
    const all = await list({})
    const places = all.map((one) => `${one.assignedAt} ${one.id}`)
    expect(places).toEqual(places.toSorted().reverse())
    for (const limit of [1, 2, 5]) {
      const paged = []
      for (let page = await list({ limit }); page.length > 0; ) {
        paged.push(...page)
        page = await list({ limit, after: page.at(-1) })
      }
      expect(paged).toEqual(all)
    }
    expect(await list({ storeId: memoryStoreId('two') })).toEqual(
      all.filter(({ via }) => via === 'mcp'),
    )
    expect(await list({ experimentId: id })).toEqual(all.filter(({ via }) => via === 'checkout'))
    expect(await list({ unit: 'u1', via: 'mcp' })).toHaveLength(1)
  })

  test('coverage counts units, not readings, and no washout', async () => {
    const database = fresh.database()
    const id = await startOne(fresh)
    const outbox = await outboxOf(fresh)
    const newId = countIds('units')
    const made = []
    for (const unit of ['a', 'b', 'c', 'd', 'a', 'b']) {
      made.push(await checkOut(database, id, { unit, newId }))
    }
    const session = await storeSession(database, 's', { session: makeSession('s') })
    const [confirmed, , washed] = made
    if (!confirmed || !washed) throw new Error('they were assigned')
    await write(database, (writer) =>
      confirmExposure(writer, outbox, { id: confirmed.id, sessionId: session }),
    )
    await write(database, (writer) =>
      writer.write
        .updateTable('exposures')
        .set({ washout: 1 })
        .where('id', '=', washed.id)
        .execute(),
    )
    const coverage = await database.read((reader) => exposureCoverage(reader, id))
    const sum = (field: 'assigned' | 'delivered' | 'confirmed' | 'withSession') =>
      coverage.reduce((total, one) => total + one[field], 0)
    expect([sum('assigned'), sum('delivered'), sum('confirmed'), sum('withSession')]).toEqual([
      4, 3, 1, 1,
    ])
  })
}

function describeWithholding(fresh: Fresh): void {
  test('is off at first, is set and switched off by store, and refuses a pattern that fits no path', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    await addMemoryStore(database, 'two')
    const [one, two] = [memoryStoreId('one'), memoryStoreId('two')]
    const settings = { share: 0.05, exemptPaths: ['/safe/**'] }
    const find = (id: typeof one) => database.read((reader) => findWithholding(reader, id))
    const put = (given: typeof settings | null, id = one) =>
      database.write({ type: 'user', id: 'u' }, (writer) => putWithholding(writer, id, given))
    expect(await find(one)).toBeNull()
    await put(settings)
    await put({ ...settings, share: 0.1 })
    expect(await find(one)).toEqual({ ...settings, share: 0.1 })
    expect(await find(two)).toBeNull()
    await expect(put({ share: 0.05, exemptPaths: ['safe'] })).rejects.toMatchObject({
      code: 'invalid_argument',
    })
    await expect(put(settings, memoryStoreId('none'))).rejects.toMatchObject({ code: 'not_found' })
    expect(await find(one)).toEqual({ ...settings, share: 0.1 })
    await put(null)
    expect(await find(one)).toBeNull()
  })

  test('a frame is kept once for each version of each store, whoever writes it first', async () => {
    const database = fresh.database()
    await addMemoryStore(database, 'one')
    await addMemoryStore(database, 'two')
    const [one, two] = [memoryStoreId('one'), memoryStoreId('two')]
    const items = [{ id: 'item', path: '/a.md' }]
    await withOther(fresh, (other) =>
      Promise.all(
        [database, other, database, other].map((at) =>
          write(at, (writer) => insertFrame(writer, { storeId: one, contentHash: 'v1', items })),
        ),
      ),
    )
    await database.read(async (reader) => {
      expect(await openFrames(reader, one)('v1')).toEqual(items)
      expect(await openFrames(reader, one)('v2')).toEqual([])
      expect(await openFrames(reader, two)('v1')).toEqual([])
    })
  })
}
