import { sql } from 'kysely'
import { defaultWorkspace, type Reader } from './database.ts'

/** Rows counted; `isLeast` where counting stopped. */
export interface BoundedCount {
  readonly value: number
  readonly isLeast: boolean
}

/** Counting stops here, so that an answer costs some milliseconds however much is stored. */
const mostCounted = 100_000

type Counted = 'sessions' | 'agents' | 'memory_stores' | 'memories'

export async function countBounded(
  reader: Reader,
  table: Counted,
  { live = false }: { readonly live?: boolean } = {},
): Promise<BoundedCount> {
  const some = sql<{ n: number }>`select 1 as n from ${sql.table(table)} where ${
    live ? sql`deleted_at is null` : sql`1 = 1`
  } limit ${mostCounted + 1}`
  const { count } = await reader.read
    .selectFrom(sql<{ n: number }>`(${some})`.as('some'))
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return bound(Number(count))
}

/** Of the sessions that are counted. */
export async function sumEvents(reader: Reader): Promise<BoundedCount> {
  const some = reader.read
    .selectFrom('sessions')
    .select('event_count')
    .where('workspace_id', '=', defaultWorkspace)
    .limit(mostCounted + 1)
    .as('some')
  const { events, sessions } = await reader.read
    .selectFrom(some)
    .select((select) => [
      select.fn.sum<number | null>('event_count').as('events'),
      select.fn.countAll<number>().as('sessions'),
    ])
    .executeTakeFirstOrThrow()
  return { value: Number(events ?? 0), isLeast: Number(sessions) > mostCounted }
}

type Grouped = 'outcome_signals' | 'dreams' | 'changes' | 'imports'
const groupColumn = {
  outcome_signals: 'kind',
  dreams: 'status',
  changes: 'status',
  imports: 'state',
} as const satisfies Record<Grouped, string>

/** By what their column says; all of them are of the first `mostCounted` rows. */
export async function countGroups(
  reader: Reader,
  table: Grouped,
): Promise<Readonly<Record<string, BoundedCount>>> {
  const column = sql.ref(groupColumn[table])
  const some = sql<{
    name: string
  }>`select ${column} as name from ${sql.table(table)} limit ${mostCounted + 1}`
  const rows = await reader.read
    .selectFrom(sql<{ name: string }>`(${some})`.as('some'))
    .select((select) => ['name', select.fn.countAll<number>().as('count')])
    .groupBy('name')
    .orderBy('name')
    .execute()
  const total = rows.reduce((sum, { count }) => sum + Number(count), 0)
  return Object.fromEntries(
    rows.map(({ name, count }) => [name, { value: Number(count), isLeast: total > mostCounted }]),
  )
}

export async function getDatabaseBytes(reader: Reader): Promise<number> {
  const { bytes } = await reader.read
    .selectFrom('database_size')
    .select('bytes')
    .executeTakeFirstOrThrow()
  return Number(bytes)
}

const bound = (count: number): BoundedCount => ({
  value: Math.min(count, mostCounted),
  isLeast: count > mostCounted,
})
