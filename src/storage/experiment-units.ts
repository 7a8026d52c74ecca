import { toTimestamp } from '../core/clock.ts'
import { deadlineFor, holdbackOf, holdbackStage } from '../core/experiment/plan.ts'
import { nextStage } from '../core/experiment/ramp.ts'
import { type Mac, tossArm } from '../core/experiment/toss.ts'
import type { Reader, Writer } from './database.ts'
import { listChangeStates } from './experiment-arms.ts'
import { countExperimentUnits, type ExperimentUnit, toUnit } from './experiment-commits.ts'
import type { Experiment } from './experiments.ts'

export interface NewUnit {
  readonly experiment: Experiment
  readonly unit: string
  /** The type of task, known before the coin. */
  readonly stratum: string
  readonly principal: string | null
  /** Under the experiment's salt. */
  readonly mac: Mac
}

type Tossing = Pick<NewUnit, 'experiment' | 'unit' | 'mac'>

async function findUnit(
  reader: Reader,
  { experiment, unit }: Pick<NewUnit, 'experiment' | 'unit'>,
): Promise<ExperimentUnit | null> {
  const row = await reader.read
    .selectFrom('experiment_units')
    .selectAll()
    .where('experiment_id', '=', experiment.id)
    .where('unit', '=', unit)
    .executeTakeFirst()
  return row ? toUnit(row) : null
}

/** The arm that a unit has or would get now; null: nobody new is assigned, because the experiment is paused. */
export async function foreseeArm(reader: Reader, given: Tossing): Promise<string | null> {
  const known = await findUnit(reader, given)
  return known ? known.arm : toss(given)
}

function toss({ experiment, unit, mac }: Tossing): string | null {
  if (experiment.state === 'paused') return null
  const changes = listChangeStates(experiment)
  return tossArm({ unit, changes, pi: chanceOf(experiment).pi }, mac)
}

/**
 * The arm of a unit: the first assignment holds for good, whatever the ramp does later. Ordinals have no gaps,
 * because writes come one after another and what is undone takes its ordinal along. Null while it is paused.
 */
export async function assignUnit(writer: Writer, given: NewUnit): Promise<ExperimentUnit | null> {
  const { experiment, unit, stratum, principal } = given
  const known = await findUnit(writer, given)
  if (known) return known
  const arm = toss(given)
  if (arm === null) return null
  const deadlineMs = deadlineFor(experiment.plan.deadlines, stratum)
  const row = await writer.write
    .insertInto('experiment_units')
    .values({
      experiment_id: experiment.id,
      ordinal: await countExperimentUnits(writer, experiment.id),
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
  experiment.state === 'promoted'
    ? { stage: holdbackStage, pi: holdbackOf(experiment.plan).pi }
    : nextStage(experiment, experiment.plan.test?.ramp)
