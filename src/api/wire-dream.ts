import type { z } from 'zod'
import type { dream } from '../contract/v1/dreams.ts'
import type { SessionId } from '../core/ids.ts'
import type { Reader } from '../storage/database.ts'
import { listSessionIds } from '../storage/dream-sessions.ts'
import type { Dream } from '../storage/dreams.ts'

export type WireDream = z.input<typeof dream>

/** What the reference lets a dream have; of a dream over more the first so many are shown. */
const mostShownIds = 100

/** Dreams as the wire has them, their session ids read in one statement. */
export async function presentDreams(
  reader: Reader,
  dreams: readonly Dream[],
): Promise<WireDream[]> {
  const ids = await listSessionIds(
    reader,
    dreams.map((one) => one.id),
    mostShownIds,
  )
  return dreams.map((one) => present(one, ids.get(one.id) ?? []))
}

export async function presentDream(reader: Reader, one: Dream): Promise<WireDream> {
  const [shown] = await presentDreams(reader, [one])
  return shown as WireDream
}

function present(one: Dream, sessionIds: readonly SessionId[]): WireDream {
  return {
    id: one.id,
    type: 'dream',
    status: one.status,
    inputs: [
      { type: 'memory_store', memory_store_id: one.inputStoreId },
      { type: 'sessions', session_ids: [...sessionIds] },
    ],
    outputs:
      one.outputStoreId === null
        ? []
        : [{ type: 'memory_store', memory_store_id: one.outputStoreId }],
    model: { id: one.model, speed: 'standard' },
    instructions: one.instructions,
    output_behavior:
      one.outputBehavior === 'create_new'
        ? { type: 'create_new' }
        : { type: 'update_existing', memory_store_id: one.inputStoreId },
    session_id: one.sessionId,
    created_at: one.createdAt,
    ended_at: one.endedAt,
    archived_at: one.archivedAt,
    error: one.error,
    usage: noTokens,
  }
}

/** The builtin engine asks no model. */
const noTokens = {
  input_tokens: 0,
  output_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
}
