import type { Database } from '../../src/storage/database.ts'

/**
 * before: nothing of the write happened. inside: its rows are made, and not committed. after: they are on the
 * disk, and nobody was told.
 */
export const moments = ['before', 'inside', 'after'] as const
export type Moment = (typeof moments)[number]

export interface Kill {
  /** Of all writes and scratch writes of the process, from 1; 0 never kills. */
  readonly at: number
  readonly moment: Moment
  /** SIGSTOP: the process goes on where it was when somebody continues it. */
  readonly signal?: 'SIGKILL' | 'SIGSTOP'
}

export interface CutDatabase {
  readonly around: (database: Database) => Database
  /** Writes and scratch writes so far. */
  readonly count: () => number
}

/** Stands around a database whose process dies, or stops, at one of its writes. */
export function cutAtWrite({ at, moment, signal = 'SIGKILL' }: Kill): CutDatabase {
  let count = 0
  const cut = signal === 'SIGKILL' ? die : () => void process.kill(process.pid, signal)
  const judged = <W, T>(
    door: (work: (given: W) => Promise<T>) => Promise<T>,
    work: (given: W) => Promise<T>,
  ): Promise<T> => {
    count += 1
    if (count !== at) return door(work)
    if (moment === 'before') cut()
    if (moment === 'before') return door(work)
    if (moment === 'after') return door(work).finally(cut)
    return door(async (given) => {
      const result = await work(given)
      cut()
      return result
    })
  }
  return {
    count: () => count,
    around: (database) => ({
      read: (work) => database.read(work),
      write: (actor, work) => judged((inner) => database.write(actor, inner), work),
      scratch: (work) => judged((inner) => database.scratch(inner), work),
      close: () => database.close(),
    }),
  }
}

/** A signal of one's own may come a moment late: nothing else may happen meanwhile. */
function die(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
}
