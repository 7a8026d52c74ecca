import type { DreamId, MemoryStoreId, SessionId } from '../core/ids.ts'
import type { ReadableSession } from '../core/policy/inputs.ts'
import { anyOf } from './batches.ts'
import type { Reader } from './database.ts'

/** Bytes of the store's memories as they were then. */
export async function measureStoreAt(
  reader: Reader,
  storeId: MemoryStoreId,
  at: string,
): Promise<number> {
  const { bytes } = await reader.read
    .selectFrom('memory_versions as version')
    .select(({ fn }) => fn.sum<number | string | null>('version.content_size_bytes').as('bytes'))
    .where('version.store_id', '=', storeId)
    .where('version.created_at', '<=', at)
    .where('version.operation', '!=', 'deleted')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('memory_versions as later')
            .select('later.id')
            .whereRef('later.memory_id', '=', 'version.memory_id')
            .whereRef('later.ordinal', '>', 'version.ordinal')
            .where('later.created_at', '<=', at),
        ),
      ),
    )
    .executeTakeFirstOrThrow()
  return Number(bytes ?? 0)
}

/** Proposals for the store that wait for a person; of those before one change, where it is named. */
export async function countOpenProposals(
  reader: Reader,
  storeId: MemoryStoreId,
  before: { readonly dreamOrdinal: number; readonly ordinal: number } | null = null,
): Promise<number> {
  let query = reader.read
    .selectFrom('changes')
    .innerJoin('dreams', 'dreams.id', 'changes.dream_id')
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .where('dreams.input_store_id', '=', storeId)
    .where('changes.status', '=', 'proposed')
    .where(({ eb, or }) =>
      or([eb('changes.verdict', 'is', null), eb('changes.verdict', '!=', 'deny')]),
    )
  if (before !== null) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple('dreams.ordinal', 'changes.ordinal'),
        '<',
        tuple(before.dreamOrdinal, before.ordinal),
      ),
    )
  }
  return Number((await query.executeTakeFirstOrThrow()).count)
}

/** When dreams over the store began; carrying what agents of an experiment wrote is none. */
export async function listDreamTimes(
  reader: Reader,
  storeId: MemoryStoreId,
  since: string,
): Promise<string[]> {
  const rows = await reader.read
    .selectFrom('dreams')
    .select('created_at')
    .where('input_store_id', '=', storeId)
    .where('created_at', '>=', since)
    .where('experiment_id', 'is', null)
    .orderBy('created_at')
    .execute()
  return rows.map((row) => row.created_at)
}

/** When each change that stands in the store was written into it. */
export async function listAppliedTimes(
  reader: Reader,
  storeId: MemoryStoreId,
  since: string,
): Promise<string[]> {
  const rows = await reader.read
    .selectFrom('change_writes')
    .innerJoin('change_write_parts', 'change_write_parts.write_id', 'change_writes.id')
    .innerJoin('changes', 'changes.id', 'change_write_parts.owner_id')
    .select('change_writes.created_at')
    .where('change_writes.store_id', '=', storeId)
    .where('change_writes.kind', '=', 'apply')
    .where('change_writes.created_at', '>=', since)
    .where('changes.status', '=', 'applied')
    .orderBy('change_writes.created_at')
    .execute()
  return rows.map((row) => row.created_at)
}

/** Dreams since then that proposed anything, newest first. */
export async function listProposingDreams(
  reader: Reader,
  { since, limit }: { readonly since: string; readonly limit: number },
): Promise<DreamId[]> {
  const rows = await reader.read
    .selectFrom('dreams')
    .select('dreams.id')
    .where('dreams.created_at', '>=', since)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('changes').select('changes.id').whereRef('changes.dream_id', '=', 'dreams.id'),
      ),
    )
    .orderBy('dreams.ordinal', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** What policies look at before a session is read; turns of the user are counted only where they matter. */
export async function listReadableSessions(
  reader: Reader,
  ids: readonly SessionId[],
  turns: 'counted' | 'unknown',
): Promise<ReadableSession[]> {
  const rows = await reader.read
    .selectFrom('sessions')
    .select(['id', 'format', 'labels', 'started_at', 'transcript_id'])
    .where('id', 'in', anyOf(ids))
    .execute()
  const counts = turns === 'counted' ? await countUserTurns(reader, ids) : new Map()
  return rows.map((row) => ({
    id: row.id,
    harness: row.format,
    labels: JSON.parse(row.labels),
    startedAt: row.started_at,
    userTurns: turns === 'counted' ? (counts.get(row.id) ?? 0) : null,
  }))
}

async function countUserTurns(
  reader: Reader,
  ids: readonly SessionId[],
): Promise<Map<SessionId, number>> {
  const rows = await reader.read
    .selectFrom('sessions')
    .innerJoin('session_events', 'session_events.transcript_id', 'sessions.transcript_id')
    .select('sessions.id')
    .select(({ fn }) => fn.countAll<number | string>().as('turns'))
    .where('sessions.id', 'in', anyOf(ids))
    .where('session_events.type', '=', 'user.message')
    .groupBy('sessions.id')
    .execute()
  return new Map(rows.map(({ id, turns }) => [id, Number(turns)]))
}
