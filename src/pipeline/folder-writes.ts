import { lstat, mkdir, realpath, rename, writeFile } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { DomainError } from '../core/errors.ts'
import type { DreamId, Hash } from '../core/ids.ts'
import type { MemoryDocument } from '../core/memory.ts'
import { listChanges } from '../storage/changes.ts'
import type { Reader } from '../storage/database.ts'
import { listDreamMemories } from '../storage/dream-memories.ts'
import { getDream } from '../storage/dreams.ts'
import { listMemories } from '../storage/memories.ts'
import { getMemoryStore } from '../storage/memory-stores.ts'
import { readMemoryFolder } from './memory-folder.ts'

/** Files that a dream's changes belong into, as they are and as its store has them. */
export interface FolderWrites {
  readonly root: string
  readonly writes: readonly MemoryDocument[]
}

/**
 * What of a dream's accepted and applied changes is not in the folder yet. Refuses another folder than the one the
 * dream read, and any file that is neither what the dream read nor what the store has now.
 */
export async function planFolderWrites(
  reader: Reader,
  {
    folder,
    dreamId,
    hash,
  }: { readonly folder: string; readonly dreamId: DreamId; readonly hash: Hash },
): Promise<FolderWrites> {
  const { root, documents } = await readMemoryFolder(folder, hash)
  const { inputStoreId } = await getDream(reader, dreamId)
  const { metadata } = await getMemoryStore(reader, inputStoreId)
  if (metadata.folder !== root || !(await lstat(root)).isDirectory()) {
    throw new DomainError(
      'invalid_argument',
      `--to ${folder}: the dream was over ${metadata.folder ?? 'no folder'}; its files are written only there.`,
    )
  }
  const files = new Map(documents.map((one) => [one.path, one.contentSha256]))
  const bases = new Map((await listDreamMemories(reader, dreamId)).map((one) => [one.path, one]))
  const heads = new Map((await listMemories(reader, inputStoreId)).map((one) => [one.path, one]))
  const touched = (await listChanges(reader, dreamId)).filter(
    ({ status }) => status === 'accepted' || status === 'applied',
  )
  const paths = new Set(touched.map(({ change }) => change.path))
  const writes: MemoryDocument[] = []
  for (const path of paths) {
    const [file, base, head] = [files.get(path), bases.get(path), heads.get(path)]
    if (file !== base?.contentSha256 && file !== head?.contentSha256) throw changed(path)
    if (head && file !== head.contentSha256) writes.push(head)
  }
  return { root, writes }
}

/** Each file appears whole or not at all; nothing is ever written through a link that leads out. */
export async function writeFolder({ root, writes }: FolderWrites): Promise<string[]> {
  for (const { path, content } of writes) {
    const target = join(root, ...path.split('/'))
    await mkdir(dirname(target), { recursive: true })
    const inside = await realpath(dirname(target))
    if (inside !== root && !inside.startsWith(root + sep)) {
      throw new DomainError(
        'path_outside',
        `${path} would be written outside ${root}, through a link.`,
      )
    }
    const partial = `${target}.lucidream-partial`
    await writeFile(partial, content)
    await rename(partial, target)
  }
  return writes.map(({ path }) => path.slice(1))
}

const changed = (path: string) =>
  new DomainError(
    'file_changed',
    `${path} was changed after the dream read the folder; dream again over what stands there now. No file was written.`,
  )
