import { setTimeout as sleep } from 'node:timers/promises'
import { DomainError } from '../../core/errors.ts'
import { type FileLock, tryLockFile } from '../../storage/sqlite/file-lock.ts'

interface Waiting {
  readonly seconds: number
  readonly signal: AbortSignal
  /** Once, before it begins to wait. */
  readonly onWait: (line: string) => void
}

const pollMs = 50

/** One pull at a time keeps a place; `path` is the file that stands for it. Others wait, and in the end say why. */
export async function lockPlace(place: string, path: string, waiting: Waiting): Promise<FileLock> {
  const { seconds, signal, onWait } = waiting
  for (let waited = 0; ; waited += pollMs) {
    const lock = tryLockFile(path)
    if (lock) return lock
    if (waited === 2 * pollMs) onWait(`waiting for another pull of ${place}`)
    if (waited >= seconds * 1_000) throw heldUp(place, path, seconds)
    await sleep(pollMs, undefined, { signal }).catch((cause: unknown) => {
      throw new DomainError('interrupted', 'Interrupted; nothing was written.', { cause })
    })
  }
}

const heldUp = (place: string, path: string, seconds: number) =>
  new DomainError(
    'conflict',
    `Another pull of ${place} goes on and did not end within ${seconds} s; nothing was written. The process that has ${path} open is the one; wait for it or stop it, then try again.`,
  )
