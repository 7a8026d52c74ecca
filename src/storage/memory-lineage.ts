import type { DreamId, MemoryStoreId } from '../core/ids.ts'
import type { TaintedText } from '../core/trust/line-taints.ts'
import type { ChangeTrust } from '../core/trust/quarantine.ts'
import type { Reader } from './database.ts'
import type { MemoryVersion } from './memory-versions.ts'

type Written = Pick<MemoryVersion, 'path' | 'content' | 'actor' | 'dreamId' | 'sessionId'>

/** Texts of at most this many versions are in memory at a time. */
const page = 200

/** Every version of every memory of a store in the order in which they were written. */
export async function* listWrittenVersions(
  reader: Reader,
  storeId: MemoryStoreId,
): AsyncGenerator<Written> {
  const keys = await reader.read
    .selectFrom('memory_versions')
    .select(['id', 'created_at', 'memory_id', 'ordinal'])
    .where('store_id', '=', storeId)
    .orderBy('created_at')
    .orderBy('memory_id')
    .orderBy('ordinal')
    .execute()
  for (let from = 0; from < keys.length; from += page) {
    const ids = keys.slice(from, from + page).map(({ id }) => id)
    const rows = await reader.read
      .selectFrom('memory_versions')
      .select(['id', 'path', 'content', 'actor_type', 'actor_id', 'dream_id', 'session_id'])
      .where('id', 'in', ids)
      .execute()
    const byId = new Map(rows.map((row) => [row.id, row]))
    for (const id of ids) {
      const row = byId.get(id)
      if (!row) continue
      yield {
        path: row.path,
        content: row.content,
        actor: { type: row.actor_type, id: row.actor_id },
        dreamId: row.dream_id,
        sessionId: row.session_id,
      }
    }
  }
}

/** Whether anybody but people and keys ever wrote into the store. */
export async function hasForeignWriters(reader: Reader, storeId: MemoryStoreId): Promise<boolean> {
  const row = await reader.read
    .selectFrom('memory_versions')
    .select('id')
    .where('store_id', '=', storeId)
    .where((where) =>
      where.or([
        where('dream_id', 'is not', null),
        where('session_id', 'is not', null),
        where('actor_type', 'in', ['session', 'dream', 'importer']),
      ]),
    )
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** The store that a dream worked from. */
export async function findInputStore(
  reader: Reader,
  dreamId: DreamId,
): Promise<MemoryStoreId | null> {
  const row = await reader.read
    .selectFrom('dreams')
    .select('input_store_id')
    .where('id', '=', dreamId)
    .executeTakeFirst()
  return row?.input_store_id ?? null
}

/** What a dream's changes write into the memory at a path, with how far it may be trusted. */
export async function listTextsOfDream(
  reader: Reader,
  dreamId: DreamId,
  path: string,
): Promise<TaintedText[]> {
  const rows = await reader.read
    .selectFrom('changes')
    .select('payload')
    .where('dream_id', '=', dreamId)
    .where('path', '=', path)
    .execute()
  return rows.flatMap(({ payload }) => {
    const { edits, after, trust }: Stored = JSON.parse(payload)
    const taint = trust?.taint ?? 'untrusted'
    const texts = edits.map((edit) => edit.after).filter((text) => text !== '')
    return [...texts, ...(after === null || texts.length === 0 ? [] : [after])].map((text) => ({
      text,
      taint,
    }))
  })
}

interface Stored {
  readonly edits: readonly { readonly after: string }[]
  readonly after: string | null
  /** Changes from before taints were kept have none. */
  readonly trust?: ChangeTrust
}
