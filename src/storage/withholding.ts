import { DomainError } from '../core/errors.ts'
import type { ItemRef, WithholdingSettings } from '../core/experiment/withheld-items.ts'
import type { MemoryStoreId } from '../core/ids.ts'
import { findGlobFault } from '../core/policy/glob.ts'
import type { Reader, Writer } from './database.ts'
import { getMemoryStore } from './memory-stores.ts'

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

/** Null switches it off; what was logged stays. With its audit record. */
export async function putWithholding(
  writer: Writer,
  storeId: MemoryStoreId,
  settings: WithholdingSettings | null,
): Promise<void> {
  for (const pattern of settings?.exemptPaths ?? []) refuseFault(pattern)
  await getMemoryStore(writer, storeId)
  await setWithholding(writer, storeId, settings)
  await writer.audit({
    action: 'memory_store.withholding_set',
    objectType: 'memory_store',
    objectId: storeId,
    afterHash: writer.hash(JSON.stringify(settings)),
  })
}

/** A pattern that can fit no path would spare nothing, and nobody would notice. */
function refuseFault(pattern: string): void {
  const fault = /^[/*]/.test(pattern)
    ? findGlobFault(pattern)
    : 'paths begin with "/", so it fits none'
  if (fault === null) return
  throw new DomainError('invalid_argument', `exempt_paths: "${pattern}" is no pattern: ${fault}.`)
}

async function setWithholding(
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

/** An experiment has some arms; versions follow each other. */
const framesAtOnce = 32

/** Items of frames by their contents' hash, the last ones kept in memory; of a frame that nobody knows, none. */
export function openFrames(
  reader: Reader,
  storeId: MemoryStoreId,
): (contentHash: string) => Promise<readonly ItemRef[]> {
  const frames = new Map<string, readonly ItemRef[]>()
  return async (contentHash) => {
    const found = frames.get(contentHash) ?? (await readFrame(reader, storeId, contentHash))
    frames.delete(contentHash)
    frames.set(contentHash, found)
    const [oldest] = frames.keys()
    if (frames.size > framesAtOnce && oldest !== undefined) frames.delete(oldest)
    return found
  }
}

async function readFrame(
  reader: Reader,
  storeId: MemoryStoreId,
  contentHash: string,
): Promise<readonly ItemRef[]> {
  const row = await reader.read
    .selectFrom('withholding_frames')
    .select('items')
    .where('store_id', '=', storeId)
    .where('content_hash', '=', contentHash)
    .executeTakeFirst()
  const items = JSON.parse(row?.items ?? '[]') as [string, string][]
  return items.map(([id, path]) => ({ id, path }))
}
