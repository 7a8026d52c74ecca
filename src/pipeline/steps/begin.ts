import { makeId } from '../../core/ids.ts'
import type { Memory } from '../../core/memory.ts'
import type { Writer } from '../../storage/database.ts'
import { listDreamMemories, measureStore, pinMemories } from '../../storage/dream-memories.ts'
import { type Dream, updateDream } from '../../storage/dreams.ts'
import { insertMemory } from '../../storage/memories.ts'
import { getMemoryStore, insertMemoryStore } from '../../storage/memory-stores.ts'
import { tellAbout } from '../../storage/new-dream.ts'
import { dreamFailure } from '../dream-check.ts'
import { countOf, nameDreamSession, narrate, openDreamSession } from '../dream-session.ts'
import { refreshPolicies } from '../policies/refresh.ts'
import { beat, finish, type StepWork } from '../step.ts'

/**
 * Starts a dream: pins the memories that it works from, copies them into the output store where it may not
 * write into the input, and opens the session that shows its work.
 */
export async function beginDream(work: StepWork): Promise<void> {
  const { context, dream } = work
  await beat(work)
  await refuseLarge(work)
  await refreshPolicies(context)
  await finish(work, async (writer) => {
    const sessionId = dream.origin === 'cli' ? null : nameDreamSession(writer, dream)
    if (sessionId) await openDreamSession(writer, dream, sessionId)
    await pinMemories(writer, dream.id, dream.inputStoreId)
    const memories = await listDreamMemories(writer, dream.id)
    const outputStoreId =
      dream.outputBehavior === 'create_new'
        ? makeId('memstore', context.hash, [dream.id, 'output'])
        : dream.inputStoreId
    const begun: Dream = { ...dream, sessionId, outputStoreId }
    if (outputStoreId !== dream.inputStoreId) {
      await copyStore(writer, begun, memories)
      await tellAbout(writer, context, { type: 'memory_store.created', id: outputStoreId })
    }
    await updateDream(writer, dream.id, {
      status: 'running',
      outputStoreId,
      ...(sessionId ? { sessionId } : {}),
    })
    await writer.audit({ action: 'dream.started', objectType: 'dream', objectId: dream.id })
    await tellAbout(writer, context, { type: 'dream.running', id: dream.id })
    await narrate(writer, begun, [
      {
        use: 'read_memory_store',
        input: { memory_store_id: dream.inputStoreId },
        answer: `${countOf(memories.length, 'memory')}\n${memories.map(({ path }) => path).join('\n')}`,
      },
      {
        say: `Next: the transcripts of ${countOf(dream.sessionCount, 'session')} are read and digested.`,
      },
    ])
  })
}

async function refuseLarge({ context, dream }: StepWork): Promise<void> {
  if (dream.origin === 'cli') return
  const { bytes } = await context.database.read((reader) =>
    measureStore(reader, dream.inputStoreId),
  )
  const most = context.limits.storeBytes
  if (bytes <= most) return
  throw dreamFailure(
    'input_memory_store_too_large',
    `Memory store ${dream.inputStoreId} holds ${bytes} bytes; a dream reads at most ${most} (LUCIDREAM_DREAM_STORE_BYTES). Split the store, or raise the limit.`,
  )
}

/** A store's name holds 255 characters. */
const longestName = 230

async function copyStore(
  writer: Writer,
  { id, ordinal, inputStoreId, outputStoreId, sessionId }: Dream,
  memories: readonly Memory[],
): Promise<void> {
  if (outputStoreId === null) return
  const { name } = await getMemoryStore(writer, inputStoreId)
  await insertMemoryStore(writer, {
    id: outputStoreId,
    name: `${name.slice(0, longestName).toWellFormed()} (dream ${ordinal})`,
    description: `Preview of what dream ${id} proposes for ${inputStoreId}.`,
    metadata: { dream_id: id },
  })
  for (const { path, content } of memories) {
    await insertMemory(writer, {
      storeId: outputStoreId,
      path,
      content,
      dreamId: id,
      ...(sessionId ? { sessionId } : {}),
    })
  }
  await writer.audit({
    action: 'memory_store.created',
    objectType: 'memory_store',
    objectId: outputStoreId,
  })
}
