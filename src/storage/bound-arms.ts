import { applyChanges } from '../core/change/apply.ts'
import { DomainError } from '../core/errors.ts'
import { listArms } from '../core/experiment/arms.ts'
import { findClash } from '../core/experiment/clashes.ts'
import { hashContents } from '../core/experiment/contents.ts'
import type { ExperimentId, Hash, MemorySnapshotId, MemoryStoreId } from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'
import { hasText, type WantedText } from '../core/store-state.ts'
import type { StoredChange } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import type { Experiment } from './experiments.ts'
import { insertSnapshot } from './memory-snapshots.ts'
import { listHeadState, readTexts } from './memory-states.ts'

/** Of what stands in the store now. */
export async function hashStore(
  reader: Reader & Pick<Writer, 'hash'>,
  storeId: MemoryStoreId,
): Promise<string> {
  return hashContents((await listHeadState(reader, storeId)).filter(hasText), reader.hash)
}

/**
 * Pins the store as it is and binds every arm of the changes to its content. Refuses changes that do not stand on the
 * store as it is, or that touch the same item.
 */
export async function makeArms(
  writer: Writer,
  { id, storeId, name }: Pick<Experiment, 'id' | 'storeId' | 'name'>,
  given: { readonly changes: readonly StoredChange[]; readonly snapshotId: MemorySnapshotId },
): Promise<void> {
  const entries = await listHeadState(writer, storeId)
  await insertSnapshot(writer, {
    id: given.snapshotId,
    storeId,
    name: `incumbent of ${name}`.slice(0, 100),
    at: writer.at,
    entries,
  })
  const base = await readTouched(writer, entries, given.changes)
  const changes = given.changes.map(({ change }) => change)
  const clash = findClash(base, changes, writer.hash)
  if (clash !== null) throw cannotBeTried(id, clash)
  for (const arm of listArms(changes.length)) {
    const files = layOut(entries, base, {
      changes: chosenBy(arm, given.changes),
      hash: writer.hash,
    })
    await writer.write
      .insertInto('experiment_arms')
      .values({
        experiment_id: id,
        arm,
        content_hash: hashContents(files, writer.hash),
        created_at: writer.at,
      })
      .execute()
  }
}

export interface BoundArm {
  readonly arm: string
  readonly contentHash: string
  readonly overlayStoreId: MemoryStoreId | null
}

export async function listBoundArms(reader: Reader, id: ExperimentId): Promise<BoundArm[]> {
  const rows = await reader.read
    .selectFrom('experiment_arms')
    .select(['arm', 'content_hash as contentHash', 'overlay_store_id as overlayStoreId'])
    .where('experiment_id', '=', id)
    .orderBy('arm')
    .execute()
  return rows
}

type Entries = Awaited<ReturnType<typeof listHeadState>>

/** The documents that the changes touch, with their texts. */
async function readTouched(
  reader: Reader,
  entries: Entries,
  changes: readonly StoredChange[],
): Promise<MemoryDocument[]> {
  const paths = new Set(changes.map(({ change }) => change.path))
  const touched = entries.filter(hasText).filter(({ path }) => paths.has(path))
  const texts = await readTexts(
    reader,
    touched.map(({ versionId }) => versionId),
  )
  return touched.flatMap(({ path, contentSha256, versionId }) => {
    const content = texts.get(versionId)
    return content === undefined ? [] : [{ path, contentSha256, content }]
  })
}

/** Paths and hashes of an arm's files. */
function layOut(
  entries: Entries,
  base: readonly MemoryDocument[],
  { changes, hash }: { readonly changes: readonly StoredChange[]; readonly hash: Hash },
): WantedText[] {
  const touched = new Set(base.map(({ path }) => path))
  const { documents } = applyChanges(
    base,
    changes.map(({ change }) => change),
    hash,
  )
  return [...entries.filter(hasText).filter(({ path }) => !touched.has(path)), ...documents]
}

const chosenBy = (arm: string, changes: readonly StoredChange[]) =>
  changes.filter((_, at) => arm[at] === '1')

const cannotBeTried = (id: ExperimentId, reason: string) =>
  new DomainError(
    'conflict',
    `Experiment ${id} cannot start: ${reason}. Changes of one experiment stand on the store as it is and touch different items; try others one after the other.`,
    { details: { error_code: 'exclusive_changes' } },
  )
