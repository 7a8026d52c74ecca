import { toTimestamp } from '../core/clock.ts'
import {
  type DreamId,
  type ExperimentId,
  type MemoryStoreId,
  type MemoryVersionId,
  makeId,
} from '../core/ids.ts'
import type { JsonObject } from '../core/session.ts'
import type { Reader, Writer } from './database.ts'
import { pinMemories } from './dream-memories.ts'
import { type Dream, insertDream } from './dreams.ts'
import { findFrontier } from './end-experiment.ts'
import { appendDecision } from './experiment-decisions.ts'
import { type Experiment, getExperiment, isOpenRow } from './experiments.ts'
import { findMemoryStore } from './memory-stores.ts'
import { type DreamOffice, tellAbout } from './new-dream.ts'
import {
  type ChangedFile,
  listChangedFiles,
  listOverlays,
  markCollected,
  type Overlay,
} from './overlays.ts'

/** The one step of a dream that carries what agents of an experiment wrote. */
export const collectKind = 'collect'

/** Of what one dream carries; the rest is counted, and comes with the next one. */
const mostOverlayFiles = 200
const mostOverlayBytes = 4 * 1024 * 1024

/** Sessions that go on after the end may still write: their writes are collected once an hour at most. */
const lateMs = 3_600_000
/** What failed is tried again once a day. */
const retryMs = 24 * lateMs

/** What such a dream works from, pinned when it was ordered. */
export interface CollectionOptions {
  readonly experimentId: ExperimentId
  readonly arms: readonly CollectedArm[]
}

interface CollectedArm {
  readonly arm: string
  readonly storeId: MemoryStoreId
  readonly files: readonly {
    readonly path: string
    readonly base: MemoryVersionId | null
    readonly now: MemoryVersionId | null
  }[]
  /** Files beyond the limits. */
  readonly leftOut: number
}

export const optionsOf = ({ options }: Pick<Dream, 'options'>): CollectionOptions =>
  options as unknown as CollectionOptions

/**
 * Experiments whose agents may have written what nobody made proposals of: whose test ended, whose holdback ended, or
 * which are over and were written into since. A holdback that goes on is left to its end.
 */
export async function listDueCollections(
  reader: Reader,
  nowMs: number,
  only: ExperimentId | null = null,
): Promise<ExperimentId[]> {
  const late = toTimestamp(nowMs - lateMs)
  const long = toTimestamp(nowMs - retryMs)
  let query = reader.read
    .selectFrom('experiment_arms as arm')
    .innerJoin('experiments', 'experiments.id', 'arm.experiment_id')
    .select('arm.experiment_id as id')
    .distinct()
    .where('arm.overlay_store_id', 'is not', null)
    .where('experiments.state', 'not in', ['draft', 'running', 'paused'])
    .where((where) =>
      where.or([
        where('arm.collected_at', 'is', null),
        where('arm.collected_at', '<', (row) =>
          row.fn.coalesce('experiments.holdback_ended_at', 'experiments.ended_at'),
        ),
        where.and([
          where.not(isOpenRow),
          where('arm.collected_at', '<', late),
          where.exists((from) =>
            from
              .selectFrom('memory_versions')
              .select('memory_versions.id')
              .whereRef('memory_versions.store_id', '=', 'arm.overlay_store_id')
              .whereRef('memory_versions.created_at', '>=', 'arm.collected_at'),
          ),
        ]),
        where.and([
          where('arm.collected_at', '<', long),
          where.exists((from) =>
            from
              .selectFrom('dreams')
              .select('dreams.id')
              .whereRef('dreams.experiment_id', '=', 'arm.experiment_id')
              .where('dreams.status', '=', 'failed')
              .whereRef('dreams.created_at', '>=', 'arm.collected_at'),
          ),
        ]),
      ]),
    )
    .orderBy('id')
  if (only !== null) query = query.where('arm.experiment_id', '=', only)
  return (await query.execute()).map((row) => row.id)
}

/**
 * Pins what agents wrote, and the memory store as it is, and enqueues the dream that makes proposals of it. Null where
 * nothing is to be proposed, or another such dream goes on: what it leaves is found the next time.
 */
export async function orderCollection(
  writer: Writer,
  office: DreamOffice,
  id: ExperimentId,
): Promise<DreamId | null> {
  const experiment = await getExperiment(writer, id)
  const isDue = (await listDueCollections(writer, office.clock(), id)).length > 0
  if (!isDue || (await hasLiveCollection(writer, id))) return null
  const arms = await pinArms(writer, await listOverlays(writer, id))
  await markLooked(writer, id, writer.at)
  const store = await findMemoryStore(writer, experiment.storeId)
  const isUsable = store !== null && store.archivedAt === null
  if (arms.length === 0 || !isUsable) {
    await noteNothing(writer, experiment, arms)
    return null
  }
  const options: CollectionOptions = { experimentId: id, arms }
  const { id: dreamId, inputsHash } = await insertDream(writer, {
    origin: 'api',
    instructions: `What agents wrote into their own stores in experiment ${id}, as proposals.`,
    inputStoreId: experiment.storeId,
    inputsHash: office.hash(JSON.stringify(['overlays', options])),
    options: options as unknown as JsonObject,
    experimentId: id,
  })
  await pinMemories(writer, dreamId, experiment.storeId)
  await office.jobs.enqueue(writer, {
    id: makeId('job', office.hash, [dreamId, collectKind]),
    kind: collectKind,
    payload: { dream_id: dreamId },
    availableAt: office.clock(),
  })
  await writer.audit({
    action: 'dream.created',
    objectType: 'dream',
    objectId: dreamId,
    afterHash: inputsHash,
    reason: `what agents wrote in experiment ${id}`,
  })
  await tellAbout(writer, office, { type: 'dream.created', id: dreamId })
  return dreamId
}

async function markLooked(writer: Writer, id: ExperimentId, at: string | null): Promise<void> {
  await writer.write
    .updateTable('experiment_arms')
    .set({ collected_at: at })
    .where('experiment_id', '=', id)
    .execute()
}

async function hasLiveCollection(reader: Reader, id: ExperimentId): Promise<boolean> {
  const row = await reader.read
    .selectFrom('dreams')
    .select('id')
    .where('experiment_id', '=', id)
    .where('status', 'in', ['pending', 'running'])
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** In turns, so that no arm that is full of files pushes another one out. */
async function pinArms(reader: Reader, overlays: readonly Overlay[]): Promise<CollectedArm[]> {
  const found: { overlay: Overlay; changed: ChangedFile[]; taken: ChangedFile[] }[] = []
  for (const overlay of overlays) {
    found.push({ overlay, changed: await listChangedFiles(reader, overlay), taken: [] })
  }
  const most = Math.max(0, ...found.map(({ changed }) => changed.length))
  let [files, bytes] = [0, 0]
  for (let at = 0; at < most && files < mostOverlayFiles; at += 1) {
    for (const { changed, taken } of found) {
      const file = changed[at]
      if (!file || files >= mostOverlayFiles || bytes + file.bytes > mostOverlayBytes) continue
      files += 1
      bytes += file.bytes
      taken.push(file)
    }
  }
  return found
    .filter(({ changed }) => changed.length > 0)
    .map(({ overlay, changed, taken }) => ({
      arm: overlay.arm,
      storeId: overlay.storeId,
      files: taken.map(({ path, base, now }) => ({ path, base, now })),
      leftOut: changed.length - taken.length,
    }))
}

/** Agents wrote nothing, or there is no store that could take it. */
async function noteNothing(
  writer: Writer,
  experiment: Experiment,
  arms: readonly CollectedArm[],
): Promise<void> {
  const { id } = experiment
  const files = arms.reduce((sum, one) => sum + one.files.length + one.leftOut, 0)
  const reason =
    files === 0
      ? 'agents wrote nothing'
      : `agents wrote ${files} files, and the memory store is archived or deleted`
  await writer.audit({
    action: 'experiment.overlays_looked_at',
    objectType: 'experiment',
    objectId: id,
    reason,
  })
  if (files === 0) return
  const frontier = await findFrontier(writer, experiment)
  await appendDecision(writer, id, {
    kind: 'merged',
    frontier,
    detail: { files, proposals: 0, reason },
  })
}

/** In the write of the proposals: these files are done, and the experiment's log says what came of them. */
export async function completeCollection(
  writer: Writer,
  dream: Pick<Dream, 'id' | 'options'>,
  counts: { readonly proposals: number; readonly known: number; readonly notes: number },
): Promise<void> {
  const { experimentId: id, arms } = optionsOf(dream)
  const overlays = await listOverlays(writer, id)
  for (const { arm, files } of arms) {
    const overlay = overlays.find((one) => one.arm === arm)
    if (overlay) await markCollected(writer, id, { overlay, files })
  }
  const leftOut = arms.reduce((sum, one) => sum + one.leftOut, 0)
  // Due again at once: each dream takes some, so there is an end.
  if (leftOut > 0) await markLooked(writer, id, null)
  const frontier = await findFrontier(writer, await getExperiment(writer, id))
  await appendDecision(writer, id, {
    kind: 'merged',
    frontier,
    detail: {
      dream: dream.id,
      files: arms.reduce((sum, one) => sum + one.files.length, 0),
      left_out: leftOut,
      ...counts,
    },
  })
}
