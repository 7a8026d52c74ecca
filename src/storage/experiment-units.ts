import type { Selectable } from 'kysely'
import { type Mac, tossArm } from '../core/experiment/arms.ts'
import type { ExperimentId } from '../core/ids.ts'
import type { Reader, Writer } from './database.ts'
import type { LiveExperiment } from './experiment-arms.ts'
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
  readonly experiment: LiveExperiment
  readonly unit: string
  /** The type of task, known before the coin. */
  readonly stratum: string
  readonly principal: string | null
  /** Under the experiment's salt. */
  readonly mac: Mac
  /** RFC 3339: after it a missing outcome counts as failure. */
  readonly deadlineAt: string
}

export async function findUnit(
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

/**
 * The arm of a unit: the first assignment holds for good, whatever the ramp does later. Ordinals have no gaps,
 * because writes come one after another and what is undone takes its ordinal along. A paused experiment assigns
 * nobody. The caller writes the audit record.
 */
export async function assignUnit(writer: Writer, given: NewUnit): Promise<AssignedUnit | null> {
  const { experiment, unit, stratum, principal } = given
  const known = await findUnit(writer, { experimentId: experiment.id, unit })
  if (known) return known
  if (experiment.state === 'paused') return null
  const last = await writer.read
    .selectFrom('experiment_units')
    .select((select) => select.fn.max<number | null>('ordinal').as('ordinal'))
    .where('experiment_id', '=', experiment.id)
    .executeTakeFirst()
  const pi = shareOf(experiment)
  const row = await writer.write
    .insertInto('experiment_units')
    .values({
      experiment_id: experiment.id,
      ordinal: (last?.ordinal ?? -1) + 1,
      unit,
      stratum,
      principal,
      arm: tossArm({ unit, changes: experiment.changes, pi }, given.mac),
      stage: experiment.stage,
      pi,
      assigned_at: writer.at,
      deadline_at: given.deadlineAt,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return toUnit(row)
}

/** Of the ramp (spec C.7); once promoted, all but the holdback read the candidate (C.10). */
const ramp: readonly number[] = [0.1, 0.25, 0.5]
const holdbackPi = 0.9

/** The chance of the candidate for the next coin, fixed before it. */
export function shareOf({ state, stage }: Pick<LiveExperiment, 'state' | 'stage'>): number {
  return state === 'promoted' ? holdbackPi : (ramp[stage] ?? 0.5)
}

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
