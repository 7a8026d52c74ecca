import type { SessionId } from '../core/ids.ts'
import { eventText, type SessionEvent } from '../core/session.ts'
import type { Reader, Scratch } from './database.ts'
import { isPostgres } from './dialect.ts'
import { findMemory } from './memories.ts'
import { indexMemory, insertDocuments, type SearchDocument, unindexOwner } from './search-index.ts'
import { listEvents } from './session-events.ts'

/** Of one event; what stands behind is not found. */
export const indexedCharacters = 32_768
/** Events of one transaction, so that no writer waits long for it. */
const eventsAtOnce = 100
const memoriesAtOnce = 50

/** Sessions in which dreams show their own work are not searched. */
const dreamFormat = 'lucidream'

/**
 * Indexes some events of the session that waited longest; how many, or null when none waits. Several processes
 * may index one database: on Postgres, where scratch work runs side by side, the row is held, so that a second
 * one waits here and goes on from what the first has done.
 */
export async function indexNextEvents(scratch: Scratch): Promise<number | null> {
  const queued = await scratch.scratch
    .selectFrom('search_queue')
    .select(['session_id', 'ticket'])
    .orderBy('queued_at')
    .orderBy('session_id')
    .limit(1)
    .$if(isPostgres(scratch), (query) => query.forUpdate())
    .executeTakeFirst()
  if (!queued) return null
  const { session_id: id, ticket } = queued
  const session = await findSearched(scratch, id)
  if (!session) {
    await forgetSession(scratch, id)
    await unqueue(scratch, id, ticket)
    return 0
  }
  const from = await openWatermark(scratch, id, session.transcript_id)
  const page = await listEvents(scratch, {
    sessionId: id,
    afterSeq: from - 1,
    limit: eventsAtOnce,
  })
  const documents = page.events.flatMap((event) => toDocument({ id, ...session }, event))
  await insertDocuments(scratch, documents)
  await scratch.scratch
    .updateTable('search_sessions')
    .set({ indexed_events: from + page.events.length })
    .where('session_id', '=', id)
    .execute()
  if (page.next === null) await unqueue(scratch, id, ticket)
  return page.events.length
}

/** Memories that were stored before there was an index; how many, or null when there is none left. */
export async function indexOldMemories(scratch: Scratch): Promise<number | null> {
  const rows = await scratch.scratch
    .selectFrom('search_old_memories')
    .select('memory_id')
    .orderBy('memory_id')
    .limit(memoriesAtOnce)
    .$if(isPostgres(scratch), (query) => query.forUpdate())
    .execute()
  if (rows.length === 0) return null
  for (const { memory_id: id } of rows) {
    const memory = await findMemory(scratch, id)
    if (memory) await indexMemory(scratch, memory)
    await scratch.scratch.deleteFrom('search_old_memories').where('memory_id', '=', id).execute()
  }
  return rows.length
}

export interface IndexState {
  /** Everything that was stored before is found; null: everything there is. */
  readonly indexedThrough: string | null
  /** Sessions with events that are not found yet, counted up to 10 000. */
  readonly pending: number
}

export async function readIndexState(reader: Reader): Promise<IndexState> {
  const oldest = await reader.read
    .selectFrom('search_queue')
    .select('queued_at')
    .orderBy('queued_at')
    .limit(1)
    .executeTakeFirst()
  if (!oldest) return { indexedThrough: null, pending: 0 }
  const some = reader.read.selectFrom('search_queue').select('session_id').limit(10_000).as('some')
  const { count } = await reader.read
    .selectFrom(some)
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return { indexedThrough: oldest.queued_at, pending: Number(count) }
}

async function findSearched(reader: Reader, id: SessionId) {
  const row = await reader.read
    .selectFrom('sessions')
    .select(['transcript_id', 'agent_name', 'format', 'deleted_at'])
    .where('id', '=', id)
    .executeTakeFirst()
  return row && row.deleted_at === null && row.format !== dreamFormat ? row : null
}

interface Searched {
  readonly id: SessionId
  readonly transcript_id: number
  readonly agent_name: string
}

function toDocument(session: Searched, event: SessionEvent): SearchDocument[] {
  const text = eventText(event.body).slice(0, indexedCharacters)
  if (text === '' || event.branch === 'abandoned') return []
  return [
    {
      kind: 'event',
      ownerId: session.id,
      objectId: event.id,
      transcriptId: session.transcript_id,
      agentName: session.agent_name,
      text,
    },
  ]
}

/** The first event that is not indexed. A transcript that took another's place is begun anew. */
async function openWatermark(
  scratch: Scratch,
  id: SessionId,
  transcriptId: number,
): Promise<number> {
  const known = await scratch.read
    .selectFrom('search_sessions')
    .select(['transcript_id', 'indexed_events'])
    .where('session_id', '=', id)
    .executeTakeFirst()
  if (known?.transcript_id === transcriptId) return known.indexed_events
  if (known) await forgetSession(scratch, id)
  await scratch.scratch
    .insertInto('search_sessions')
    .values({ session_id: id, transcript_id: transcriptId, indexed_events: 0 })
    .execute()
  return 0
}

async function forgetSession(scratch: Scratch, id: SessionId): Promise<void> {
  await unindexOwner(scratch, id)
  await scratch.scratch.deleteFrom('search_sessions').where('session_id', '=', id).execute()
}

/** A change that was made meanwhile raised the ticket: the session then stays queued. */
async function unqueue(scratch: Scratch, id: SessionId, ticket: number): Promise<void> {
  await scratch.scratch
    .deleteFrom('search_queue')
    .where('session_id', '=', id)
    .where('ticket', '=', ticket)
    .execute()
}
