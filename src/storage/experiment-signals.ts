import type { ArrivedSignal, UnitPart } from '../core/experiment/unit-outcome.ts'
import type { ExperimentId, ExposureId, OutcomeSignalId, SessionId } from '../core/ids.ts'
import { anyOf } from './batches.ts'
import type { Reader } from './database.ts'

/**
 * By unit, what its readings came to: signals that are joined to them or to their sessions, exactly or strongly. What
 * is only likely to belong to a session never counts.
 */
export async function listUnitParts(
  reader: Reader,
  id: ExperimentId,
  ordinals: readonly number[],
): Promise<ReadonlyMap<number, readonly UnitPart[]>> {
  if (ordinals.length === 0) return new Map()
  const exposures = await reader.read
    .selectFrom('exposures')
    .leftJoin('sessions', 'sessions.id', 'exposures.session_id')
    .select([
      'exposures.id',
      'exposures.unit_ordinal as ordinal',
      'exposures.session_id as sessionId',
      'exposures.washout',
      'sessions.tally',
    ])
    .where('exposures.experiment_id', '=', id)
    .where('exposures.unit_ordinal', 'in', [...ordinals])
    .orderBy('exposures.unit_ordinal')
    .orderBy('exposures.assigned_at')
    .orderBy('exposures.id')
    .execute()
  const sessionIds = exposures.flatMap((one) => (one.sessionId === null ? [] : [one.sessionId]))
  const joins = await listJoins(reader, {
    sessionIds: [...new Set(sessionIds)],
    exposureIds: exposures.map((one) => one.id),
  })
  const signals = await readSignals(reader, [...new Set(joins.map((one) => one.signalId))])
  const units = new Map<number, UnitPart[]>()
  const byPart = Map.groupBy(exposures, (one) => `${one.ordinal}\0${one.sessionId ?? one.id}`)
  for (const group of byPart.values()) {
    const [first] = group
    if (!first || first.ordinal === null) continue
    const own = new Set(group.map((one) => one.id))
    const found = joins.filter(
      (join) =>
        (join.exposureId !== null && own.has(join.exposureId)) ||
        (join.sessionId !== null && join.sessionId === first.sessionId),
    )
    const part = {
      sessionId: first.sessionId,
      washout: first.washout === 1,
      signals: [...new Set(found.map((join) => join.signalId))]
        .toSorted()
        .flatMap((signalId) => signals.get(signalId) ?? []),
      ...countUse(first.tally),
    }
    units.set(first.ordinal, [...(units.get(first.ordinal) ?? []), part])
  }
  return units
}

export async function readSignals(
  reader: Reader,
  ids: readonly OutcomeSignalId[],
): Promise<ReadonlyMap<OutcomeSignalId, ArrivedSignal>> {
  const rows = await reader.read
    .selectFrom('outcome_signals')
    .selectAll()
    .where('id', 'in', anyOf(ids))
    .execute()
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        sessionId: row.session_id as SessionId,
        kind: row.kind,
        value: row.value,
        success: row.success === null ? null : row.success === 1,
        components: JSON.parse(row.components),
        decidedAt: row.decided_at,
        source: row.source,
        arrivedAt: Date.parse(row.created_at),
      },
    ]),
  )
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

interface Join {
  readonly signalId: OutcomeSignalId
  readonly sessionId: SessionId | null
  readonly exposureId: ExposureId | null
}

export async function listJoins(
  reader: Reader,
  given: {
    readonly sessionIds: readonly SessionId[]
    readonly exposureIds: readonly ExposureId[]
  },
): Promise<Join[]> {
  const joined = await reader.read
    .selectFrom('signal_joins')
    .select(['signal_id as signalId', 'session_id as sessionId', 'exposure_id as exposureId'])
    .where('confidence', 'in', anyOf(['exact', 'strong'] as const))
    .where((where) =>
      where.or([
        where('session_id', 'in', anyOf(given.sessionIds)),
        where('exposure_id', 'in', anyOf(given.exposureIds)),
      ]),
    )
    .execute()
  // Signals that came with an imported transcript say whose they are and need no join.
  const own = await reader.read
    .selectFrom('outcome_signals')
    .select(['id as signalId', 'session_id as sessionId'])
    .where('session_id', 'in', anyOf(given.sessionIds))
    .where('id', 'not in', (select) => select.selectFrom('signal_joins').select('signal_id'))
    .execute()
  return [...joined, ...own.map((one) => ({ ...one, exposureId: null }))]
}

function countUse(tally: string | null): Pick<UnitPart, 'tokens' | 'seconds'> {
  if (tally === null) return { tokens: null, seconds: null }
  const { inputTokens = 0, outputTokens = 0, activeMs = 0 } = JSON.parse(tally)
  return { tokens: inputTokens + outputTokens, seconds: activeMs / 1_000 }
}
