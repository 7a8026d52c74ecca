import type { ItemRef, WithholdingSettings } from '../core/experiment/withheld-items.ts'
import type { MemoryStoreId } from '../core/ids.ts'
import type { Reader, Writer } from './database.ts'

/** Null: nothing is left out, as from the start. */
export async function findWithholding(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<WithholdingSettings | null> {
  const row = await reader.read
    .selectFrom('withholding_settings')
    .select(['share', 'exempt_paths'])
    .where('store_id', '=', storeId)
    .executeTakeFirst()
  return row ? { share: row.share, exemptPaths: JSON.parse(row.exempt_paths) } : null
}

/** Null switches it off; what was logged stays. The caller writes the audit record. */
export async function setWithholding(
  writer: Writer,
  storeId: MemoryStoreId,
  settings: WithholdingSettings | null,
): Promise<void> {
  await writer.write.deleteFrom('withholding_settings').where('store_id', '=', storeId).execute()
  if (settings === null) return
  await writer.write
    .insertInto('withholding_settings')
    .values({
      store_id: storeId,
      share: settings.share,
      exempt_paths: JSON.stringify(settings.exemptPaths),
      updated_at: writer.at,
    })
    .execute()
}

export interface WithholdingFrame {
  readonly storeId: MemoryStoreId
  /** Of the contents before anything was left out. */
  readonly contentHash: string
  readonly items: readonly ItemRef[]
}

/** Once for each version: what coins were tossed for. */
export async function insertFrame(writer: Writer, frame: WithholdingFrame): Promise<void> {
  await writer.write
    .insertInto('withholding_frames')
    .values({
      store_id: frame.storeId,
      content_hash: frame.contentHash,
      items: JSON.stringify(frame.items.map(({ id, path }) => [id, path])),
      created_at: writer.at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function listFrames(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<ReadonlyMap<string, readonly ItemRef[]>> {
  const rows = await reader.read
    .selectFrom('withholding_frames')
    .select(['content_hash', 'items'])
    .where('store_id', '=', storeId)
    .execute()
  const toRefs = (items: string) =>
    (JSON.parse(items) as [string, string][]).map(([id, path]) => ({ id, path }))
  return new Map(rows.map((row) => [row.content_hash, toRefs(row.items)]))
}
