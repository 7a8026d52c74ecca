import type { Selectable } from 'kysely'
import type { DriftState } from '../core/experiment/drift.ts'
import type { Reading } from '../core/experiment/fold.ts'
import type { TestState } from '../core/experiment/state.ts'
import type { ExperimentId } from '../core/ids.ts'
import { anyOf, inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import type { ExperimentUnitsTable } from './tables/experiments.ts'

/** One unit in the order of assignment. */
export interface ExperimentUnit {
  readonly ordinal: number
  readonly unit: string
  readonly stratum: string
  readonly principal: string | null
  readonly arm: string
  readonly stage: number
  readonly pi: number
  readonly assignedAt: string
  readonly deadlineAt: string
}

/** What a unit counted as, for good. */
export interface ExperimentCommit {
  readonly ordinal: number
  readonly value: number
  readonly missing: boolean
  readonly scores: Readonly<Record<string, number>>
  readonly hardStop: string | null
  /** Came after the deadline: shown, never used. */
  readonly late: { readonly value: number; readonly at: string } | null
  /** What each test said after it. */
  readonly readings: readonly Reading[]
}

export interface Range {
  readonly from: number
  readonly limit: number
}

export async function listExperimentUnits(
  reader: Reader,
  id: ExperimentId,
  { from, limit }: Range,
): Promise<ExperimentUnit[]> {
  const rows = await reader.read
    .selectFrom('experiment_units')
    .selectAll()
    .where('experiment_id', '=', id)
    .where('ordinal', '>=', from)
    .orderBy('ordinal')
    .limit(limit)
    .execute()
  return rows.map(toUnit)
}

export const toUnit = (row: Selectable<ExperimentUnitsTable>): ExperimentUnit => ({
  ordinal: row.ordinal,
  unit: row.unit,
  stratum: row.stratum,
  principal: row.principal,
  arm: row.arm,
  stage: row.stage,
  pi: row.pi,
  assignedAt: row.assigned_at,
  deadlineAt: row.deadline_at,
})

/** How many units were assigned so far: the ordinal of the next one. */
export async function countExperimentUnits(reader: Reader, id: ExperimentId): Promise<number> {
  const { last } = await reader.read
    .selectFrom('experiment_units')
    .select((select) => select.fn.max<number | null>('ordinal').as('last'))
    .where('experiment_id', '=', id)
    .executeTakeFirstOrThrow()
  return (last ?? -1) + 1
}

/** The same of several experiments; those without a unit are left out. */
export async function countUnitsOf(
  reader: Reader,
  ids: readonly ExperimentId[],
): Promise<ReadonlyMap<ExperimentId, number>> {
  const rows = await reader.read
    .selectFrom('experiment_units')
    .select(['experiment_id', (select) => select.fn.max<number>('ordinal').as('last')])
    .where('experiment_id', 'in', anyOf(ids))
    .groupBy('experiment_id')
    .execute()
  return new Map(rows.map(({ experiment_id: id, last }) => [id, last + 1]))
}

export async function insertExperimentCommits(
  writer: Writer,
  id: ExperimentId,
  commits: readonly ExperimentCommit[],
): Promise<void> {
  const rows = commits.map((one) => ({
    experiment_id: id,
    ordinal: one.ordinal,
    value: one.value,
    missing: one.missing ? (1 as const) : (0 as const),
    scores: JSON.stringify(one.scores),
    hard_stop: one.hardStop,
    late_value: one.late?.value ?? null,
    late_at: one.late?.at ?? null,
    committed_at: writer.at,
    readings: JSON.stringify(one.readings),
  }))
  for (const batch of inBatches(rows, rowsPerInsert)) {
    await writer.write.insertInto('experiment_commits').values(batch).execute()
  }
}

/** Truth that came after its unit was committed as missing. The first one stays: false where there is one. */
export async function setLateValue(
  writer: Writer,
  id: ExperimentId,
  { ordinal, value, at }: { readonly ordinal: number; readonly value: number; readonly at: string },
): Promise<boolean> {
  const { numUpdatedRows } = await writer.write
    .updateTable('experiment_commits')
    .set({ late_value: value, late_at: at })
    .where('experiment_id', '=', id)
    .where('ordinal', '=', ordinal)
    .where('late_value', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Units that were committed as missing and have had signals joined since: some of them, in their order. */
export async function listLateUnits(
  reader: Reader,
  id: ExperimentId,
  limit: number,
): Promise<ExperimentUnit[]> {
  const rows = await reader.read
    .selectFrom('experiment_commits as commit')
    .innerJoin('experiment_units as unit', (join) =>
      join
        .onRef('unit.experiment_id', '=', 'commit.experiment_id')
        .onRef('unit.ordinal', '=', 'commit.ordinal'),
    )
    .selectAll('unit')
    .where('commit.experiment_id', '=', id)
    .where('commit.missing', '=', 1)
    .where('commit.late_value', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('exposures')
          .innerJoin('signal_joins', (join) =>
            join.on((where) =>
              where.or([
                where('signal_joins.exposure_id', '=', where.ref('exposures.id')),
                where('signal_joins.session_id', '=', where.ref('exposures.session_id')),
              ]),
            ),
          )
          .select('exposures.id')
          .whereRef('exposures.experiment_id', '=', 'commit.experiment_id')
          .whereRef('exposures.unit_ordinal', '=', 'commit.ordinal')
          .whereRef('signal_joins.created_at', '>', 'unit.deadline_at'),
      ),
    )
    .orderBy('commit.ordinal')
    .limit(limit)
    .execute()
  return rows.map(toUnit)
}

/** In their order, each with its unit. */
export async function listExperimentCommits(
  reader: Reader,
  id: ExperimentId,
  { from, limit }: Range,
): Promise<(ExperimentCommit & { readonly unit: ExperimentUnit })[]> {
  const rows = await reader.read
    .selectFrom('experiment_commits as commit')
    .innerJoin('experiment_units as unit', (join) =>
      join
        .onRef('unit.experiment_id', '=', 'commit.experiment_id')
        .onRef('unit.ordinal', '=', 'commit.ordinal'),
    )
    .selectAll('unit')
    .select([
      'commit.value',
      'commit.missing',
      'commit.scores',
      'commit.hard_stop',
      'commit.late_value',
      'commit.late_at',
      'commit.readings',
    ])
    .where('commit.experiment_id', '=', id)
    .where('commit.ordinal', '>=', from)
    .orderBy('commit.ordinal')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    ordinal: row.ordinal,
    unit: toUnit(row),
    value: row.value,
    missing: row.missing === 1,
    scores: JSON.parse(row.scores),
    hardStop: row.hard_stop,
    late:
      row.late_value === null || row.late_at === null
        ? null
        : { value: row.late_value, at: row.late_at },
    readings: JSON.parse(row.readings),
  }))
}

/** `change:0` the test of the first change, `holdback:0` that of its holdback. */
type TestName = `change:${number}` | `holdback:${number}`

export interface StoredTest {
  readonly test: TestName
  /** The next unit to commit. */
  readonly frontier: number
  readonly state: TestState
}

/** Of the tests of one experiment, which stand at the same unit: the next one to commit. */
export const frontierOf = (tests: readonly Pick<StoredTest, 'frontier'>[]): number =>
  Math.max(0, ...tests.map(({ frontier }) => frontier))

export async function listExperimentTests(
  reader: Reader,
  id: ExperimentId,
): Promise<readonly StoredTest[]> {
  return (await listTestsOf(reader, [id])).get(id) ?? []
}

/** A state takes some kilobytes. */
const statesAtOnce = 200

/** Of several experiments, in some statements and not in one each. */
export async function listTestsOf(
  reader: Reader,
  ids: readonly ExperimentId[],
): Promise<ReadonlyMap<ExperimentId, readonly StoredTest[]>> {
  const found = new Map<ExperimentId, StoredTest[]>(ids.map((id) => [id, []]))
  for (const some of inBatches(ids, statesAtOnce)) {
    const rows = await reader.read
      .selectFrom('experiment_states')
      .selectAll()
      .where('experiment_id', 'in', anyOf(some))
      .where('test', '!=', drift)
      .orderBy('experiment_id')
      .orderBy('test')
      .execute()
    for (const row of rows) {
      found.get(row.experiment_id)?.push({
        test: row.test as TestName,
        frontier: row.frontier,
        state: JSON.parse(row.state),
      })
    }
  }
  return found
}

export const putExperimentTest = (writer: Writer, id: ExperimentId, stored: StoredTest) =>
  putState(writer, id, stored)

const drift = 'drift'

/** Of what was promoted, whose rate is watched without comparison. */
export async function findDriftState(reader: Reader, id: ExperimentId): Promise<DriftState | null> {
  const row = await reader.read
    .selectFrom('experiment_states')
    .select('state')
    .where('experiment_id', '=', id)
    .where('test', '=', drift)
    .executeTakeFirst()
  return row ? JSON.parse(row.state) : null
}

export const putDriftState = (
  writer: Writer,
  id: ExperimentId,
  given: { readonly frontier: number; readonly state: DriftState },
) => putState(writer, id, { ...given, test: drift })

async function putState(
  writer: Writer,
  id: ExperimentId,
  {
    test,
    frontier,
    state,
  }: { readonly test: string; readonly frontier: number; readonly state: object },
): Promise<void> {
  const values = { frontier, state: JSON.stringify(state), updated_at: writer.at }
  await writer.write
    .insertInto('experiment_states')
    .values({ experiment_id: id, test, ...values })
    .onConflict((conflict) => conflict.columns(['experiment_id', 'test']).doUpdateSet(values))
    .execute()
}
