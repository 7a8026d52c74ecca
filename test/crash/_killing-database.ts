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
}

/** The same database, whose process dies by kill -9 at one of its writes. */
export function killAtWrite(database: Database, { at, moment }: Kill): Database {
  let count = 0
  const judged = <W, T>(
    door: (work: (given: W) => Promise<T>) => Promise<T>,
    work: (given: W) => Promise<T>,
  ): Promise<T> => {
    count += 1
    if (count !== at) return door(work)
    if (moment === 'before') die()
    if (moment === 'after') return door(work).finally(die)
    return door(async (given) => {
      await work(given)
      return die()
    })
  }
  return {
    read: (work) => database.read(work),
    write: (actor, work) => judged((inner) => database.write(actor, inner), work),
    scratch: (work) => judged((inner) => database.scratch(inner), work),
    close: () => database.close(),
  }
}

/** A signal of one's own may come a moment late: nothing else may happen meanwhile. */
function die(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
}
