import { Piscina } from 'piscina'
import type { Thinking } from './thinking.ts'

/** A thread that nobody needs goes after this long; a dream's next step mostly finds it still there. */
const idleMs = 30_000

/** Thinks on one thread of its own, started when first needed. An aborted task ends its thread. */
export function openThinkingPool(): Thinking {
  const pool = new Piscina({
    filename: new URL('./thinking-worker.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: idleMs,
    // A thread that waits on atomics does not see its own decompression end.
    atomics: 'disabled',
  })
  return {
    place: 'aside',
    mine: (task, signal) => pool.run(task, { name: 'mine', signal }),
    reconcile: (task, signal) => pool.run(task, { name: 'reconcile', signal }),
    propose: (task, signal) => pool.run(task, { name: 'propose', signal }),
    collect: (task, signal) => pool.run(task, { name: 'collect', signal }),
    judge: (task, signal) => pool.run(task, { name: 'judge', signal }),
    close: () => pool.destroy(),
  }
}
