import { applyChanges } from '../core/change/apply.ts'
import { DomainError } from '../core/errors.ts'
import { listArms } from '../core/experiment/arms.ts'
import { findClash } from '../core/experiment/clashes.ts'
import type {
  ExperimentId,
  Hash,
  MemorySnapshotId,
  MemoryStoreId,
  MemoryVersionId,
} from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'
import { hasText } from '../core/store-state.ts'
import { getChange, type StoredChange } from './changes.ts'
import type { Reader, Writer } from './database.ts'
import type { Experiment } from './experiments.ts'
import { getSnapshot, insertSnapshot } from './memory-snapshots.ts'
import { listHeadState, listPinnedState, readTexts } from './memory-states.ts'

/** One file of an arm. Its text is that of a memory version, or stands here because no version has it. */
export type ArmFile = { readonly path: string; readonly contentSha256: string } & (
  | { readonly versionId: MemoryVersionId; readonly content: null }
  | { readonly versionId: null; readonly content: string }
)

/** Names what a reader finds: paths and contents, in path order. */
export const hashFiles = (
  files: readonly Pick<ArmFile, 'path' | 'contentSha256'>[],
  hash: Hash,
): string => hash(JSON.stringify(files.map(({ path, contentSha256 }) => [path, contentSha256])))

/** Of what stands in the store now. */
export async function hashStore(
  reader: Reader & Pick<Writer, 'hash'>,
  storeId: MemoryStoreId,
): Promise<string> {
  return hashFiles((await listHeadState(reader, storeId)).filter(hasText), reader.hash)
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
        content_hash: hashFiles(files, writer.hash),
        created_at: writer.at,
      })
      .execute()
  }
}

/**
 * The files of an arm, in path order, as they were bound when the experiment began: a conflict when they cannot be
 * made any more, because a version was redacted or a change was altered.
 */
export async function listArmFiles(
  reader: Reader & Pick<Writer, 'hash'>,
  experiment: Experiment,
  arm: string,
): Promise<ArmFile[]> {
  const { id, storeId, incumbentSnapshotId } = experiment
  const bound = (await listBoundArms(reader, id)).find((one) => one.arm === arm)
  if (incumbentSnapshotId === null || !bound) {
    throw new DomainError('not_found', `Experiment ${id} has no arm ${arm}.`)
  }
  const snapshot = await getSnapshot(reader, { id: incumbentSnapshotId, storeId })
  const entries = await listPinnedState(reader, snapshot.versionIds)
  const changes: StoredChange[] = []
  for (const { changeId } of experiment.changes) changes.push(await getChange(reader, changeId))
  const base = await readTouched(reader, entries, changes)
  const files = layOut(entries, base, { changes: chosenBy(arm, changes), hash: reader.hash })
  if (hashFiles(files, reader.hash) === bound.contentHash) return files
  throw new DomainError(
    'conflict',
    `Arm ${arm} of experiment ${id} is not what it was when it began: a version was redacted, or a change altered. Stop the experiment.`,
  )
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

function layOut(
  entries: Entries,
  base: readonly MemoryDocument[],
  { changes, hash }: { readonly changes: readonly StoredChange[]; readonly hash: Hash },
): ArmFile[] {
  const { documents } = applyChanges(
    base,
    changes.map(({ change }) => change),
    hash,
  )
  const paths = new Set(base.map(({ path }) => path))
  const changed = new Map(documents.map((document) => [document.path, document]))
  const files = entries.filter(hasText).flatMap(({ path, contentSha256, versionId }): ArmFile[] => {
    const after = changed.get(path)
    changed.delete(path)
    if (!after && paths.has(path)) return []
    if (after && after.contentSha256 !== contentSha256) {
      return [{ path, contentSha256: after.contentSha256, versionId: null, content: after.content }]
    }
    return [{ path, contentSha256, versionId, content: null }]
  })
  for (const { path, contentSha256, content } of changed.values()) {
    files.push({ path, contentSha256, versionId: null, content })
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

const chosenBy = (arm: string, changes: readonly StoredChange[]) =>
  changes.filter((_, at) => arm[at] === '1')

const cannotBeTried = (id: ExperimentId, reason: string) =>
  new DomainError(
    'conflict',
    `Experiment ${id} cannot start: ${reason}. Changes of one experiment stand on the store as it is and touch different items; try others one after the other.`,
    { details: { error_code: 'exclusive_changes' } },
  )
