import { applyChanges } from '../core/change/apply.ts'
import { hashContents } from '../core/experiment/contents.ts'
import type { ExperimentId, Hash, MemoryStoreId, MemoryVersionId } from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'
import { hasText } from '../core/store-state.ts'
import { inBatches } from './batches.ts'
import { listBoundArms } from './bound-arms.ts'
import { getChange } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import { type Experiment, listOpenExperiments } from './experiments.ts'
import { insertMemory } from './memories.ts'
import { getSnapshot } from './memory-snapshots.ts'
import { listPinnedState, readTexts } from './memory-states.ts'
import { getMemoryStore, insertMemoryStore } from './memory-stores.ts'

/**
 * The experiment that decides what this store's readers get: one that runs or is paused, else one that was promoted
 * and is watched by its holdback.
 */
export async function findLiveExperiment(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<Experiment | null> {
  const open = await listOpenExperiments(reader, storeId)
  const newest = open.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
  return newest.find(({ state }) => state !== 'promoted') ?? newest[0] ?? null
}

/** Until promotion those whose tests are open; in the holdback those that were promoted. */
export const listChangeStates = ({ state, changes }: Experiment): ('open' | 'closed')[] =>
  changes.map(({ closedAt, verdict }) => {
    const isOpen = state === 'promoted' ? verdict === 'promote' : closedAt === null
    return isOpen ? 'open' : 'closed'
  })

/** Some megabytes of texts at a time. */
const textsAtOnce = 50

/**
 * What an arm reads: the incumbent's snapshot with the arm's changes applied, as it was bound when the experiment
 * began. Null where that cannot be had any more, because a version was redacted or a change altered.
 */
export async function readArm(
  reader: Reader & { readonly hash: Hash },
  experiment: Experiment,
  arm: string,
): Promise<readonly MemoryDocument[] | null> {
  const base = await readIncumbent(reader, experiment)
  if (base === null) return null
  const changes = []
  for (const { ordinal, changeId } of experiment.changes) {
    if (arm[ordinal] === '1') changes.push((await getChange(reader, changeId)).change)
  }
  const { documents, refused } = applyChanges(base, changes, reader.hash)
  const bound = (await listBoundArms(reader, experiment.id)).find((one) => one.arm === arm)
  const isAsBound = bound?.contentHash === hashContents(documents, reader.hash)
  return refused.length === 0 && isAsBound ? documents : null
}

async function readIncumbent(
  reader: Reader,
  { incumbentSnapshotId: id, storeId }: Experiment,
): Promise<MemoryDocument[] | null> {
  if (id === null) return null
  const { versionIds } = await getSnapshot(reader, { id, storeId })
  const entries = (await listPinnedState(reader, versionIds)).filter(hasText)
  if (entries.length !== versionIds.length) return null
  const documents: MemoryDocument[] = []
  for (const batch of inBatches(entries, textsAtOnce)) {
    const ids = batch.map(({ versionId }) => versionId)
    const texts = await readTexts(reader, ids)
    for (const { path, contentSha256, versionId } of batch) {
      const content = texts.get(versionId)
      if (content === undefined) return null
      documents.push({ path, content, contentSha256 })
    }
  }
  return documents
}

export interface ArmRef {
  readonly experimentId: ExperimentId
  readonly arm: string
}

/** Null: no session of this arm began yet. */
export async function findOverlay(
  reader: Reader,
  { experimentId, arm }: ArmRef,
): Promise<MemoryStoreId | null> {
  const row = await reader.read
    .selectFrom('experiment_arms')
    .select('overlay_store_id')
    .where('experiment_id', '=', experimentId)
    .where('arm', '=', arm)
    .executeTakeFirst()
  return row?.overlay_store_id ?? null
}

/** The store that sessions of an arm read and write, holding the arm's contents; the other arms never see it. */
export async function insertOverlay(
  writer: Writer,
  ref: ArmRef & { readonly overlayId: MemoryStoreId; readonly storeId: MemoryStoreId },
  documents: readonly MemoryDocument[],
): Promise<MemoryStoreId> {
  const { name, description } = await getMemoryStore(writer, ref.storeId)
  // Named like the store itself: an agent cannot tell that it is in an experiment.
  await insertMemoryStore(writer, { id: ref.overlayId, name, description, metadata: {} })
  const versions: MemoryVersionId[] = []
  for (const { path, content } of documents) {
    const made = await insertMemory(writer, { storeId: ref.overlayId, path, content })
    versions.push(made.versionId)
  }
  await writer.write
    .updateTable('experiment_arms')
    // What differs from these is what agents wrote; times could not tell, of writes within a millisecond.
    .set({ overlay_store_id: ref.overlayId, collected_versions: JSON.stringify(versions) })
    .where('experiment_id', '=', ref.experimentId)
    .where('arm', '=', ref.arm)
    .execute()
  await writer.audit({
    action: 'memory_store.created',
    objectType: 'memory_store',
    objectId: ref.overlayId,
    afterHash: hashContents(documents, writer.hash),
    reason: `what sessions of one arm of experiment ${ref.experimentId} read and write`,
  })
  return ref.overlayId
}

/** The experiment whose sessions write into this store; null for every other store. */
export async function findExperimentOfOverlay(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<ExperimentId | null> {
  const row = await reader.read
    .selectFrom('experiment_arms')
    .select('experiment_id')
    .where('overlay_store_id', '=', storeId)
    .executeTakeFirst()
  return row?.experiment_id ?? null
}
