import { type Expression, type Selectable, type SqlBool, sql } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { OutcomeSignalId, SessionId } from '../core/ids.ts'
import type { Join } from '../core/outcome/join.ts'
import type { StoredSignal } from '../core/outcome/stored-signal.ts'
import { defaultWorkspace, type Reader } from './database.ts'
import { listJoins } from './signal-joins.ts'
import type { OutcomeSignalsTable } from './tables/outcomes.ts'

export interface SignalFilter {
  readonly source?: string | undefined
  readonly kind?: string | undefined
  /** Joined with it by whatever confidence. */
  readonly sessionId?: SessionId | undefined
  readonly unmatched?: boolean | undefined
  readonly createdAt?:
    | {
        readonly gt?: string | undefined
        readonly gte?: string | undefined
        readonly lt?: string | undefined
        readonly lte?: string | undefined
      }
    | undefined
}

export interface SignalPosition {
  readonly createdAt: string
  readonly id: OutcomeSignalId
}

/** Newest first. */
export async function listSignals(
  reader: Reader,
  page: {
    readonly filter: SignalFilter
    readonly after?: SignalPosition | undefined
    readonly limit: number
  },
): Promise<StoredSignal[]> {
  const rows = await reader.read
    .selectFrom('outcome_signals')
    .selectAll()
    .where((where) => where.and(conditions(page.filter)))
    .$if(page.after !== undefined, (query) =>
      query.where(
        sql<SqlBool>`(created_at, id) < (${page.after?.createdAt ?? ''}, ${page.after?.id ?? ''})`,
      ),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit)
    .execute()
  return withJoins(reader, rows)
}

export async function getSignal(reader: Reader, id: OutcomeSignalId): Promise<StoredSignal> {
  const rows = await reader.read
    .selectFrom('outcome_signals')
    .selectAll()
    .where('id', '=', id)
    .where('workspace_id', '=', defaultWorkspace)
    .execute()
  const [signal] = await withJoins(reader, rows)
  if (!signal) throw new DomainError('not_found', `There is no outcome signal ${id}.`)
  return signal
}

function conditions(filter: SignalFilter): Expression<SqlBool>[] {
  const { source, kind, sessionId, unmatched, createdAt = {} } = filter
  const some: Expression<SqlBool>[] = [sql`workspace_id = ${defaultWorkspace}`]
  if (source !== undefined) some.push(sql`source = ${source}`)
  if (kind !== undefined) some.push(sql`kind = ${kind}`)
  if (sessionId !== undefined) {
    some.push(
      sql`(session_id = ${sessionId} or id in (select signal_id from signal_joins where signal_joins.session_id = ${sessionId}))`,
    )
  }
  if (unmatched !== undefined) {
    some.push(unmatched ? sql`unmatched_reason is not null` : sql`unmatched_reason is null`)
  }
  if (createdAt.gt !== undefined) some.push(sql`created_at > ${createdAt.gt}`)
  if (createdAt.gte !== undefined) some.push(sql`created_at >= ${createdAt.gte}`)
  if (createdAt.lt !== undefined) some.push(sql`created_at < ${createdAt.lt}`)
  if (createdAt.lte !== undefined) some.push(sql`created_at <= ${createdAt.lte}`)
  return some
}

async function withJoins(
  reader: Reader,
  rows: readonly Selectable<OutcomeSignalsTable>[],
): Promise<StoredSignal[]> {
  const joins = await listJoins(
    reader,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({
    id: row.id,
    source: row.source,
    idempotencyKey: row.idempotency_key,
    kind: row.kind,
    value: row.value,
    success: row.success === null ? null : row.success === 1,
    components: JSON.parse(row.components),
    decidedAt: row.decided_at,
    createdAt: row.created_at,
    principal: row.principal,
    signed: row.signed === 1,
    final: row.final === null ? null : row.final === 1,
    subjects: JSON.parse(row.subjects),
    explanation: row.explanation,
    sessionId: row.session_id,
    joins: joins.get(row.id) ?? importedJoin(row),
    unmatchedReason: row.unmatched_reason,
  }))
}

const importedJoin = ({ idempotency_key, session_id }: Selectable<OutcomeSignalsTable>): Join[] =>
  idempotency_key === null && session_id !== null
    ? [{ sessionId: session_id, exposureId: null, via: 'import', confidence: 'exact' }]
    : []

export interface MatchRate {
  readonly source: string
  readonly signals: number
  readonly exact: number
  readonly strong: number
  readonly weak: number
  readonly unmatchedReasons: Readonly<Record<string, number>>
}

/** Of so many of the newest signals; older ones say little of how well sources join today. */
export const mostRated = 100_000

/** How well what each source sent found its session; imports always do and are left out. */
export async function listMatchRates(
  reader: Reader,
): Promise<{ readonly rates: MatchRate[]; readonly isLeast: boolean }> {
  const newest = reader.read
    .selectFrom('outcome_signals')
    .select(['id', 'source', 'unmatched_reason'])
    .where('idempotency_key', 'is not', null)
    .where('workspace_id', '=', defaultWorkspace)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(mostRated + 1)
    .as('newest')
  const rows = await reader.read
    .selectFrom(newest)
    .leftJoin('signal_joins', (join) =>
      join.onRef('signal_joins.signal_id', '=', 'newest.id').on('signal_joins.ordinal', '=', 0),
    )
    .select(['newest.source', 'newest.unmatched_reason as reason', 'signal_joins.confidence'])
    .select((select) => select.fn.countAll<number>().as('count'))
    .groupBy(['newest.source', 'newest.unmatched_reason', 'signal_joins.confidence'])
    .orderBy('newest.source')
    .execute()
  const counted = rows.map((row) => ({ ...row, count: Number(row.count) }))
  const total = counted.reduce((sum, { count }) => sum + count, 0)
  const bySource = Map.groupBy(counted, ({ source }) => source)
  const rates = [...bySource].map(([source, some]) => {
    const of = (confidence: string) =>
      some.reduce((sum, one) => sum + (one.confidence === confidence ? one.count : 0), 0)
    return {
      source,
      signals: some.reduce((sum, { count }) => sum + count, 0),
      exact: of('exact'),
      strong: of('strong'),
      weak: of('weak'),
      unmatchedReasons: Object.fromEntries(
        some.flatMap(({ reason, count }) => (reason === null ? [] : [[reason, count]])).sort(),
      ),
    }
  })
  return { rates, isLeast: total > mostRated }
}
