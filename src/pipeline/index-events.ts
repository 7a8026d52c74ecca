import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises'
import { indexNextEvents, indexOldMemories } from '../storage/search-events.ts'
import type { Context } from './context.ts'

const pollMs = 500
/** After a fault: a full disk or a lost database does not come back at once. */
const pauseMs = 5_000

/** Indexes what waits, a few events a transaction, until nothing does; requests come in between. */
export async function indexPending({ database, signal }: Context): Promise<void> {
  for (const step of [indexOldMemories, indexNextEvents]) {
    while (!signal.aborted && (await database.scratch(step)) !== null) await breathe()
  }
}

/** Keeps the index at what is stored until the process stops; appending and importing never wait for it. */
export async function keepIndexed(context: Context): Promise<void> {
  const { signal, log } = context
  while (!signal.aborted) {
    let pause = pollMs
    try {
      await indexPending(context)
    } catch (error) {
      if (signal.aborted) return
      log.warn({ err: error }, 'indexing for search failed and is tried again')
      pause = pauseMs
    }
    await sleep(pause, undefined, { signal }).catch(() => {})
  }
}
