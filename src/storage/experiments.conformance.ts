import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mostChanges } from '../core/experiment/arms.ts'
import type { LeaveOneOut } from '../core/experiment/leave-one-out.ts'
import type { ExperimentId } from '../core/ids.ts'
import {
  checkOut,
  countIds,
  draft,
  experimentId,
  layChanges,
  outboxOf,
  plan,
  startOne,
  store,
  think,
  withOther,
} from './_experiment.ts'
import { addMemoryStore, hash, memoryStoreId, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import { listBoundArms } from './bound-arms.ts'
import type { Database } from './database.ts'
import { endExperiment, endHoldback, pauseExperiment } from './end-experiment.ts'
import { countExperimentUnits, listExperimentCommits } from './experiment-commits.ts'
import { appendDecision, listDecisions } from './experiment-decisions.ts'
import { isTurnTaken } from './experiment-turn.ts'
import { verifyExperiment } from './experiment-view.ts'
import {
  getExperiment,
  insertExperiment,
  listExperiments,
  listOpenExperiments,
  updateExperiment,
  updateExperimentChange,
} from './experiments.ts'
import { storeLeaveOneOut } from './leave-one-out.ts'
import { listMemories } from './memories.ts'
import { startExperiment } from './start-experiment.ts'

/** Experiments: drafts and starts, commit rounds, and the ends. */
export function describeExperiments(fresh: Fresh): void {
  describe('experiments', () => {
    describeDrafts(fresh)
    describeStarts(fresh)
    describeRounds(fresh)
    describeEnds(fresh)
  })
}

const get = (database: Database, id: ExperimentId) =>
  database.read((reader) => getExperiment(reader, id))

const lastRecord = async (database: Database) => {
  const { last } = await database.read((reader) =>
    reader.read
      .selectFrom('audit_records')
      .select((select) => select.fn.max<number>('seq').as('last'))
      .executeTakeFirstOrThrow(),
  )
  return Number(last)
}

function describeDrafts(fresh: Fresh): void {
  test('a draft comes back as it was made, its changes in their order', async () => {
    const database = fresh.database()
    const [first, second] = await layChanges(fresh, 2)
    if (!first || !second) throw new Error('two changes')
    await write(database, (writer) => draft(writer, 'a', [second, first]))
    const found = await get(database, experimentId('a'))
    expect(found).toMatchObject({ state: 'draft', plan, holdback: null, startedAt: null })
    expect(found.changes.map(({ changeId }) => changeId)).toEqual([second, first])
  })

  test('changes beyond the limit, twice the same, or tried already are refused, and nothing is written', async () => {
    const database = fresh.database()
    const ids = await layChanges(fresh, mostChanges + 1)
    const [first = ids[0]] = ids
    const before = await lastRecord(database)
    for (const wrong of [ids, [first, first]]) {
      await expect(
        database.write({ type: 'user', id: 'u' }, (writer) => draft(writer, 'a', wrong as never)),
      ).rejects.toMatchObject({ code: 'invalid_argument' })
    }
    expect(await lastRecord(database)).toBe(before)
    const outcomes = await withOther(fresh, (other) =>
      Promise.allSettled(
        [database, other].map((one, at) =>
          write(one, (writer) => draft(writer, `try ${at}`, ids.slice(0, 1))),
        ),
      ),
    )
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await database.read((reader) => listExperiments(reader, { limit: 9 }))).toHaveLength(1)
  })

  test('pages hold each once, newest first, whatever their size and however many began in one moment', async () => {
    const database = fresh.database()
    const [changeId] = await layChanges(fresh, 1)
    await addMemoryStore(database, 'two')
    for (let at = 0; at < 9; at += 1) {
      if (at % 4 === 0) fresh.time.ms += 1_000
      await write(database, (writer) =>
        insertExperiment(writer, {
          id: experimentId(`page ${at}`),
          storeId: memoryStoreId(at % 3 === 0 ? 'two' : 'one'),
          name: `page ${at}`,
          unit: 'session',
          salt: 's',
          plan,
          changes: [{ changeId: changeId as never, changeHash: 'x' }],
        }),
      )
    }
    const list = (given: Partial<Parameters<typeof listExperiments>[1]>) =>
      database.read((reader) => listExperiments(reader, { limit: 100, ...given }))
    const all = await list({})
    const places = all.map(({ createdAt, id }) => `${createdAt} ${id}`)
    expect(places).toEqual(places.toSorted().reverse())
    for (const limit of [1, 2, 5]) {
      const paged = []
      for (let page = await list({ limit }); page.length > 0; ) {
        paged.push(...page)
        page = await list({ limit, after: page.at(-1) })
      }
      expect(paged).toEqual(all)
    }
    expect(await list({ storeId: memoryStoreId('two') })).toHaveLength(3)
    expect(await list({ storeId: memoryStoreId('two'), states: ['running'] })).toEqual([])
  })
}

function describeStarts(fresh: Fresh): void {
  test('of two starts at once one is made; its arms are all versions, and the store stays as it is', async () => {
    const database = fresh.database()
    const ids = await layChanges(fresh, 2)
    const { id } = await write(database, (writer) => draft(writer, 'a', ids))
    const texts = () => database.read((reader) => listMemories(reader, memoryStoreId('one')))
    const before = await texts()
    const outbox = await outboxOf(fresh)
    const starting = (one: Database) =>
      write(one, (writer) => startExperiment(writer, { id, outbox, anyway: 'a test' }))
    const outcomes = await withOther(fresh, (other) =>
      Promise.allSettled([starting(database), starting(other)]),
    )
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const arms = await database.read((reader) => listBoundArms(reader, id))
    expect(arms.map(({ arm }) => arm)).toEqual(['00', '01', '10', '11'])
    expect(new Set(arms.map(({ contentHash }) => contentHash)).size).toBe(4)
    expect(await texts()).toEqual(before)
    const kinds = (await database.read((reader) => listDecisions(reader, id))).map(
      ({ kind }) => kind,
    )
    expect(kinds).toEqual(['created', 'started'])
  })

  test('a second one on the same store is refused, whoever starts it', async () => {
    const database = fresh.database()
    const ids = await layChanges(fresh, 2)
    const outbox = await outboxOf(fresh)
    for (const [at, changeId] of ids.entries()) {
      await write(database, (writer) => draft(writer, String(at), [changeId]))
    }
    const starting = (one: Database, name: string) =>
      write(one, (writer) =>
        startExperiment(writer, { id: experimentId(name), outbox, anyway: 'a test' }),
      )
    const outcomes = await withOther(fresh, (other) =>
      Promise.allSettled([starting(database, '0'), starting(other, '1')]),
    )
    const refused = outcomes.find(({ status }) => status === 'rejected')
    expect(refused).toMatchObject({ reason: { details: { error_code: 'experiment_open' } } })
    expect(await database.read((reader) => listOpenExperiments(reader))).toHaveLength(1)
    expect(
      await database.read((reader) => listOpenExperiments(reader, memoryStoreId('two'))),
    ).toEqual([])
  })
}

function describeRounds(fresh: Fresh): void {
  const value = (ordinal: number, arm: string): 0 | 1 =>
    (ordinal * 37 + (arm.includes('1') ? 40 : 11)) % 100 < 55 ? 1 : 0

  test('of two workers that commit at once commit each unit once, in the order of assignment, to the same bits', async () => {
    const database = fresh.database()
    const id = await startOne(fresh, 2)
    const outbox = await outboxOf(fresh)
    const newId = countIds('units')
    let units = 0
    await withOther(fresh, async (other) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 12 }),
          fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
          async (more, [mostHere, mostThere]) => {
            for (const last = units + more; units < last; units += 1) {
              await checkOut(database, id, { unit: `u${units}`, newId })
            }
            const work = async (one: Database, most: number) => {
              for (;;) {
                const turned = await think(one, id, { most, score: value })
                if (turned.units.length === 0) return
                await store(one, outbox, turned).catch((error) => {
                  if (!isTurnTaken(error)) throw error
                })
              }
            }
            await Promise.all([work(database, mostHere), work(other, mostThere)])
            const found = await get(database, id)
            const { committed, verified } = await database.read(async (reader) => ({
              committed: await listExperimentCommits(reader, id, { from: 0, limit: 1_000 }),
              verified: await verifyExperiment(reader, found),
            }))
            expect(committed.map(({ ordinal }) => ordinal)).toEqual(
              Array.from({ length: units }, (_, at) => at),
            )
            expect(committed.map((one) => one.value)).toEqual(
              committed.map(({ ordinal, unit }) => value(ordinal, unit.arm)),
            )
            expect(verified.tests.map(({ difference }) => difference)).toEqual([null, null])
          },
        ),
        { numRuns: 6 },
      )
    })
  })

  test('an overtaken turn is refused, and one with nothing to do too; neither writes anything', async () => {
    const database = fresh.database()
    const id = await startOne(fresh)
    const outbox = await outboxOf(fresh)
    for (const unit of ['a', 'b', 'c']) {
      await checkOut(database, id, { unit, newId: countIds(unit) })
    }
    const slow = await think(database, id, { most: 2, score: value })
    await store(database, outbox, await think(database, id, { most: 1, score: value }))
    const before = await lastRecord(database)
    await expect(store(database, outbox, slow)).rejects.toSatisfy(isTurnTaken)
    const idle = await think(database, id, { most: 0, score: value })
    await expect(store(database, outbox, idle)).rejects.toSatisfy(isTurnTaken)
    const paused = await think(database, id, { most: 9, score: value })
    await write(database, async (writer) => {
      const mark = { kind: 'paused', reason: null, outbox } as const
      await pauseExperiment(writer, await getExperiment(writer, id), mark)
    })
    const after = await lastRecord(database)
    await expect(store(database, outbox, paused)).rejects.toSatisfy(isTurnTaken)
    expect(await lastRecord(database)).toBe(after)
    expect(after).toBeGreaterThan(before)
    const committed = await database.read((reader) =>
      listExperimentCommits(reader, id, { from: 0, limit: 9 }),
    )
    expect(committed.map(({ ordinal }) => ordinal)).toEqual([0])
    expect(await database.read((reader) => countExperimentUnits(reader, id))).toBe(3)
  })

  test('decisions of many writers are numbered without a gap', async () => {
    const database = fresh.database()
    const id = await startOne(fresh)
    await withOther(fresh, (other) =>
      Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          (at % 2 === 0 ? database : other).write({ type: 'user', id: 'u' }, (writer) =>
            appendDecision(writer, id, { kind: 'stands', frontier: at, detail: {} }),
          ),
        ),
      ),
    )
    const found = await database.read((reader) => listDecisions(reader, id))
    expect(found.map(({ ordinal }) => ordinal)).toEqual(found.map((_, at) => at))
    expect(found).toHaveLength(22)
  })

  test('an older answer to whose word it rests on never takes the place of a newer one', async () => {
    const database = fresh.database()
    const id = await startOne(fresh)
    await write(database, async (writer) => {
      const found = await getExperiment(writer, id)
      const definition = {
        ...found.plan.goal.definition,
        cap: { share: 0.5, windowMs: 1, minimum: 1 },
      }
      const goal = { name: 'resolved', definition: definition as never }
      await updateExperiment(writer, found, { plan: { ...found.plan, unattended: true, goal } })
      await updateExperimentChange(writer, id, {
        ordinal: 0,
        readyAt: 5,
        provenAt: 6,
        closedAt: null,
        verdict: null,
      })
    })
    const answer = async (given: Partial<LeaveOneOut>) => {
      const found: LeaveOneOut = {
        ready: true,
        proven: false,
        restsOn: null,
        voices: 3,
        frontier: 9,
        ...given,
      }
      const seen = await get(database, id)
      await database.write({ type: 'user', id: 'u' }, (writer) =>
        storeLeaveOneOut(writer, seen, new Map([[0, found]])),
      )
      return (await get(database, id)).changes[0]?.leaveOneOut
    }
    expect(await answer({})).toMatchObject({ ready: true, frontier: 9 })
    expect(await answer({ ready: false, frontier: 7 })).toMatchObject({ ready: true, frontier: 9 })
    expect(await answer({ proven: true, frontier: 12 })).toMatchObject({ proven: true })
  })
}

function describeEnds(fresh: Fresh): void {
  test('of two ends at once one is written, and whoever read it before finds it ended', async () => {
    const database = fresh.database()
    const id = await startOne(fresh)
    const outbox = await outboxOf(fresh)
    const seen = await get(database, id)
    const ending = (one: Database, state: 'void' | 'inconclusive') =>
      write(one, (writer) => endExperiment(writer, seen, { state, reasons: ['why'], outbox }))
    const outcomes = await withOther(fresh, (other) =>
      Promise.allSettled([ending(database, 'void'), ending(other, 'inconclusive')]),
    )
    const refused = outcomes.filter((one) => one.status === 'rejected')
    expect(refused).toHaveLength(1)
    expect(refused[0]?.reason).toSatisfy(isTurnTaken)
    const kinds = (await database.read((reader) => listDecisions(reader, id))).map(
      ({ kind }) => kind,
    )
    expect(kinds).toHaveLength(3)
    expect(kinds[2]).toBe((await get(database, id)).state)
    expect(await database.read((reader) => listOpenExperiments(reader))).toEqual([])
  })

  test('a holdback ends once', async () => {
    const database = fresh.database()
    const id = await startOne(fresh)
    const promoted = await write(database, async (writer) => {
      const holdback = { contentHash: hash('x'), from: 0, until: writer.at }
      const patch = { state: 'promoted', holdback, endedAt: writer.at } as const
      await updateExperiment(writer, await getExperiment(writer, id), patch)
      return getExperiment(writer, id)
    })
    expect(await database.read((reader) => listOpenExperiments(reader))).toEqual([promoted])
    const ending = (one: Database) =>
      write(one, (writer) => endHoldback(writer, promoted, ['its time is over']))
    const outcomes = await withOther(fresh, (other) =>
      Promise.allSettled([ending(database), ending(other)]),
    )
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const ends = (await database.read((reader) => listDecisions(reader, id))).filter(
      ({ kind }) => kind === 'holdback_ended',
    )
    expect(ends).toHaveLength(1)
    expect(await database.read((reader) => listOpenExperiments(reader))).toEqual([])
  })
}
