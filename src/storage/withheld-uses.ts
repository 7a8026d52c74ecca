import { toTimestamp } from '../core/clock.ts'
import type { UnitUse } from '../core/experiment/item-ledgers.ts'
import { type Deadlines, deadlineFor } from '../core/experiment/plan.ts'
import { judgeUse, type UnitSize, type UsePart } from '../core/experiment/use-outcome.ts'
import type { ItemRef } from '../core/experiment/withheld-items.ts'
import type { ExposureId, MemoryStoreId } from '../core/ids.ts'
import { decideGoal } from '../core/outcome/goal.ts'
import { anyOf } from './batches.ts'
import type { Reader } from './database.ts'
import type { OpenGoal } from './experiment-goal.ts'
import type { WithheldLog } from './exposures.ts'
import { asKnown, openGoalSignals, type ReadSignals } from './goal-signals.ts'
import { readUnitParts } from './unit-parts.ts'
import { openFrames } from './withholding.ts'

/** Units that are in memory at a time. */
const unitsAtOnce = 200
/** Of one unit; a program that asks every second is no reason to read all of it. */
const mostReadings = 1_000

interface Wanted {
  readonly storeId: MemoryStoreId
  readonly goal: OpenGoal
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** One unit in its turn. `crowded`: it read more often than is looked at. */
export interface WithheldUse {
  readonly use: UnitUse
  readonly crowded: boolean
}

/**
 * What came of the units that items were withheld from, in the order in which they read, some in memory at a time. Ends
 * before the first one whose outcome may come still: it holds up those behind it (spec C.5). Whatever is answered here
 * is answered at every later moment: what had come, and was known to be about the unit, in time is all that counts.
 */
export async function* listWithheldUses(
  reader: Reader,
  { storeId, goal, now }: Wanted,
): AsyncGenerator<WithheldUse> {
  const readSignals = asKnown(openGoalSignals(reader, goal.definition))
  const frameOf = openFrames(reader, storeId)
  let after: Place | null = null
  for (;;) {
    const units: readonly FirstReading[] = await listFirstReadings(reader, storeId, after)
    const known = await readParts(reader, { storeId, units, goal, readSignals })
    for (const unit of units) {
      const { parts, crowded } = known(unit)
      const outcome = judgeUse(parts, {
        size: sizeOf(unit),
        decide: (signals) => decideGoal(goal.definition, signals),
        deadline: deadlineOf(unit, goal.deadlines),
        now,
      })
      if (outcome === null) return
      const log = JSON.parse(unit.withheld) as WithheldLog
      const eligible: readonly ItemRef[] = await frameOf(log.frame)
      const use = { ...outcome, share: log.share, eligible, withheld: new Set(log.items) }
      yield { use, crowded }
    }
    after = units.at(-1) ?? null
    if (units.length < unitsAtOnce) return
  }
}

export async function countWithheldUnits(reader: Reader, storeId: MemoryStoreId): Promise<number> {
  const { units } = await reader.read
    .selectFrom('exposures')
    .select((select) => select.fn.count<number>('unit').distinct().as('units'))
    .where('store_id', '=', storeId)
    .where('withheld', '!=', 'null')
    .executeTakeFirstOrThrow()
  return Number(units)
}

/** Readings of sessions that mounted the store since items of it were first left out: nothing was left out of those. */
export async function countMountedReadings(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<number> {
  const { readings } = await reader.read
    .selectFrom('exposures')
    .select((select) => select.fn.countAll<number>().as('readings'))
    .where('store_id', '=', storeId)
    .where('via', '=', 'session')
    .where(({ eb, selectFrom }) =>
      eb(
        'assigned_at',
        '>=',
        selectFrom('withholding_frames')
          .select(({ fn }) => fn.min('created_at').as('first'))
          .where('store_id', '=', storeId),
      ),
    )
    .executeTakeFirstOrThrow()
  return Number(readings)
}

interface Place {
  readonly assignedAt: string
  readonly id: ExposureId
}

type FirstReading = Awaited<ReturnType<typeof listFirstReadings>>[number]

/** Says what its unit was given: later readings of it, of another version perhaps, are read and do not count anew. */
async function listFirstReadings(reader: Reader, storeId: MemoryStoreId, after: Place | null) {
  return reader.read
    .selectFrom('exposures as first')
    .leftJoin('experiments', 'experiments.id', 'first.experiment_id')
    .select([
      'first.id',
      'first.unit',
      'first.withheld',
      'first.task_type as taskType',
      'first.assigned_at as assignedAt',
      'experiments.unit as kind',
    ])
    .where('first.store_id', '=', storeId)
    .where('first.withheld', '!=', 'null')
    .$if(after !== null, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple('first.assigned_at', 'first.id'),
          '>',
          tuple(after?.assignedAt ?? '', after?.id ?? ('' as ExposureId)),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('exposures as former')
            .select('former.id')
            .whereRef('former.store_id', '=', 'first.store_id')
            .whereRef('former.unit', '=', 'first.unit')
            .where('former.withheld', '!=', 'null')
            .where((pair) =>
              pair.eb(
                pair.refTuple('former.assigned_at', 'former.id'),
                '<',
                pair.refTuple('first.assigned_at', 'first.id'),
              ),
            ),
        ),
      ),
    )
    .orderBy('first.assigned_at')
    .orderBy('first.id')
    .limit(unitsAtOnce)
    .execute()
}

const deadlineOf = ({ assignedAt, taskType }: FirstReading, deadlines: Deadlines) =>
  Date.parse(assignedAt) + deadlineFor(deadlines, taskType ?? '')

function sizeOf({ kind }: FirstReading): UnitSize {
  if (kind === null) return 'unsaid'
  return kind === 'session' ? 'one' : 'many'
}

interface Known {
  readonly parts: readonly UsePart[]
  readonly crowded: boolean
}

interface Reading extends Pick<Wanted, 'storeId' | 'goal'> {
  readonly units: readonly FirstReading[]
  readonly readSignals: ReadSignals
}

/** What came of all readings of the units until their deadlines. */
async function readParts(
  reader: Reader,
  { storeId, units, goal, readSignals }: Reading,
): Promise<(unit: FirstReading) => Known> {
  const deadlines = new Map(units.map((one) => [one.unit, deadlineOf(one, goal.deadlines)]))
  const until = toTimestamp(Math.max(0, ...deadlines.values()))
  const rows = await listReadings(reader, { storeId, names: [...deadlines.keys()], until })
  const inTime = rows.filter((one) => Date.parse(one.assignedAt) <= (deadlines.get(one.unit) ?? 0))
  const byUnit = Map.groupBy(inTime, ({ unit }) => unit)
  const readings = [...byUnit.values()].flatMap((some) => some.slice(0, mostReadings))
  const parts = await readUnitParts(readings, readSignals)
  return ({ unit }) => ({
    parts: (parts.get(unit) ?? []).filter(({ washout }) => !washout),
    crowded: (byUnit.get(unit)?.length ?? 0) > mostReadings,
  })
}

interface Listing {
  readonly storeId: MemoryStoreId
  readonly names: readonly string[]
  readonly until: string
}

/** The first readings of each of these units, one more than is looked at. */
async function listReadings(reader: Reader, { storeId, names, until }: Listing) {
  return reader.read
    .selectFrom((from) =>
      from
        .selectFrom('exposures')
        .select(['id', 'unit', 'session_id', 'washout', 'assigned_at'])
        .select(({ fn }) =>
          fn
            .agg<number>('row_number')
            .over((over) => over.partitionBy('unit').orderBy('assigned_at').orderBy('id'))
            .as('place'),
        )
        .where('store_id', '=', storeId)
        .where('unit', 'in', anyOf(names))
        .where('withheld', '!=', 'null')
        .where('assigned_at', '<=', until)
        .as('reading'),
    )
    .select(({ val }) => [
      'id',
      'unit',
      'session_id as sessionId',
      'washout',
      'assigned_at as assignedAt',
      val(null).as('tally'),
    ])
    .where('place', '<=', mostReadings + 1)
    .orderBy('assigned_at')
    .orderBy('id')
    .execute()
}
