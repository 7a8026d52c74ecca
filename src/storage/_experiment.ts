import { createHmac } from 'node:crypto'
import { foldUnits, type UnitInTurn } from '../core/experiment/fold.ts'
import type { ExperimentPlan } from '../core/experiment/plan.ts'
import { makeSettings } from '../core/experiment/settings.ts'
import type { Mac } from '../core/experiment/toss.ts'
import { type ChangeId, type ExperimentId, makeId, type NewId } from '../core/ids.ts'
import { addMemory, addMemoryStore, hash, memoryStoreId, write } from './_rows.ts'
import type { Fresh } from './_subject.ts'
import { insertChanges } from './changes.ts'
import type { Database, Writer } from './database.ts'
import { pinMemories } from './dream-memories.ts'
import { insertDream } from './dreams.ts'
import { listExperimentUnits } from './experiment-commits.ts'
import { readStandings, type Standings, storeTurn, type Turned } from './experiment-turn.ts'
import { assignUnit } from './experiment-units.ts'
import { getExperiment, updateExperiment } from './experiments.ts'
import { type Exposure, insertExposure } from './exposures.ts'
import { listMemories } from './memories.ts'
import { putOutcomeDefinition } from './outcome-definitions.ts'
import { createExperiment, startExperiment } from './start-experiment.ts'
import type { Outbox } from './webhook-deliveries.ts'

/** Ids that are the same in every run, and different for each maker. */
export function countIds(maker: string): NewId {
  let count = 0
  return (kind) => makeId(kind, hash, [maker, String(count++)])
}

export async function outboxOf(fresh: Fresh, maker = 'outbox'): Promise<Outbox> {
  return { jobs: await fresh.jobs(), newId: countIds(maker), now: fresh.time.ms }
}

/** Accepted changes of the store `one`, each a line behind its own memory, as a dream would have proposed them. */
export async function layChanges(fresh: Fresh, count: number): Promise<ChangeId[]> {
  const database = fresh.database()
  await addMemoryStore(database, 'one')
  for (let at = 0; at < count; at += 1) await addMemory(database, `/${at}.md`, `- Line ${at}.\n`)
  await write(database, (writer) =>
    putOutcomeDefinition(writer, {
      name: 'resolved',
      signals: [{ kind: 'resolved', source: null, weight: 1 }],
      combine: 'last',
      revisedBy: [],
      when: null,
      minConfidence: 'strong',
      requireSigned: false,
      passAt: null,
      deadlines: { standard: 3_600_000, byTaskType: {} },
      cap: null,
    }),
  )
  return write(database, async (writer) => {
    const storeId = memoryStoreId('one')
    const dream = await insertDream(writer, { inputStoreId: storeId, inputsHash: 'x', options: {} })
    await pinMemories(writer, dream.id, storeId)
    const made = (await listMemories(writer, storeId)).map((memory, at) => ({
      id: makeId('chg', hash, [String(at)]),
      baseVersionId: memory.versionId,
      change: {
        key: `change ${at}`,
        operation: 'add' as const,
        path: memory.path,
        baseSha256: memory.contentSha256,
        edits: [{ start: memory.content.length, before: '', after: `- More of ${at}.\n` }],
        leaves: 'content' as const,
        before: null,
        after: `- More of ${at}.\n`,
        rationale: 'test',
        grade: 'B' as const,
        findingKeys: [],
        evidence: [],
        trust: { taint: 'user' as const, quarantine: [] },
      },
    }))
    await insertChanges(writer, dream.id, made)
    await writer.write.updateTable('changes').set({ status: 'accepted' }).execute()
    return made.map(({ id }) => id)
  })
}

export const plan: ExperimentPlan = {
  goal: { name: 'resolved', definition: null },
  test: makeSettings({ leastStrata: 1, leastPrincipals: 1 }),
  priorRate: 0.5,
  mostUnits: 2_000,
  deadlines: { standardMs: 3_600_000, byTaskType: {} },
  guardrails: [],
  hardStops: [],
  environment: {},
  unattended: false,
  unitsPerDay: null,
  anyway: null,
  follows: null,
}

export const experimentId = (name: string): ExperimentId => makeId('exp', hash, [name])

export const draft = (writer: Writer, name: string, changeIds: readonly ChangeId[]) =>
  createExperiment(writer, {
    id: experimentId(name),
    name,
    unit: 'session',
    salt: 's',
    plan,
    changeIds,
  })

/** It runs at the last stage of its ramp: of each change a fair coin. */
export async function startOne(fresh: Fresh, changes = 1): Promise<ExperimentId> {
  const ids = await layChanges(fresh, changes)
  const outbox = await outboxOf(fresh)
  return write(fresh.database(), async (writer) => {
    const { id } = await draft(writer, 'one', ids)
    const started = await startExperiment(writer, { id, outbox, anyway: 'a test' })
    await updateExperiment(writer, started, { stage: 2 })
    return id
  })
}

export const mac: Mac = (message) => createHmac('sha256', 'salt').update(message).digest()

/** A unit checks the store out: assigned where it is not yet, and exposed. Null: nobody is assigned now. */
export async function checkOut(
  database: Database,
  id: ExperimentId,
  { unit, newId }: { readonly unit: string; readonly newId: NewId },
): Promise<Exposure | null> {
  return write(database, async (writer) => {
    const experiment = await getExperiment(writer, id)
    const assigned = await assignUnit(writer, {
      experiment,
      unit,
      stratum: 'unknown',
      principal: null,
      mac,
    })
    if (assigned === null) return null
    return insertExposure(writer, {
      id: newId('expo'),
      storeId: experiment.storeId,
      experimentId: id,
      unitOrdinal: assigned.ordinal,
      unit,
      arm: assigned.arm,
      sessionId: null,
      contentHash: assigned.arm,
      via: 'checkout',
      withheld: null,
      taskType: null,
      washout: 0,
    })
  })
}

export interface Thinking {
  readonly most: number
  readonly score: (ordinal: number, arm: string) => 0 | 1
}

/** What a worker would come to whose units were all heard of. */
export async function think(
  database: Database,
  id: ExperimentId,
  { most, score }: Thinking,
): Promise<Turned> {
  const seen = await database.read(async (reader) => {
    const before = await readStandings(reader, id)
    const range = { from: before.frontier, limit: most }
    return { before, units: await listExperimentUnits(reader, id, range) }
  })
  const { before, units } = seen
  const inTurn = units.map(({ ordinal, ...unit }) => toUnit(unit, score(ordinal, unit.arm)))
  return fold(before, { units, inTurn })
}

type Units = Turned['units']

function fold(
  before: Standings,
  { units, inTurn }: { readonly units: Units; readonly inTurn: readonly UnitInTurn[] },
): Turned {
  const { frontier: from, phase, experiment } = before
  const folded = foldUnits(before.tests, inTurn, { settings: experiment.plan.test, from, phase })
  const commits = inTurn.slice(0, folded.readings.length).map(({ value, ...unit }, at) => ({
    ordinal: from + at,
    value: value ?? 0,
    missing: unit.missing,
    scores: unit.scores,
    hardStop: unit.hardStop,
    late: null,
  }))
  return { before, units, commits, folded, late: [], graders: [] }
}

const toUnit = (
  { stratum, pi, stage, principal, arm }: Omit<Units[number], 'ordinal'>,
  value: 0 | 1,
): UnitInTurn => ({
  stratum,
  pi,
  stage,
  principal,
  arm,
  value,
  missing: false,
  scores: {},
  hardStop: null,
})

export const store = (database: Database, outbox: Outbox, turned: Turned): Promise<void> =>
  database.write({ type: 'service_account', id: 'worker' }, (writer) =>
    storeTurn(writer, outbox, turned),
  )

/** A database of another process's kind: connections of its own on the same place. */
export async function withOther<T>(fresh: Fresh, use: (other: Database) => Promise<T>): Promise<T> {
  const other = await fresh.subject.open(fresh.place(), { clock: () => fresh.time.ms })
  try {
    return await use(other)
  } finally {
    await other.close()
  }
}
