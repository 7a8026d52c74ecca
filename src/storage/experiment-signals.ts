import type { UnitPart } from '../core/experiment/unit-outcome.ts'
import type { ExperimentId, OutcomeSignalId } from '../core/ids.ts'
import type { OutcomeDefinition } from '../core/outcome/definition.ts'
import { anyOf, inBatches } from './batches.ts'
import type { Reader } from './database.ts'
import { asKnown, openGoalSignals } from './goal-signals.ts'
import { readUnitParts } from './unit-parts.ts'

/**
 * By unit, what its readings came to: signals that are joined to them or to their sessions, exactly or strongly. What
 * is only likely to belong to a session never counts.
 */
export async function listUnitParts(
  reader: Reader,
  { id, definition }: { readonly id: ExperimentId; readonly definition: OutcomeDefinition },
  ordinals: readonly number[],
): Promise<ReadonlyMap<number, readonly UnitPart[]>> {
  if (ordinals.length === 0) return new Map()
  const readings = await reader.read
    .selectFrom('exposures')
    .leftJoin('sessions', 'sessions.id', 'exposures.session_id')
    .select([
      'exposures.id',
      'exposures.unit_ordinal as ordinal',
      'exposures.session_id as sessionId',
      'exposures.washout',
      'exposures.assigned_at as assignedAt',
      'sessions.tally',
    ])
    .where('exposures.experiment_id', '=', id)
    .where('exposures.unit_ordinal', 'in', [...ordinals])
    .orderBy('exposures.unit_ordinal')
    .orderBy('exposures.assigned_at')
    .orderBy('exposures.id')
    .execute()
  const parts = await readUnitParts(
    readings.map((one) => ({ ...one, unit: String(one.ordinal) })),
    asKnown(openGoalSignals(reader, definition)),
  )
  return new Map([...parts].map(([ordinal, some]) => [Number(ordinal), some]))
}

/**
 * Signals of these kinds that tell of something bad in a unit whose arm has any change in it: the first one that came,
 * whether the unit's turn has come or not.
 */
export async function findHardStopSignal(
  reader: Reader,
  id: ExperimentId,
  { kinds, from, since }: HardStops,
): Promise<HardStop | null> {
  if (kinds.length === 0) return null
  const signals = await reader.read
    .selectFrom('outcome_signals')
    .select(['id', 'kind'])
    .where('kind', 'in', [...kinds])
    .where('created_at', '>=', since)
    .where((where) => where.or([where('success', 'is', null), where('success', '=', 0)]))
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  // Mostly nothing bad was told at all, and no unit has to be looked at.
  for (const some of inBatches(signals, signalsAtOnce)) {
    const readings = await listToldReadings(reader, id, { from, signals: some })
    for (const { id: signalId, kind } of some) {
      const [first] = readings.get(signalId)?.toSorted((a, b) => a.unit - b.unit) ?? []
      if (first) return { kind, ...first }
    }
  }
  return null
}

interface HardStops {
  readonly kinds: readonly string[]
  /** The first unit that counts. */
  readonly from: number
  /** What was told before is of none of its units. */
  readonly since: string
}

interface HardStop {
  readonly kind: string
  readonly unit: number
  readonly arm: string
}

const signalsAtOnce = 1_000

/** By signal, the units that it is told of, exactly or strongly, and whose arm has any change in it. */
async function listToldReadings(
  reader: Reader,
  id: ExperimentId,
  given: { readonly from: number; readonly signals: readonly { readonly id: OutcomeSignalId }[] },
): Promise<ReadonlyMap<OutcomeSignalId, { readonly unit: number; readonly arm: string }[]>> {
  const joins = await reader.read
    .selectFrom('signal_joins')
    .select(['signal_id', 'session_id', 'exposure_id'])
    .where('signal_id', 'in', anyOf(given.signals.map((signal) => signal.id)))
    .where('confidence', 'in', ['exact', 'strong'])
    .execute()
  const readings = reader.read
    .selectFrom('exposures as exposure')
    .innerJoin('experiment_units as unit', (on) =>
      on
        .onRef('unit.experiment_id', '=', 'exposure.experiment_id')
        .onRef('unit.ordinal', '=', 'exposure.unit_ordinal'),
    )
    .select(['exposure.id', 'exposure.session_id', 'unit.ordinal as unit', 'unit.arm'])
    .where('exposure.experiment_id', '=', id)
    .where('unit.ordinal', '>=', given.from)
    .where('unit.arm', 'like', '%1%')
  const exposureIds = [...new Set(joins.flatMap((one) => one.exposure_id ?? []))]
  const sessionIds = [...new Set(joins.flatMap((one) => one.session_id ?? []))]
  const byExposure = Map.groupBy(
    exposureIds.length === 0
      ? []
      : await readings.where('exposure.id', 'in', anyOf(exposureIds)).execute(),
    (one) => one.id,
  )
  const bySession = Map.groupBy(
    sessionIds.length === 0
      ? []
      : await readings.where('exposure.session_id', 'in', anyOf(sessionIds)).execute(),
    (one) => one.session_id,
  )
  const found = new Map<OutcomeSignalId, { unit: number; arm: string }[]>()
  for (const { signal_id, session_id, exposure_id } of joins) {
    const told = [
      ...(exposure_id === null ? [] : (byExposure.get(exposure_id) ?? [])),
      ...(session_id === null ? [] : (bySession.get(session_id) ?? [])),
    ].map(({ unit, arm }) => ({ unit, arm }))
    found.set(signal_id, [...(found.get(signal_id) ?? []), ...told])
  }
  return found
}
