import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  type Stats,
  unlinkSync,
} from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { DomainError } from '../../core/errors.ts'

export interface FileLock {
  /** The file goes with it. */
  readonly release: () => void
}

/**
 * Takes the lock that an empty file stands for, or null: somebody has it. The lock is the kernel's, by way of SQLite,
 * which speaks to every kernel: a process that dies, by kill -9 too, holds nothing any more, and nobody has to guess
 * from numbers of processes who is alive. What is left of a dead one is an empty file, which the next one takes.
 */
export function tryLockFile(path: string): FileLock | null {
  const standing = lstatSync(path, { throwIfNoEntry: false })
  if (standing && held.has(nameOf(standing))) return null
  // Open all the while, so that its number is given to no other file.
  const descriptor = openEmpty(path)
  const name = nameOf(fstatSync(descriptor))
  const database = lockDatabase(path, () => closeSync(descriptor))
  const now = lstatSync(path, { throwIfNoEntry: false })
  // Whoever had it may have removed the file meanwhile: then this is the lock of nothing.
  if (!database || !now || nameOf(now) !== name) {
    database?.close()
    closeSync(descriptor)
    return null
  }
  held.add(name)
  return {
    release() {
      removeQuietly(path)
      database.close()
      closeSync(descriptor)
      held.delete(name)
    },
  }
}

/** Of this process. Closing any descriptor of a file gives up all locks that a process has on it: none is opened twice. */
const held = new Set<string>()

const nameOf = ({ dev, ino }: Stats) => `${dev} ${ino}`

/** Null: another process has the lock. */
function lockDatabase(path: string, onError: () => void): DatabaseSync | null {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // In memory, since there would be a journal beside the file otherwise. Nothing is ever written.
    database.exec('PRAGMA journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if (isBusy(error)) return null
    onError()
    throw error
  }
}

function openEmpty(path: string): number {
  const descriptor = open(path)
  const found = fstatSync(descriptor)
  if (found.isFile() && found.size === 0) return descriptor
  closeSync(descriptor)
  throw noLock(path)
}

function open(path: string): number {
  const { O_RDWR, O_CREAT, O_NOFOLLOW = 0 } = constants
  try {
    return openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : ''
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new DomainError('not_found', `There is no folder for ${path}.`, { cause })
    }
    if (code === 'ELOOP' || code === 'EISDIR') throw noLock(path)
    throw new DomainError('permission_denied', `${path} cannot be made or opened.`, { cause })
  }
}

const noLock = (path: string) =>
  new DomainError(
    'path_outside',
    `${path} stands where a lock of lucidream would be, and is none. Remove it, or name another place.`,
  )

/** Some systems keep a file that is open; it is empty, and the next one takes it. */
function removeQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // As said above.
  }
}

/** SQLite's result code BUSY, refined or not. */
const isBusy = (error: unknown) =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === 5
