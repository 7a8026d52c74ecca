import type { ExperimentId } from '../core/ids.ts'
import { listDueCollections, orderCollection } from '../storage/overlay-dreams.ts'
import type { Context } from './context.ts'

const actor = { type: 'service_account', id: 'overlays' } as const

/**
 * Orders the dreams that make proposals of what agents wrote: of one experiment that was just looked at, or of all. What
 * is due is told by the rows, so a worker that dies in between leaves nothing undone and does nothing twice.
 */
export async function orderCollections(
  context: Context,
  only: ExperimentId | null = null,
): Promise<void> {
  const { database, clock } = context
  const due = await database.read((reader) => listDueCollections(reader, clock(), only))
  for (const id of due) {
    if (context.signal.aborted) return
    await database.write(actor, (writer) => orderCollection(writer, context, id))
  }
}
