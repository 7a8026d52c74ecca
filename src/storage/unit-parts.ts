import type { UsePart } from '../core/experiment/use-outcome.ts'
import type { ExposureId, SessionId } from '../core/ids.ts'
import type { GoalSignal } from '../core/outcome/goal-signal.ts'
import type { ReadSignals, UnitSignal } from './goal-signals.ts'

/** One time that a unit read a store, with the session that it was in. */
export interface UnitReading {
  /** By what its unit is known to the caller. */
  readonly unit: string
  readonly id: ExposureId
  readonly sessionId: SessionId | null
  readonly washout: 0 | 1
  /** Of the session. */
  readonly tally: string | null
  readonly assignedAt: string
}

/**
 * By unit, what its readings came to: signals that are joined to them or to their sessions, exactly or strongly. What
 * is only likely to belong to a session never counts. Readings of one session are one part. Give readings in the order
 * in which they happened.
 */
export async function readUnitParts(
  readings: readonly UnitReading[],
  readSignals: ReadSignals,
): Promise<ReadonlyMap<string, readonly UsePart[]>> {
  const sessionIds = readings.flatMap((one) => (one.sessionId === null ? [] : [one.sessionId]))
  const { signals } = await readSignals({
    sessionIds: [...new Set(sessionIds)],
    exposureIds: readings.map((one) => one.id),
  })
  const sure = signals.filter(({ signal }) => signal.confidence !== 'weak')
  const about = sortSignals(sure)
  const units = new Map<string, UsePart[]>()
  const byPart = Map.groupBy(readings, (one) => `${one.unit}\0${one.sessionId ?? one.id}`)
  for (const group of byPart.values()) {
    const [first] = group
    if (!first) continue
    const part = {
      sessionId: first.sessionId,
      washout: first.washout === 1,
      since: Date.parse(first.assignedAt),
      signals: about([...(first.sessionId ? [first.sessionId] : []), ...group.map(({ id }) => id)]),
      ...countUse(first.tally),
    }
    const known = units.get(first.unit)
    if (known) known.push(part)
    else units.set(first.unit, [part])
  }
  return units
}

/** Each once, as it was last heard of, in the order of their ids. */
function sortSignals(heard: readonly UnitSignal[]): (ids: readonly string[]) => GoalSignal[] {
  const places = new Map<string, number[]>()
  for (const [place, { sessionId, exposureId }] of heard.entries()) {
    for (const id of [sessionId, exposureId]) {
      if (id === null) continue
      const known = places.get(id)
      if (known) known.push(place)
      else places.set(id, [place])
    }
  }
  return (ids) => {
    const found = ids.flatMap((id) => places.get(id) ?? []).toSorted((a, b) => a - b)
    const signals = found.flatMap((place) => heard[place]?.signal ?? [])
    const once = new Map(signals.map((signal) => [signal.id, signal]))
    return [...once.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }
}

/** What a session used by its tally; null where nobody counted. */
export function countUse(tally: string | null): Pick<UsePart, 'tokens' | 'seconds'> {
  if (tally === null) return { tokens: null, seconds: null }
  const { inputTokens = 0, outputTokens = 0, activeMs = 0 } = JSON.parse(tally)
  return { tokens: inputTokens + outputTokens, seconds: activeMs / 1_000 }
}
