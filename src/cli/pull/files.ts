import { createHash } from 'node:crypto'
import {
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  unlink,
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DomainError } from '../../core/errors.ts'

/**
 * Appears whole or not at all, also when the power fails; that it appeared is on the disk once its folder was synced. A
 * link in its place is refused.
 */
export async function writeWhole(target: string, content: string): Promise<void> {
  await refuseLink(target)
  const partial = namePartial(target)
  await rm(partial, { force: true })
  // `wx` follows no link that somebody put there meanwhile.
  const handle = await open(partial, 'wx')
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(partial, target)
}

/** What a killed process left of a file that it was about to write. */
export const removePartial = (target: string): Promise<void> =>
  rm(namePartial(target), { force: true })

/** Hidden, so that no memory has that name, and short, so that long names have one too. */
const namePartial = (target: string) =>
  join(dirname(target), `.lucidream-partial-${sha256(basename(target)).slice(0, 16)}`)

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** What was made, renamed or removed in a folder is on the disk then. Some systems have no such call. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    if (isMissing(cause) || isUnsupported(cause)) return null
    throw cause
  })
  if (handle === null) return
  try {
    await handle.sync()
  } catch (cause) {
    if (!isUnsupported(cause)) throw cause
  } finally {
    await handle.close()
  }
}

/** Null: there is none. A link or a folder in its place is refused. */
export async function readPlain(path: string): Promise<string | null> {
  await refuseLink(path)
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (isMissing(cause)) return null
    throw new DomainError('permission_denied', `${path} cannot be read.`, { cause })
  }
}

/** The folder a file lies in, made where it is missing. Never goes through a link below the root. */
export async function enterFolder(root: string, segments: readonly string[]): Promise<string> {
  let folder = root
  for (const segment of segments) {
    folder = join(folder, segment)
    const found = await lstat(folder).catch(() => null)
    if (!found) await mkdir(folder)
    else if (!found.isDirectory())
      throw outside(folder, found.isSymbolicLink() ? 'a link' : 'a file')
  }
  return folder
}

/** Whether a folder on the way is something else; then the file is not there. */
export async function isReachable(root: string, segments: readonly string[]): Promise<boolean> {
  let folder = root
  for (const segment of segments) {
    folder = join(folder, segment)
    const found = await lstat(folder).catch(() => null)
    if (!found) return false
    if (found.isSymbolicLink()) throw outside(folder, 'a link')
    if (!found.isDirectory()) return false
  }
  return true
}

export const isFolder = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => null))?.isDirectory() ?? false

/** With the folders above it that are empty then, up to the root. */
export async function removeFile(root: string, target: string): Promise<void> {
  await unlink(target).catch((cause: unknown) => {
    if (!isMissing(cause)) throw cause
  })
  for (let folder = dirname(target); folder !== root; folder = dirname(folder)) {
    const entries = await readdir(folder).catch(() => null)
    if (entries === null) continue
    if (entries.length > 0) return
    await rmdir(folder)
  }
}

export async function openRoot(path: string): Promise<string> {
  await mkdir(path, { recursive: true })
  return realpath(path)
}

async function refuseLink(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null)
  if (!found || found.isFile()) return
  throw outside(path, found.isSymbolicLink() ? 'a link' : 'no file')
}

const outside = (path: string, what: string) =>
  new DomainError(
    'path_outside',
    `${path} is ${what}; nothing is read or written through it. Remove it, or name the place itself.`,
  )

const isUnsupported = (cause: unknown) =>
  cause instanceof Error &&
  'code' in cause &&
  ['EISDIR', 'EINVAL', 'EPERM', 'ENOTSUP', 'ENOSYS'].includes(String(cause.code))

const isMissing = (cause: unknown) =>
  cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')
