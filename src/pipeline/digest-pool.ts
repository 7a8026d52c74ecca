import { availableParallelism } from 'node:os'
import { Piscina } from 'piscina'
import type { DigestBatch } from '../storage/digests.ts'
import type { DigestTask } from './digest-worker.ts'

export interface DigestPool {
  run(tasks: readonly DigestTask[]): Promise<DigestBatch>
  close(): Promise<void>
}

const mostThreads = 8

/** Threads that digest sessions side by side; starting them costs about a fifth of a second. */
export function openDigestPool(): DigestPool {
  const threads = Math.min(availableParallelism(), mostThreads)
  const pool = new Piscina<readonly DigestTask[], DigestBatch>({
    filename: new URL('./digest-worker.ts', import.meta.url).href,
    name: 'digestTexts',
    minThreads: threads,
    maxThreads: threads,
    // A thread that waits on atomics does not see its own compression end.
    atomics: 'disabled',
  })
  return {
    run: (tasks) => pool.run(tasks),
    close: () => pool.destroy(),
  }
}
