import { DomainError } from '../core/errors.ts'
import type { MemorySnapshotId, MemoryStoreId } from '../core/ids.ts'
import type { StateEntry } from '../core/store-state.ts'
import type { Reader } from './database.ts'
import { getSnapshot } from './memory-snapshots.ts'
import { listHeadState, listPinnedState, listStateAt } from './memory-states.ts'
import { getMemoryStore } from './memory-stores.ts'

export interface MomentOptions {
  readonly storeId: MemoryStoreId
  readonly snapshotId?: string | undefined
  readonly at?: string | undefined
  readonly now: string
}

/** What stood in the store at a snapshot, at a time, or where neither is given now. */
export async function readMoment(
  reader: Reader,
  { storeId, snapshotId, at, now }: MomentOptions,
): Promise<{ readonly at: string; readonly entries: StateEntry[] }> {
  if (snapshotId !== undefined && at !== undefined) {
    throw new DomainError('invalid_argument', 'Give one of snapshot_id and at, not both.')
  }
  if (snapshotId !== undefined) {
    const snapshot = await getSnapshot(reader, { id: snapshotId as MemorySnapshotId, storeId })
    return { at: snapshot.at, entries: await listPinnedState(reader, snapshot.versionIds) }
  }
  if (at !== undefined && at < now) return { at, entries: await listStateAt(reader, storeId, at) }
  return { at: now, entries: await listHeadState(reader, storeId) }
}

/** What a client names by one text: a time, `msnap_…`, `memstore_…` (its present) or `now`. */
export async function readNamedMoment(
  reader: Reader,
  name: string,
  { storeId, now }: Pick<MomentOptions, 'storeId' | 'now'>,
): Promise<StateEntry[]> {
  if (name === 'now') return listHeadState(reader, storeId)
  if (name.startsWith('memstore_')) {
    const other = await getMemoryStore(reader, name as MemoryStoreId)
    return listHeadState(reader, other.id)
  }
  return (await readMoment(reader, { storeId, ...parseMoment(name), now })).entries
}

/** A snapshot or a time by its text. */
export function parseMoment(name: string): Pick<MomentOptions, 'snapshotId' | 'at'> {
  return name.startsWith('msnap_') ? { snapshotId: name } : { at: parseTime(name) }
}

function parseTime(text: string): string {
  const ms = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(ms)) return new Date(ms).toISOString()
  throw new DomainError(
    'invalid_argument',
    `"${text.slice(0, 64)}" is no moment: give a time such as 2026-11-25T08:00:00Z, a snapshot (msnap_…), a memory store (memstore_…) or now.`,
  )
}
