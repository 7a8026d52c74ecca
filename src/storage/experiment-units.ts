import type { Selectable } from 'kysely'
import { toTimestamp } from '../core/clock.ts'
import { holdbackPi } from '../core/experiment/holdback.ts'
import { deadlineFor, holdbackStage } from '../core/experiment/plan.ts'
import { nextStage } from '../core/experiment/ramp.ts'
import { type Mac, tossArm } from '../core/experiment/toss.ts'
import type { ExperimentId } from '../core/ids.ts'
import type { Reader, Writer } from './database.ts'
import { listChangeStates } from './experiment-arms.ts'
import type { Experiment } from './experiments.ts'
import type { ExperimentUnitsTable } from './tables/experiments.ts'

/** Who was assigned to which arm, in the order of assignment. */
export interface AssignedUnit {
  readonly experimentId: ExperimentId
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

export interface NewUnit {
  readonly experiment: Experiment
  readonly unit: string
  /** The type of task, known before the coin. */
  readonly stratum: string
  readonly principal: string | null
  /** Under the experiment's salt. */
  readonly mac: Mac
}

async function findUnit(
  reader: Reader,
  { experimentId, unit }: Pick<AssignedUnit, 'experimentId' | 'unit'>,
): Promise<AssignedUnit | null> {
  const row = await reader.read
    .selectFrom('experiment_units')
    .selectAll()
    .where('experiment_id', '=', experimentId)
    .where('unit', '=', unit)
    .executeTakeFirst()
  return row ? toUnit(row) : null
}

/** The arm that a unit has or would get now; null: nobody new is assigned, because the experiment is paused. */
export async function foreseeArm(
  reader: Reader,
  { experiment, unit, mac }: Pick<NewUnit, 'experiment' | 'unit' | 'mac'>,
): Promise<string | null> {
  const known = await findUnit(reader, { experimentId: experiment.id, unit })
  if (known) return known.arm
  if (experiment.state === 'paused') return null
  const changes = listChangeStates(experiment)
  return tossArm({ unit, changes, pi: chanceOf(experiment).pi }, mac)
}

/**
 * The arm of a unit: the first assignment holds for good, whatever the ramp does later. Ordinals have no gaps,
 * because writes come one after another and what is undone takes its ordinal along. Null while it is paused.
 */
export async function assignUnit(writer: Writer, given: NewUnit): Promise<AssignedUnit | null> {
  const { experiment, unit, stratum, principal } = given
  const known = await findUnit(writer, { experimentId: experiment.id, unit })
  if (known) return known
  const arm = await foreseeArm(writer, given)
  if (arm === null) return null
  const last = await writer.read
    .selectFrom('experiment_units')
    .select((select) => select.fn.max<number | null>('ordinal').as('ordinal'))
    .where('experiment_id', '=', experiment.id)
    .executeTakeFirst()
  const deadlineMs = deadlineFor(experiment.plan.deadlines, stratum)
  const row = await writer.write
    .insertInto('experiment_units')
    .values({
      experiment_id: experiment.id,
      ordinal: (last?.ordinal ?? -1) + 1,
      unit,
      stratum,
      principal,
      arm,
      ...chanceOf(experiment),
      assigned_at: writer.at,
      deadline_at: toTimestamp(Date.parse(writer.at) + deadlineMs),
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await writer.audit({
    action: 'experiment.unit_assigned',
    objectType: 'experiment',
    objectId: experiment.id,
    afterHash: writer.hash(JSON.stringify(row)),
  })
  return toUnit(row)
}

/** Fixed before the coin: by the ramp (spec C.7), and once promoted all but the holdback read the candidate (C.10). */
const chanceOf = (experiment: Experiment): { readonly stage: number; readonly pi: number } =>
  experiment.state === 'promoted' ? { stage: holdbackStage, pi: holdbackPi } : nextStage(experiment)

const toUnit = (row: Selectable<ExperimentUnitsTable>): AssignedUnit => ({
  experimentId: row.experiment_id,
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
