import { closeSync, lstatSync, openSync, type Stats, unlinkSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { DomainError } from '../../core/errors.ts'

export interface FileLock {
  /** The file goes with it. */
  readonly release: () => void
}

/**
 * Takes the lock that an empty file stands for, or null: another process has it. The lock is the kernel's, by way of
 * SQLite, which speaks to every kernel: a process that dies, by kill -9 too, holds nothing any more, and nobody has to
 * guess from numbers of processes who is alive. What is left of a dead one is an empty file, which the next one takes.
 */
export function tryLockFile(path: string): FileLock | null {
  const before = findLockFile(path) ?? makeLockFile(path)
  if (before === null) return null
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // Without it there would be a journal beside the file.
    database.exec('PRAGMA journal_mode = OFF')
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (isBusy(error)) return null
    throw error
  }
  // Whoever had it may have removed the file meanwhile: then this is the lock of nothing. While it is open its number is
  // given to no other file.
  if (findLockFile(path)?.ino !== before.ino) {
    database.close()
    return null
  }
  return {
    release() {
      removeQuietly(path)
      database.close()
    },
  }
}

/** Null: there is none. Closing a file of one's own would give up locks on it, so it is looked at and not opened. */
function findLockFile(path: string): Stats | null {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return null
  if (found.isFile() && found.size === 0) return found
  throw new DomainError(
    'path_outside',
    `${path} stands where a lock of lucidream would be, and is none. Remove it, or name another place.`,
  )
}

/** Null: another process was quicker. */
function makeLockFile(path: string): Stats | null {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : ''
    if (code === 'EEXIST') return null
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new DomainError('not_found', `There is no folder for ${path}.`, { cause })
    }
    throw new DomainError('permission_denied', `${path} cannot be made.`, { cause })
  }
  return findLockFile(path)
}

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
