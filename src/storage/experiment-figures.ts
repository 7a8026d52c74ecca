import { sql } from 'kysely'
import { evidenceOf } from '../core/experiment/betting.ts'
import type { ExperimentId } from '../core/ids.ts'
import type { Reader } from './database.ts'
import { countExperimentUnits, frontierOf, listTestsOf } from './experiment-commits.ts'
import { listOpenIds } from './experiments.ts'

/** One test of an open experiment, as monitoring sees it. */
export interface ExperimentFigures {
  readonly experiment: ExperimentId
  readonly test: string
  readonly better: number
  readonly worse: number
  /** Counted units by arm. */
  readonly candidate: number
  readonly incumbent: number
  /** Evidence that the arms do not fit their coins; 1 000 voids. */
  readonly sampleRatio: number
}

/** Units of one open experiment, each in one state. */
export interface UnitFigures {
  readonly experiment: ExperimentId
  /** Assigned, and not counted yet. */
  readonly waiting: number
  /** Counted with an outcome. */
  readonly committed: number
  /** Counted without one. */
  readonly missing: number
  /** Counted without one that came afterwards. */
  readonly late: number
}

export async function listExperimentFigures(reader: Reader): Promise<{
  readonly tests: readonly ExperimentFigures[]
  readonly units: readonly UnitFigures[]
}> {
  const figures: ExperimentFigures[] = []
  const units: UnitFigures[] = []
  const all = await listTestsOf(reader, await listOpenIds(reader))
  for (const [id, tests] of all) {
    for (const { test, state } of tests) {
      figures.push({
        experiment: id,
        test,
        better: evidenceOf(state.better),
        worse: evidenceOf(state.worse),
        candidate: state.n1,
        incumbent: state.n0,
        sampleRatio: Math.exp(state.ratio.largest),
      })
    }
    units.push(await countUnitStates(reader, id, frontierOf(tests)))
  }
  return { tests: figures, units }
}

/** Three counts by index. */
async function countUnitStates(
  reader: Reader,
  id: ExperimentId,
  frontier: number,
): Promise<UnitFigures> {
  const counted = await reader.read
    .selectFrom('experiment_commits')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('experiment_id', '=', id)
    .executeTakeFirstOrThrow()
  const without = await reader.read
    .selectFrom('experiment_commits')
    .select((select) => [
      select.fn.countAll<number>().as('count'),
      select.fn.count<number>('late_value').as('late'),
    ])
    .where('experiment_id', '=', id)
    // Written out, so that the index of those is seen to serve.
    .where(sql<boolean>`missing = 1`)
    .executeTakeFirstOrThrow()
  const late = Number(without.late)
  return {
    experiment: id,
    waiting: Math.max(0, (await countExperimentUnits(reader, id)) - frontier),
    committed: Number(counted.count) - Number(without.count),
    missing: Number(without.count) - late,
    late,
  }
}
