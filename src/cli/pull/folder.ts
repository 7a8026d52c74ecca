import { join } from 'node:path'
import { z } from 'zod'
import { DomainError } from '../../core/errors.ts'
import type { Hash } from '../../core/ids.ts'
import type { MemoryDocument } from '../../core/memory.ts'
import { findPathFault } from '../../core/memory-path.ts'
import {
  enterFolder,
  isFolder,
  isReachable,
  openRoot,
  readPlain,
  removeFile,
  removePartial,
  syncFolder,
  writeWhole,
} from './files.ts'

const hashes = z.record(
  z.string().refine((path) => findPathFault(path) === null),
  z.string().regex(/^[0-9a-f]{64}$/),
)

/**
 * What a pull left in a folder. `pending` is what one is about to leave: it is written first, so that after a crash
 * at any moment every file is known as ours, old or new, and the next pull goes on.
 */
const folderState = z.object({
  version: z.literal(1),
  memory_store_id: z.string().max(128),
  content_hash: z.string().nullable(),
  files: hashes,
  pending: hashes.nullable(),
})
type FolderState = z.infer<typeof folderState>

const stateName = '.lucidream-pull.json'
export const lockName = '.lucidream-pull.lock'

/** A folder that is kept as the server says, beside whatever else lies there. */
export interface PulledFolder {
  readonly root: string
  readonly state: FolderState | null
  /** Of each file of ours, what stands there now; null: it is gone. */
  readonly found: ReadonlyMap<string, string | null>
}

export async function openFolder(path: string, hash: Hash): Promise<PulledFolder> {
  const root = await openRoot(path)
  const state = await readState(root)
  const ours = { ...state?.files, ...state?.pending }
  await removePartials(root, state)
  const found = new Map<string, string | null>()
  for (const file of Object.keys(ours)) found.set(file, await hashFile(root, file, hash))
  return { root, state, found }
}

/** Of a pull that was killed; a folder that only holds one would not go. */
async function removePartials(root: string, state: FolderState | null): Promise<void> {
  await removePartial(join(root, stateName))
  if (state === null || state.pending === null) return
  for (const path of Object.keys(state.pending)) {
    const { folders, target } = locate(root, path)
    if (await isReachable(root, folders)) await removePartial(target)
  }
}

/** The version that stands in the folder, file for file; null: it has to be asked for in full. */
export function findVersion({ state, found }: PulledFolder): string | null {
  if (!state || state.pending !== null) return null
  const isWhole = Object.entries(state.files).every(([path, sha]) => found.get(path) === sha)
  return isWhole ? state.content_hash : null
}

/** Files of ours that somebody else wrote into. */
export function listEdited({ state, found }: PulledFolder): string[] {
  if (!state) return []
  const isOurs = (path: string, sha: string) =>
    sha === state.files[path] || sha === state.pending?.[path]
  return [...found].flatMap(([path, sha]) => (sha === null || isOurs(path, sha) ? [] : [path]))
}

export interface FolderPlan {
  readonly folder: PulledFolder
  readonly storeId: string
  readonly contentHash: string | null
  readonly write: readonly MemoryDocument[]
  readonly remove: readonly string[]
  readonly files: Readonly<Record<string, string>>
}

interface Wanted {
  readonly storeId: string
  /** Null: everything of ours goes. */
  readonly contentHash: string | null
  readonly documents: readonly MemoryDocument[]
  readonly force: boolean
}

/** What has to be written and removed. Refuses what somebody else wrote, unless forced. */
export async function planFolder(
  folder: PulledFolder,
  wanted: Wanted,
  hash: Hash,
): Promise<FolderPlan> {
  const { root, state, found } = folder
  if (state && state.memory_store_id !== wanted.storeId && !wanted.force) {
    throw new DomainError(
      'conflict',
      `${root} holds memory store ${state.memory_store_id}, not ${wanted.storeId}; pull into another folder, or give --force.`,
    )
  }
  const edited = new Set(listEdited(folder))
  const write: MemoryDocument[] = []
  for (const document of wanted.documents) {
    const { path, contentSha256 } = document
    const isOurs = found.has(path)
    const sha = isOurs ? (found.get(path) ?? null) : await hashFile(root, path, hash)
    if (sha === contentSha256) edited.delete(path)
    else write.push(document)
    if (!isOurs && sha !== null && sha !== contentSha256) edited.add(path)
  }
  if (edited.size > 0 && !wanted.force) throw refuseEdited(root, [...edited].toSorted())
  const files = Object.fromEntries(wanted.documents.map((one) => [one.path, one.contentSha256]))
  const remove = [...found.keys()].filter((path) => !Object.hasOwn(files, path))
  return { folder, storeId: wanted.storeId, contentHash: wanted.contentHash, write, remove, files }
}

/**
 * Does it, one file a step. Stopped after any step, every file is the old one or the new one, and the next pull ends
 * what was begun.
 */
export async function* applyFolder(plan: FolderPlan): AsyncGenerator<void> {
  const { folder, storeId, contentHash, write, remove, files } = plan
  const { root, state } = folder
  const isDone = write.length === 0 && remove.length === 0
  if (isDone && state?.content_hash === contentHash && state.pending === null) return
  const former = Object.fromEntries(
    [...folder.found].filter((one): one is [string, string] => one[1] !== null),
  )
  const base = { version: 1, memory_store_id: storeId } as const
  await writeState(root, {
    ...base,
    content_hash: state?.content_hash ?? null,
    files: former,
    pending: files,
  })
  await syncFolder(root)
  yield
  for (const path of remove) {
    const { folders, target } = locate(root, path)
    if (await isReachable(root, folders)) await removeFile(root, target)
    yield
  }
  for (const { path, content } of write) {
    const { folders, target } = locate(root, path)
    await enterFolder(root, folders)
    await writeWhole(target, content)
    yield
  }
  await syncFolders(root, [...remove, ...write.map(({ path }) => path)])
  if (contentHash === null) await removeFile(root, join(root, stateName))
  else await writeState(root, { ...base, content_hash: contentHash, files, pending: null })
  await syncFolder(root)
}

/** Every folder on the way to these files once, before the state says that they are there. */
async function syncFolders(root: string, paths: readonly string[]): Promise<void> {
  const touched = new Set([root])
  for (const path of paths) {
    const { folders } = locate(root, path)
    for (const [at] of folders.entries()) touched.add(join(root, ...folders.slice(0, at + 1)))
  }
  for (const folder of touched) await syncFolder(folder)
}

function locate(root: string, path: string) {
  const segments = path.split('/').slice(1)
  return { folders: segments.slice(0, -1), target: join(root, ...segments) }
}

async function hashFile(root: string, path: string, hash: Hash): Promise<string | null> {
  const { folders, target } = locate(root, path)
  if (!(await isReachable(root, folders))) return null
  // A folder of files of ours may give way to a file; one with other files in it refuses the write later.
  if (await isFolder(target)) return null
  const text = await readPlain(target)
  return text === null ? null : hash(text)
}

async function readState(root: string): Promise<FolderState | null> {
  const text = await readPlain(join(root, stateName))
  if (text === null) return null
  try {
    return folderState.parse(JSON.parse(text))
  } catch (cause) {
    throw new DomainError(
      'conflict',
      `${join(root, stateName)} is damaged, so nobody can tell which files are ours. Remove it; files that differ from the server’s are named then.`,
      { cause },
    )
  }
}

const writeState = (root: string, state: FolderState) =>
  writeWhole(join(root, stateName), `${JSON.stringify(state, null, 2)}\n`)

const refuseEdited = (root: string, paths: readonly string[]) =>
  new DomainError(
    'file_changed',
    `Edited by hand in ${root}: ${paths.slice(0, 20).join(', ')}${paths.length > 20 ? ` and ${paths.length - 20} more` : ''}. Nothing was written; move the edits into the memory store, or give --force to lose them.`,
  )
