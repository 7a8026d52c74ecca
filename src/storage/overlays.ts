import type { ExperimentId, MemoryStoreId, MemoryVersionId, SessionId } from '../core/ids.ts'
import { compareTexts, hasText, type StateEntry } from '../core/store-state.ts'
import { anyOf } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import { listHeadState, listPinnedState, listStateAt } from './memory-states.ts'

/** The store that sessions of one arm wrote into. */
export interface Overlay {
  readonly arm: string
  readonly storeId: MemoryStoreId
  /** What it held when it was made. */
  readonly createdAt: string
  /** When it was last looked whether agents wrote something there. */
  readonly lookedAt: string | null
  /** What agents' writes are compared with; null in stores from before it was kept. */
  readonly collected: readonly MemoryVersionId[] | null
}

export async function listOverlays(reader: Reader, id: ExperimentId): Promise<Overlay[]> {
  const rows = await reader.read
    .selectFrom('experiment_arms as arm')
    .innerJoin('memory_stores as store', 'store.id', 'arm.overlay_store_id')
    .select([
      'arm.arm',
      'store.id as storeId',
      'store.created_at as createdAt',
      'arm.collected_at as lookedAt',
      'arm.collected_versions as collected',
    ])
    .where('arm.experiment_id', '=', id)
    .where('store.deleted_at', 'is', null)
    .orderBy('arm.arm')
    .execute()
  return rows.map((row) => ({
    ...row,
    collected: row.collected === null ? null : JSON.parse(row.collected),
  }))
}

/** A file that agents wrote since it was last collected: what stood there and what stands there, by version. */
export interface ChangedFile {
  readonly path: string
  readonly base: MemoryVersionId | null
  readonly now: MemoryVersionId | null
  /** Of both texts. */
  readonly bytes: number
}

/** In path order. */
export async function listChangedFiles(reader: Reader, overlay: Overlay): Promise<ChangedFile[]> {
  const base = (await readBase(reader, overlay)).filter(hasText)
  const now = (await listHeadState(reader, overlay.storeId)).filter(hasText)
  return compareTexts(base, now).map(({ path, before, after }) => ({
    path,
    base: before?.versionId ?? null,
    now: after?.versionId ?? null,
    bytes: (before?.contentSizeBytes ?? 0) + (after?.contentSizeBytes ?? 0),
  }))
}

const readBase = (
  reader: Reader,
  { storeId, createdAt, collected }: Overlay,
): Promise<StateEntry[]> =>
  collected === null ? listStateAt(reader, storeId, createdAt) : listPinnedState(reader, collected)

/** From now on these files are what agents' later writes are compared with; files that were left out are not among them. */
export async function markCollected(
  writer: Writer,
  id: ExperimentId,
  {
    overlay,
    files,
  }: { readonly overlay: Overlay; readonly files: readonly Omit<ChangedFile, 'bytes'>[] },
): Promise<void> {
  const gone = new Set(files.map(({ base }) => base))
  const kept = (await readBase(writer, overlay)).filter(({ versionId }) => !gone.has(versionId))
  const versions = [
    ...kept.map(({ versionId }) => versionId),
    ...files.flatMap(({ now }) => now ?? []),
  ]
  await writer.write
    .updateTable('experiment_arms')
    .set({ collected_versions: JSON.stringify(versions) })
    .where('experiment_id', '=', id)
    .where('arm', '=', overlay.arm)
    .execute()
}

/** Sessions that had the store of an arm mounted, newest first. */
export async function listOverlaySessions(
  reader: Reader,
  id: ExperimentId,
  arm: string,
): Promise<SessionId[]> {
  const rows = await reader.read
    .selectFrom('exposures')
    .innerJoin('sessions', 'sessions.id', 'exposures.session_id')
    .select('sessions.id')
    .select((select) => select.fn.max('exposures.assigned_at').as('at'))
    .where('exposures.experiment_id', '=', id)
    .where('exposures.arm', '=', arm)
    .where('exposures.via', '=', 'session')
    .where('sessions.deleted_at', 'is', null)
    .groupBy('sessions.id')
    .orderBy('at', 'desc')
    .orderBy('sessions.id')
    .execute()
  return rows.map((row) => row.id)
}

/** Versions that are looked through for who wrote what; an agent may make as many as it likes. */
const mostVersions = 10_000

/** Of each file its writes since it was last collected, oldest first, in words: which version, when, by whom. */
export async function listOverlayWrites(
  reader: Reader,
  storeId: MemoryStoreId,
  files: readonly Omit<ChangedFile, 'bytes'>[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await reader.read
    .selectFrom('memory_versions')
    .select(['id', 'path', 'operation', 'actor_type', 'actor_id', 'session_id', 'created_at'])
    .where('store_id', '=', storeId)
    .where('path', 'in', anyOf(files.map(({ path }) => path)))
    .orderBy('created_at', 'desc')
    .orderBy('ordinal', 'desc')
    .orderBy('id', 'desc')
    .limit(mostVersions)
    .execute()
  const bases = new Set(files.map(({ base }) => base))
  const before = new Set<string>()
  const found = new Map<string, string[]>(files.map(({ path }) => [path, []]))
  for (const row of rows) {
    const path = row.path ?? ''
    if (bases.has(row.id)) before.add(path)
    if (before.has(path)) continue
    const by = row.session_id ?? `${row.actor_type} ${row.actor_id}`
    found.get(path)?.push(`${row.operation} as ${row.id} at ${row.created_at} by ${by}`)
  }
  return new Map([...found].map(([path, writes]) => [path, writes.toReversed()]))
}
