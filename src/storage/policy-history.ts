import type { DreamId, MemoryStoreId } from '../core/ids.ts'
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

/** Proposals for the store that wait for a person. */
export async function countOpenProposals(reader: Reader, storeId: MemoryStoreId): Promise<number> {
  const { count } = await reader.read
    .selectFrom('changes')
    .innerJoin('dreams', 'dreams.id', 'changes.dream_id')
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .where('dreams.input_store_id', '=', storeId)
    .where('changes.status', '=', 'proposed')
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** When dreams over the store began, and how many of its changes each of them has applied. */
export async function listDreamTimes(
  reader: Reader,
  storeId: MemoryStoreId,
  since: string,
): Promise<{ readonly at: string; readonly applied: number }[]> {
  const rows = await reader.read
    .selectFrom('dreams')
    .leftJoin('changes', (join) =>
      join.onRef('changes.dream_id', '=', 'dreams.id').on('changes.status', '=', 'applied'),
    )
    .select(['dreams.id', 'dreams.created_at'])
    .select(({ fn }) => fn.count<number | string>('changes.id').as('applied'))
    .where('dreams.input_store_id', '=', storeId)
    .where('dreams.created_at', '>=', since)
    .groupBy(['dreams.id', 'dreams.created_at'])
    .orderBy('dreams.created_at')
    .execute()
  return rows.map((row) => ({ at: row.created_at, applied: Number(row.applied) }))
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
