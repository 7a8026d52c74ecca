import { DomainError } from '../core/errors.ts'
import { hashContents } from '../core/experiment/contents.ts'
import type { ExperimentId, Hash, MemoryStoreId } from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'
import { inBatches } from './batches.ts'
import { type ArmFile, listArmFiles } from './bound-arms.ts'
import type { Reader, Writer } from './database.ts'
import { type Experiment, listOpenExperiments } from './experiments.ts'
import { insertMemory } from './memories.ts'
import { readTexts } from './memory-states.ts'
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

/** What an arm reads, as it was bound. Null where it cannot be had any more, because a version was redacted. */
export async function readArm(
  reader: Reader & { readonly hash: Hash },
  experiment: Experiment,
  arm: string,
): Promise<readonly MemoryDocument[] | null> {
  const files = await findArmFiles(reader, experiment, arm)
  if (files === null) return null
  const documents: MemoryDocument[] = []
  for (const batch of inBatches(files, textsAtOnce)) {
    const ids = batch.flatMap(({ versionId }) => versionId ?? [])
    const texts = await readTexts(reader, ids)
    for (const { path, contentSha256, ...file } of batch) {
      const content = file.versionId === null ? file.content : texts.get(file.versionId)
      if (content === undefined) return null
      documents.push({ path, content, contentSha256 })
    }
  }
  return documents
}

async function findArmFiles(
  reader: Reader & { readonly hash: Hash },
  experiment: Experiment,
  arm: string,
): Promise<ArmFile[] | null> {
  try {
    return await listArmFiles(reader, experiment, arm)
  } catch (error) {
    if (error instanceof DomainError && error.code === 'conflict') return null
    throw error
  }
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
  for (const { path, content } of documents) {
    await insertMemory(writer, { storeId: ref.overlayId, path, content })
  }
  await writer.write
    .updateTable('experiment_arms')
    .set({ overlay_store_id: ref.overlayId })
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
