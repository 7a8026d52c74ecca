import { sql } from 'kysely'
import type { MemoryStoreId, MemoryVersionId } from '../core/ids.ts'
import type { StateEntry } from '../core/store-state.ts'
import { anyOf } from './batches.ts'
import type { Reader } from './database.ts'

/** Of what stands in the store now, in path order by code unit. */
export async function listHeadState(reader: Reader, storeId: MemoryStoreId): Promise<StateEntry[]> {
  const rows = await reader.read
    .selectFrom('memories')
    .select([
      'id as memoryId',
      'version_id as versionId',
      'path',
      'content_sha256 as contentSha256',
      'content_size_bytes as contentSizeBytes',
    ])
    .where('store_id', '=', storeId)
    .where('deleted_at', 'is', null)
    .execute()
  return inPathOrder(rows)
}

/**
 * Of what stood there at that time: of each memory the last version until then, unless it says that the memory
 * was deleted. Times have milliseconds: of two versions within one, the later one counts.
 */
export async function listStateAt(
  reader: Reader,
  storeId: MemoryStoreId,
  at: string,
): Promise<StateEntry[]> {
  const rows = await reader.read
    .selectFrom('memory_versions as version')
    .select([
      'version.memory_id as memoryId',
      'version.id as versionId',
      'version.path as path',
      'version.content_sha256 as contentSha256',
      'version.content_size_bytes as contentSizeBytes',
    ])
    .where('version.store_id', '=', storeId)
    .where('version.created_at', '<=', at)
    .where('version.operation', '!=', 'deleted')
    .where(
      'version.ordinal',
      '=',
      sql<number>`(select max(later.ordinal) from memory_versions as later where later.memory_id = version.memory_id and later.created_at <= ${at})`,
    )
    .execute()
  return inPathOrder(rows)
}

/** Of versions that were pinned, in the order of their paths now: redaction may have taken some away. */
export async function listPinnedState(
  reader: Reader,
  versionIds: readonly MemoryVersionId[],
): Promise<StateEntry[]> {
  const rows = await reader.read
    .selectFrom('memory_versions')
    .select([
      'memory_id as memoryId',
      'id as versionId',
      'path',
      'content_sha256 as contentSha256',
      'content_size_bytes as contentSizeBytes',
    ])
    .where('id', 'in', anyOf(versionIds))
    .execute()
  return inPathOrder(rows)
}

/** The texts of these versions, as far as there are any; at most some megabytes should be asked for at once. */
export async function readTexts(
  reader: Reader,
  versionIds: readonly MemoryVersionId[],
): Promise<ReadonlyMap<MemoryVersionId, string>> {
  const rows = await reader.read
    .selectFrom('memory_versions')
    .select(['id', 'content'])
    .where('id', 'in', anyOf(versionIds))
    .execute()
  return new Map(rows.flatMap(({ id, content }) => (content === null ? [] : [[id, content]])))
}

const inPathOrder = (entries: readonly StateEntry[]): StateEntry[] =>
  entries.toSorted((a, b) => compare(a.path ?? '', b.path ?? '') || compare(a.memoryId, b.memoryId))

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
