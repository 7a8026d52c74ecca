import { type Selectable, sql } from 'kysely'
import type { ExposureId, OutcomeSignalId, SessionId } from '../core/ids.ts'
import { cappedSignals, windowOf } from '../core/outcome/cap.ts'
import type { InfluenceCap, OutcomeDefinition } from '../core/outcome/definition.ts'
import type { GoalSignal } from '../core/outcome/goal-signal.ts'
import type { Confidence } from '../core/outcome/subject.ts'
import { anyOf } from './batches.ts'
import type { Reader } from './database.ts'
import type { OutcomeSignalsTable } from './tables/outcomes.ts'

/** A signal under what it was joined to. */
export interface UnitSignal {
  readonly sessionId: SessionId | null
  readonly exposureId: ExposureId | null
  readonly signal: GoalSignal
  /** When it was known to be about it. */
  readonly joinedAt: string
}

interface About {
  readonly sessionIds: readonly SessionId[]
  readonly exposureIds: readonly ExposureId[]
}

interface Heard {
  readonly signals: readonly UnitSignal[]
  readonly capped: ReadonlyMap<OutcomeSignalId, string>
}

export type ReadSignals = (about: About) => Promise<Heard>

/**
 * Everything that was heard of these sessions and exposures, weak joins too: `decideGoal` says what counts. What a
 * principal said above the definition's cap is not among it, but under `capped` with the reason.
 */
export const listGoalSignals = (
  reader: Reader,
  definition: OutcomeDefinition,
  about: About,
): Promise<Heard> => openGoalSignals(reader, definition)(about)

/** The same for one part of them after the other, in one snapshot: each window of the cap is counted once. */
export function openGoalSignals(reader: Reader, definition: OutcomeDefinition): ReadSignals {
  const windows: CappedWindows = new Map()
  return async (about) => {
    const heard = [
      ...(await listImported(reader, about.sessionIds)),
      ...(await listJoined(reader, about)),
    ]
    const signals = heard.map(({ signal }) => signal)
    const capped = await listCapped(reader, definition, { signals, windows })
    return { signals: heard.filter(({ signal }) => !capped.has(signal.id)), capped }
  }
}

async function listImported(reader: Reader, ids: readonly SessionId[]): Promise<UnitSignal[]> {
  const rows = await reader.read
    .selectFrom('outcome_signals')
    .selectAll()
    .where('session_id', 'in', anyOf(ids))
    .where('idempotency_key', 'is', null)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    sessionId: row.session_id,
    exposureId: null,
    signal: toGoalSignal(row, 'exact'),
    joinedAt: row.created_at,
  }))
}

/** Two look-ups: databases that are asked for either way at once read every join there is. */
async function listJoined(
  reader: Reader,
  { sessionIds, exposureIds }: About,
): Promise<UnitSignal[]> {
  const joined = reader.read
    .selectFrom('signal_joins')
    .innerJoin('outcome_signals', 'outcome_signals.id', 'signal_joins.signal_id')
    .selectAll('outcome_signals')
    .select([
      'signal_joins.session_id as joined_id',
      'signal_joins.exposure_id',
      'signal_joins.confidence',
      'signal_joins.ordinal',
      'signal_joins.created_at as joined_at',
    ])
  const rows = [
    ...(sessionIds.length === 0
      ? []
      : await joined.where('signal_joins.session_id', 'in', anyOf(sessionIds)).execute()),
    ...(exposureIds.length === 0
      ? []
      : await joined.where('signal_joins.exposure_id', 'in', anyOf(exposureIds)).execute()),
  ]
  const once = new Map(rows.map((row) => [`${row.id} ${row.ordinal}`, row]))
  return [...once.values()]
    .toSorted((a, b) => (a.id === b.id ? a.ordinal - b.ordinal : a.id < b.id ? -1 : 1))
    .map(({ joined_id, exposure_id, confidence, joined_at, ordinal: _, ...row }) => ({
      sessionId: joined_id,
      exposureId: exposure_id,
      signal: toGoalSignal(row, confidence),
      joinedAt: joined_at,
    }))
}

const toGoalSignal = (
  row: Selectable<OutcomeSignalsTable>,
  confidence: Confidence,
): GoalSignal => ({
  id: row.id,
  kind: row.kind,
  source: row.source,
  value: row.value,
  success: row.success === null ? null : row.success === 1,
  components: JSON.parse(row.components),
  principal: row.principal,
  signed: row.signed === 1,
  subjects: JSON.parse(row.subjects),
  final: row.final === null ? null : row.final === 1,
  decidedAt: row.decided_at,
  createdAt: row.created_at,
  confidence,
})

/** By the beginning of each window that was counted, what is capped in it. */
type CappedWindows = Map<number, ReadonlyMap<OutcomeSignalId, string>>

async function listCapped(
  reader: Reader,
  definition: OutcomeDefinition,
  {
    signals,
    windows,
  }: { readonly signals: readonly GoalSignal[]; readonly windows: CappedWindows },
): Promise<ReadonlyMap<OutcomeSignalId, string>> {
  const { cap } = definition
  const capped = new Map<OutcomeSignalId, string>()
  if (cap === null) return capped
  // Who speaks for no principal is never capped.
  const spoken = signals.filter(({ principal }) => principal !== null)
  const starts = new Set(spoken.map(({ createdAt }) => windowOf(cap, createdAt)))
  for (const from of [...starts].sort((a, b) => a - b)) {
    const found = windows.get(from) ?? (await capWindow(reader, definition, { cap, from }))
    windows.set(from, found)
    for (const [id, reason] of found) capped.set(id, reason)
  }
  return capped
}

/** Whole windows are counted, since others' signals say how much one principal may. */
async function capWindow(
  reader: Reader,
  { signals: counted, requireSigned }: OutcomeDefinition,
  { cap, from }: { readonly cap: InfluenceCap; readonly from: number },
): Promise<ReadonlyMap<OutcomeSignalId, string>> {
  const rows = await reader.read
    .selectFrom('outcome_signals')
    .select(['id', 'kind', 'source', 'principal', 'created_at as createdAt'])
    .where('created_at', '>=', new Date(from).toISOString())
    .where('created_at', '<', new Date(from + cap.windowMs).toISOString())
    .where('kind', 'in', anyOf([...new Set(counted.map(({ kind }) => kind))]))
    .$if(requireSigned, (query) => query.where('signed', '=', 1))
    .where(sql<boolean>`(value is not null or success is not null)`)
    .execute()
  const speaking = rows.filter(({ kind, source }) =>
    counted.some((one) => one.kind === kind && (one.source === null || one.source === source)),
  )
  return cappedSignals(cap, speaking)
}

/** How long outcomes of a type of task took after the session's end, newest first. `by`: that had come by then. */
export async function listPastDelays(
  reader: Reader,
  { signals }: OutcomeDefinition,
  { taskType, by }: { readonly taskType: string | null; readonly by?: string },
): Promise<number[]> {
  const rows = await reader.read
    .selectFrom('outcome_signals')
    .innerJoin('sessions', 'sessions.id', 'outcome_signals.session_id')
    .select(['outcome_signals.decided_at', 'sessions.ended_at', 'sessions.started_at'])
    .where('outcome_signals.kind', 'in', anyOf([...new Set(signals.map(({ kind }) => kind))]))
    .where('outcome_signals.decided_at', 'is not', null)
    .$if(taskType !== null, (query) => query.where('sessions.task_type', '=', taskType))
    .$if(by !== undefined, (query) => query.where('outcome_signals.created_at', '<=', by ?? ''))
    .orderBy('outcome_signals.created_at', 'desc')
    .orderBy('outcome_signals.id', 'desc')
    .limit(mostDelays)
    .execute()
  return rows.flatMap(({ decided_at, ended_at, started_at }) => {
    const from = ended_at ?? started_at
    return decided_at === null || from === null
      ? []
      : [Math.max(0, Date.parse(decided_at) - Date.parse(from))]
  })
}
const mostDelays = 2_000

/** With when it was known what they are about: a signal says nothing of a unit before it is joined to it. */
export function asKnown(read: ReadSignals): ReadSignals {
  return async (about) => {
    const { signals, capped } = await read(about)
    const known = ({ createdAt, ...signal }: GoalSignal, joinedAt: string) => ({
      ...signal,
      createdAt: joinedAt > createdAt ? joinedAt : createdAt,
    })
    return {
      signals: signals.map((one) => ({ ...one, signal: known(one.signal, one.joinedAt) })),
      capped,
    }
  }
}
