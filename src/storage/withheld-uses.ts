import type { UnitUse } from '../core/experiment/item-ledgers.ts'
import { deadlineFor } from '../core/experiment/plan.ts'
import type { MemoryStoreId } from '../core/ids.ts'
import { decideGoal } from '../core/outcome/goal.ts'
import type { Reader } from './database.ts'
import type { OpenGoal } from './experiment-goal.ts'
import type { WithheldLog } from './exposures.ts'
import { listGoalSignals, signalsAbout } from './goal-signals.ts'
import { listFrames } from './withholding.ts'

const mostUnits = 2_000

interface Wanted {
  readonly storeId: MemoryStoreId
  readonly goal: OpenGoal
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface WithheldUses {
  readonly uses: readonly UnitUse[]
  /** Units whose outcome is waited for still, and those behind them. */
  readonly waiting: number
}

/**
 * What came of the units that items were withheld from, in the order in which they read. The first one whose outcome
 * may come still holds up those behind it; a missing one counts as failure (spec C.5).
 */
export async function listWithheldUses(reader: Reader, wanted: Wanted): Promise<WithheldUses> {
  const { storeId, goal, now } = wanted
  const frames = await listFrames(reader, storeId)
  const units = await listUnits(reader, storeId)
  const value = await readValues(reader, units, goal)
  const deadlineMs = deadlineFor(goal.deadlines, '')
  const uses: UnitUse[] = []
  for (const unit of units) {
    const came = value(unit)
    if (came === null && now <= Date.parse(unit.assignedAt) + deadlineMs) break
    uses.push({
      share: unit.log.share,
      eligible: frames.get(unit.log.frame) ?? [],
      withheld: new Set(unit.log.items),
      value: came ?? 0,
    })
  }
  return { uses, waiting: units.length - uses.length }
}

type Unit = Awaited<ReturnType<typeof listUnits>>[number]

/** The first reading of each unit says what it was given; sessions of all its readings say what came of it. */
async function listUnits(reader: Reader, storeId: MemoryStoreId) {
  const rows = await reader.read
    .selectFrom('exposures')
    .select(['id', 'unit', 'session_id', 'withheld', 'assigned_at'])
    .where('store_id', '=', storeId)
    .where('withheld', '!=', 'null')
    .orderBy('assigned_at')
    .orderBy('id')
    .limit(mostUnits * 5)
    .execute()
  const groups = [...Map.groupBy(rows, ({ unit }) => unit).values()].slice(0, mostUnits)
  return groups.flatMap((group) => {
    const [first] = group
    if (!first) return []
    return {
      log: JSON.parse(first.withheld) as WithheldLog,
      assignedAt: first.assigned_at,
      exposureIds: group.map(({ id }) => id),
      sessionIds: group.flatMap(({ session_id }) => session_id ?? []),
    }
  })
}

async function readValues(reader: Reader, units: readonly Unit[], { definition }: OpenGoal) {
  const { signals } = await listGoalSignals(reader, definition, {
    sessionIds: [...new Set(units.flatMap(({ sessionIds }) => sessionIds))],
    exposureIds: units.flatMap(({ exposureIds }) => exposureIds),
  })
  return ({ sessionIds, exposureIds }: Unit): number | null => {
    const own = signalsAbout(signals, {
      sessionIds: new Set(sessionIds),
      exposureIds: new Set(exposureIds),
    })
    return decideGoal(definition, own)?.value ?? null
  }
}
