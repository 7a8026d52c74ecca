import { DomainError } from '../core/errors.ts'
import { findLostSession } from '../storage/dream-sessions.ts'
import { type Dream, getDreamState } from '../storage/dreams.ts'
import { findMemoryStore } from '../storage/memory-stores.ts'
import type { Context } from './context.ts'

/** Why a dream fails for good, in the reference's words. */
export type DreamErrorType =
  | 'timeout'
  | 'internal_error'
  | 'input_memory_store_too_large'
  | 'input_memory_store_unavailable'
  | 'input_session_unavailable'

/** Trying again would not help: the dream fails with this type. */
export const dreamFailure = (type: DreamErrorType, message: string) =>
  new DomainError('conflict', message, { details: { dream_error: type } })

/**
 * Whether going on makes sense: the dream has not been canceled, its inputs are there, and its time is not
 * over. A dream of the command line is watched by a person: it may take as long and read as much as they let it.
 */
export async function checkDream(context: Context, dream: Dream): Promise<void> {
  const { lost, now, store } = await context.database.read(async (reader) => ({
    now: await getDreamState(reader, dream.id),
    store: await findMemoryStore(reader, dream.inputStoreId),
    lost: dream.origin === 'cli' ? null : await findLostSession(reader, dream.id),
  }))
  if (now.endedAt !== null) {
    throw new DomainError('conflict', `Dream ${dream.id} has ended already: ${now.status}.`)
  }
  if (dream.origin === 'cli') return
  if (store === null || store.archivedAt !== null) {
    throw dreamFailure(
      'input_memory_store_unavailable',
      `Memory store ${dream.inputStoreId} was archived or deleted while it was dreamt over.`,
    )
  }
  if (lost !== null) {
    throw dreamFailure(
      'input_session_unavailable',
      `Session ${lost} was deleted while it was dreamt over.`,
    )
  }
  refuseLate(context, now.startedAt)
}

function refuseLate({ clock, limits }: Context, startedAt: string | null): void {
  if (startedAt === null || clock() - Date.parse(startedAt) <= limits.dreamMs) return
  throw dreamFailure(
    'timeout',
    `The dream ran longer than ${limits.dreamMs / 3_600_000} hours (LUCIDREAM_DREAM_HOURS); dream over fewer sessions, or raise the limit.`,
  )
}
