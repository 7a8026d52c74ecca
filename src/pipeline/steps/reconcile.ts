import { parseItems } from '../../core/items/items.ts'
import { reconcile } from '../../core/items/reconcile.ts'
import { findStale } from '../../core/items/staleness.ts'
import { updateDream } from '../../storage/dreams.ts'
import { listMemories } from '../../storage/memories.ts'
import type { Reconciled } from '../reports.ts'
import { finish, type StepWork } from '../step.ts'

/** Reads the input store as items; finds what says the same twice and what contradicts. */
export async function reconcileMemories(work: StepWork): Promise<void> {
  const { context, dream, onProgress } = work
  const memories = await context.database.read((reader) => listMemories(reader, dream.inputStoreId))
  onProgress({ stage: 'reconcile', done: 0, total: memories.length, unit: 'memories' })
  const reconciliation = reconcile(memories, context.hash)
  onProgress({
    stage: 'reconcile',
    done: memories.length,
    total: memories.length,
    unit: 'memories',
  })
  const items = memories.flatMap((memory) => parseItems(memory, context.hash))
  // The dream's own day, so that running a step again says the same.
  const stale = findStale(items, dream.createdAt)
  const base = memories.map(({ path, contentSha256 }) => ({ path, contentSha256 }))
  const reconciled: Reconciled = { base, reconciliation, stale }
  await finish(work, async (writer) => {
    await updateDream(writer, dream.id, { reconciled })
    await writer.audit({
      action: 'dream.reconciled',
      objectType: 'dream',
      objectId: dream.id,
      afterHash: context.hash(JSON.stringify(reconciliation)),
    })
  })
}
