import { listDreamMemories } from '../../storage/dream-memories.ts'
import { updateDream } from '../../storage/dreams.ts'
import { countOf, narrate } from '../dream-session.ts'
import type { Reconciled } from '../reports.ts'
import { beat, finish, type StepWork, think } from '../step.ts'

/** Reads the pinned memories as items; finds what says the same twice and what contradicts. */
export async function reconcileMemories(work: StepWork): Promise<void> {
  const { context, dream, onProgress } = work
  await beat(work)
  const memories = await context.database.read((reader) => listDreamMemories(reader, dream.id))
  const progress = { stage: 'reconcile', total: memories.length, unit: 'memories' }
  onProgress({ ...progress, done: 0 })
  // The dream's own day, so that running a step again says the same.
  const reconciled: Reconciled = await think(work, (signal) =>
    context.thinking.reconcile({ memories, at: dream.createdAt }, signal),
  )
  onProgress({ ...progress, done: memories.length })
  const { duplicates, supersessions, conflicts } = reconciled.reconciliation
  await finish(work, async (writer) => {
    await updateDream(writer, dream.id, { reconciled })
    await writer.audit({
      action: 'dream.reconciled',
      objectType: 'dream',
      objectId: dream.id,
      afterHash: context.hash(JSON.stringify(reconciled.reconciliation)),
    })
    await narrate(writer, dream, [
      {
        use: 'reconcile_memories',
        input: { memories: memories.length },
        answer: `${countOf(duplicates.length, 'duplicate')}, ${countOf(supersessions.length, 'line')} with newer ones, ${countOf(conflicts.length, 'conflict')}, ${countOf(reconciled.stale.length, 'stale line')}`,
      },
      { say: 'Next: changes are drafted.' },
    ])
  })
}
