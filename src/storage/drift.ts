import type { StoreDrift } from '../core/critique/critique.ts'
import type { DreamId, MemoryStoreId } from '../core/ids.ts'
import type { Reader } from './database.ts'
import { measureStore } from './dream-memories.ts'
import type { ChangesTable } from './tables/changes.ts'

/** The newest dreams, by which a trend is told. */
const newestDreams = 10

/** What dreams did to a store, less what was taken back again. */
export async function measureDrift(reader: Reader, storeId: MemoryStoreId): Promise<StoreDrift> {
  const newest = await listNewestDreams(reader, storeId)
  const all = await sumWrites(reader, storeId, null)
  const recent = await sumWrites(reader, storeId, newest)
  const decided = await countDecided(reader, newest)
  const { bytes } = await measureStore(reader, storeId)
  return {
    bytesNow: bytes,
    ...all,
    recent: { dreams: newest.length, ...recent, ...decided },
    undone: await listUndone(reader, storeId),
  }
}

async function listNewestDreams(reader: Reader, storeId: MemoryStoreId): Promise<DreamId[]> {
  const rows = await reader.read
    .selectFrom('dreams')
    .select('id')
    .where('input_store_id', '=', storeId)
    .where('status', '=', 'completed')
    .orderBy('created_at', 'desc')
    .orderBy('ordinal', 'desc')
    .limit(newestDreams)
    .execute()
  return rows.map(({ id }) => id)
}

/** Of these dreams; null: of all. */
async function sumWrites(
  reader: Reader,
  storeId: MemoryStoreId,
  dreams: readonly DreamId[] | null,
): Promise<Pick<StoreDrift, 'bytesAdded' | 'bytesRemoved'>> {
  if (dreams?.length === 0) return { bytesAdded: 0, bytesRemoved: 0 }
  let query = reader.read
    .selectFrom('change_writes')
    .select((select) => [
      'kind',
      select.fn.sum<number | string>('bytes_added').as('added'),
      select.fn.sum<number | string>('bytes_removed').as('removed'),
    ])
    .where('store_id', '=', storeId)
    .groupBy('kind')
  if (dreams !== null) query = query.where('dream_id', 'in', dreams)
  const rows = await query.execute()
  const total = (field: 'added' | 'removed') =>
    rows.reduce((sum, row) => sum + (row.kind === 'roll_back' ? -1 : 1) * Number(row[field]), 0)
  return { bytesAdded: Math.max(0, total('added')), bytesRemoved: Math.max(0, total('removed')) }
}

const taken: ReadonlySet<ChangesTable['status']> = new Set(['accepted', 'applied'])
const refused: ReadonlySet<ChangesTable['status']> = new Set(['rejected', 'rolled_back'])

async function countDecided(reader: Reader, dreams: readonly DreamId[]) {
  if (dreams.length === 0) return { taken: 0, refused: 0 }
  const rows = await reader.read
    .selectFrom('changes')
    .select((select) => ['status', select.fn.countAll<number>().as('count')])
    .where('dream_id', 'in', dreams)
    .groupBy('status')
    .execute()
  const sum = (of: ReadonlySet<ChangesTable['status']>) =>
    rows.reduce((total, row) => total + (of.has(row.status) ? Number(row.count) : 0), 0)
  return { taken: sum(taken), refused: sum(refused) }
}

async function listUndone(reader: Reader, storeId: MemoryStoreId): Promise<string[]> {
  const rows = await reader.read
    .selectFrom('changes')
    .innerJoin('dreams', 'dreams.id', 'changes.dream_id')
    .select('changes.key')
    .distinct()
    .where('dreams.input_store_id', '=', storeId)
    .where('changes.status', '=', 'rolled_back')
    .orderBy('changes.key')
    .execute()
  return rows.map(({ key }) => key)
}
