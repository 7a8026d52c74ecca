import { type Selectable, sql } from 'kysely'
import type { ExposureId, OutcomeSignalId, SessionId } from '../core/ids.ts'
import { cappedSignals, windowOf } from '../core/outcome/cap.ts'
import type { OutcomeDefinition } from '../core/outcome/definition.ts'
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
}

/**
 * Everything that was heard of these sessions and exposures, weak joins too: `decideGoal` says what counts. What a
 * principal said above the definition's cap is not among it, but under `capped` with the reason.
 */
export async function listGoalSignals(
  reader: Reader,
  definition: OutcomeDefinition,
  units: { readonly sessionIds: readonly SessionId[]; readonly exposureIds: readonly ExposureId[] },
): Promise<{
  readonly signals: readonly UnitSignal[]
  readonly capped: ReadonlyMap<OutcomeSignalId, string>
}> {
  const heard = [
    ...(await listImported(reader, units.sessionIds)),
    ...(await listJoined(reader, units)),
  ]
  const capped = await listCapped(
    reader,
    definition,
    heard.map(({ signal }) => signal),
  )
  return { signals: heard.filter(({ signal }) => !capped.has(signal.id)), capped }
}

/** Those that are about any of these, each once. */
export function signalsAbout(
  heard: readonly UnitSignal[],
  about: {
    readonly sessionIds: ReadonlySet<SessionId>
    readonly exposureIds: ReadonlySet<ExposureId>
  },
): GoalSignal[] {
  const found = heard.filter(
    ({ sessionId, exposureId }) =>
      (sessionId !== null && about.sessionIds.has(sessionId)) ||
      (exposureId !== null && about.exposureIds.has(exposureId)),
  )
  return [...new Map(found.map(({ signal }) => [signal.id, signal])).values()]
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
  }))
}

async function listJoined(
  reader: Reader,
  { sessionIds, exposureIds }: Parameters<typeof listGoalSignals>[2],
): Promise<UnitSignal[]> {
  const rows = await reader.read
    .selectFrom('signal_joins')
    .innerJoin('outcome_signals', 'outcome_signals.id', 'signal_joins.signal_id')
    .selectAll('outcome_signals')
    .select([
      'signal_joins.session_id as joined_id',
      'signal_joins.exposure_id',
      'signal_joins.confidence',
    ])
    .where((where) =>
      where.or([
        where('signal_joins.session_id', 'in', anyOf(sessionIds)),
        where('signal_joins.exposure_id', 'in', anyOf(exposureIds)),
      ]),
    )
    .orderBy('signal_joins.signal_id')
    .orderBy('signal_joins.ordinal')
    .execute()
  return rows.map(({ joined_id, exposure_id, confidence, ...row }) => ({
    sessionId: joined_id,
    exposureId: exposure_id,
    signal: toGoalSignal(row, confidence),
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

/** Whole windows are counted, since others' signals say how much one principal may. */
async function listCapped(
  reader: Reader,
  { cap, signals: counted, requireSigned }: OutcomeDefinition,
  signals: readonly GoalSignal[],
): Promise<ReadonlyMap<OutcomeSignalId, string>> {
  if (cap === null || signals.every(({ principal }) => principal === null)) return new Map()
  const windows = [...new Set(signals.map(({ createdAt }) => windowOf(cap, createdAt)))].sort(
    (a, b) => a - b,
  )
  const capped = new Map<OutcomeSignalId, string>()
  for (const from of windows) {
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
    for (const [id, reason] of cappedSignals(cap, speaking)) capped.set(id, reason)
  }
  return capped
}

/** How long outcomes of a type of task took after the session's end, newest sessions first. */
export async function listPastDelays(
  reader: Reader,
  { signals }: OutcomeDefinition,
  taskType: string | null,
): Promise<number[]> {
  const rows = await reader.read
    .selectFrom('outcome_signals')
    .innerJoin('sessions', 'sessions.id', 'outcome_signals.session_id')
    .select(['outcome_signals.decided_at', 'sessions.ended_at', 'sessions.started_at'])
    .where('outcome_signals.kind', 'in', anyOf([...new Set(signals.map(({ kind }) => kind))]))
    .where('outcome_signals.decided_at', 'is not', null)
    .$if(taskType !== null, (query) => query.where('sessions.task_type', '=', taskType))
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
