import type { UnitPart } from '../core/experiment/unit-outcome.ts'
import type { ExperimentId } from '../core/ids.ts'
import type { OutcomeDefinition } from '../core/outcome/definition.ts'
import { anyOf } from './batches.ts'
import type { Reader } from './database.ts'
import { openGoalSignals } from './goal-signals.ts'
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
    openGoalSignals(reader, definition),
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
  { kinds, from }: { readonly kinds: readonly string[]; readonly from: number },
): Promise<{ readonly kind: string; readonly unit: number; readonly arm: string } | null> {
  if (kinds.length === 0) return null
  const row = await reader.read
    .selectFrom('outcome_signals as signal')
    .innerJoin('signal_joins as join', 'join.signal_id', 'signal.id')
    .innerJoin('exposures as exposure', (on) =>
      on.on((where) =>
        where.or([
          where('exposure.id', '=', where.ref('join.exposure_id')),
          where('exposure.session_id', '=', where.ref('join.session_id')),
        ]),
      ),
    )
    .innerJoin('experiment_units as unit', (on) =>
      on
        .onRef('unit.experiment_id', '=', 'exposure.experiment_id')
        .onRef('unit.ordinal', '=', 'exposure.unit_ordinal'),
    )
    .select(['signal.kind', 'unit.ordinal as unit', 'unit.arm'])
    .where('signal.kind', 'in', anyOf(kinds))
    .where((where) =>
      where.or([where('signal.success', 'is', null), where('signal.success', '=', 0)]),
    )
    .where('join.confidence', 'in', anyOf(['exact', 'strong'] as const))
    .where('exposure.experiment_id', '=', id)
    .where('unit.ordinal', '>=', from)
    .where('unit.arm', 'like', '%1%')
    .orderBy('signal.created_at')
    .orderBy('signal.id')
    .orderBy('unit.ordinal')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}
