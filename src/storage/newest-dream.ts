import type { DreamId, MemoryStoreId } from '../core/ids.ts'
import { defaultWorkspace, type Reader } from './database.ts'

/** The newest dream that is complete and mined: over any store, or over this one. */
export async function findNewestDream(
  reader: Reader,
  storeId: MemoryStoreId | undefined,
): Promise<DreamId | null> {
  let query = reader.read
    .selectFrom('dreams')
    .select('id')
    .where('workspace_id', '=', defaultWorkspace)
    .where('status', '=', 'completed')
    .where('experiment_id', 'is', null)
    .orderBy('ordinal', 'desc')
    .limit(1)
  if (storeId !== undefined) query = query.where('input_store_id', '=', storeId)
  return (await query.executeTakeFirst())?.id ?? null
}
