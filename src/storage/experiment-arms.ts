import { applyChanges } from '../core/change/apply.ts'
import { hashContents } from '../core/experiment/contents.ts'
import type { Deadlines, ExperimentPlan } from '../core/experiment/plan.ts'
import type { ChangeId, ExperimentId, Hash, MemorySnapshotId, MemoryStoreId } from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'
import { hasText } from '../core/store-state.ts'
import { inBatches } from './batches.ts'
import { getChange } from './changes.ts'
import { defaultWorkspace, type Reader, type Writer } from './database.ts'
import { insertMemory } from './memories.ts'
import { getSnapshot } from './memory-snapshots.ts'
import { listPinnedState, readTexts } from './memory-states.ts'
import { getMemoryStore, insertMemoryStore } from './memory-stores.ts'
import type { ExperimentsTable } from './tables/experiments.ts'

/** An experiment as far as who reads what depends on it. */
export interface LiveExperiment {
  readonly id: ExperimentId
  readonly storeId: MemoryStoreId
  readonly state: ExperimentsTable['state']
  readonly unit: ExperimentsTable['unit']
  /** Sealed for the purpose `experiment`. */
  readonly salt: string
  readonly deadlines: Deadlines
  readonly snapshotId: MemorySnapshotId
  readonly stage: number
  /** In their order. A closed one is in no new arm. */
  readonly changes: readonly { readonly id: ChangeId; readonly state: 'open' | 'closed' }[]
}

/**
 * The experiment that decides what this store's readers get: one that runs or is paused, else one that was promoted
 * and is watched by its holdback.
 */
export async function findLiveExperiment(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<LiveExperiment | null> {
  const rows = await reader.read
    .selectFrom('experiments')
    .selectAll()
    .where('store_id', '=', storeId)
    .where('workspace_id', '=', defaultWorkspace)
    .where(({ eb, and, or }) =>
      or([
        eb('state', 'in', ['running', 'paused'] as const),
        and([eb('state', '=', 'promoted'), eb('holdback_ended_at', 'is', null)]),
      ]),
    )
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()
  const row = rows.find(({ state }) => state !== 'promoted') ?? rows[0]
  if (!row || row.incumbent_snapshot_id === null) return null
  const plan = JSON.parse(row.settings) as ExperimentPlan
  return {
    id: row.id,
    storeId: row.store_id,
    state: row.state,
    unit: row.unit,
    salt: row.salt,
    deadlines: plan.deadlines,
    snapshotId: row.incumbent_snapshot_id,
    stage: row.stage,
    changes: await listChangeStates(reader, row),
  }
}

/** Until promotion those whose tests are open; in the holdback those that were promoted. */
async function listChangeStates(
  reader: Reader,
  { id, state }: Pick<ExperimentsTable, 'id' | 'state'>,
): Promise<LiveExperiment['changes']> {
  const rows = await reader.read
    .selectFrom('experiment_changes')
    .select(['change_id', 'closed_at', 'verdict'])
    .where('experiment_id', '=', id)
    .orderBy('ordinal')
    .execute()
  return rows.map((row) => {
    const isOpen = state === 'promoted' ? row.verdict === 'promote' : row.closed_at === null
    return { id: row.change_id, state: isOpen ? 'open' : 'closed' }
  })
}

/** Some megabytes of texts at a time. */
const textsAtOnce = 50

/**
 * What an arm reads: the incumbent's snapshot with the arm's changes applied. Null where it cannot be had any more,
 * because a version was redacted or a change does not apply.
 */
export async function readArm(
  reader: Reader & { readonly hash: Hash },
  experiment: LiveExperiment,
  arm: string,
): Promise<readonly MemoryDocument[] | null> {
  const { snapshotId, storeId } = experiment
  const { versionIds } = await getSnapshot(reader, { id: snapshotId, storeId })
  const entries = await listPinnedState(reader, versionIds)
  const standing = entries.filter(hasText)
  if (standing.length !== versionIds.length) return null
  const documents: MemoryDocument[] = []
  for (const batch of inBatches(standing, textsAtOnce)) {
    const texts = await readTexts(
      reader,
      batch.map(({ versionId }) => versionId),
    )
    for (const { path, contentSha256, versionId } of batch) {
      const content = texts.get(versionId)
      if (content === undefined) return null
      documents.push({ path, content, contentSha256 })
    }
  }
  const changes = []
  for (const [ordinal, { id }] of experiment.changes.entries()) {
    if (arm[ordinal] === '1') changes.push((await getChange(reader, id)).change)
  }
  const applied = applyChanges(documents, changes, reader.hash)
  return applied.refused.length === 0 ? applied.documents : null
}

export interface ArmRef {
  readonly experimentId: ExperimentId
  readonly arm: string
}

export interface StoredArm extends ArmRef {
  readonly contentHash: string
  readonly overlayStoreId: MemoryStoreId | null
}

export async function findArm(reader: Reader, ref: ArmRef): Promise<StoredArm | null> {
  const row = await reader.read
    .selectFrom('experiment_arms')
    .selectAll()
    .where('experiment_id', '=', ref.experimentId)
    .where('arm', '=', ref.arm)
    .executeTakeFirst()
  if (!row) return null
  return { ...ref, contentHash: row.content_hash, overlayStoreId: row.overlay_store_id }
}

/** Binds an arm to its contents, once. */
export async function insertArm(
  writer: Writer,
  arm: ArmRef & Pick<StoredArm, 'contentHash'>,
): Promise<void> {
  await writer.write
    .insertInto('experiment_arms')
    .values({
      experiment_id: arm.experimentId,
      arm: arm.arm,
      content_hash: arm.contentHash,
      overlay_store_id: null,
      created_at: writer.at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
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
