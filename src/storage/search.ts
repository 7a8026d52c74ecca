import type { EventId, MemoryId, SessionId } from '../core/ids.ts'
import { type Match, matchText } from '../core/search/matches.ts'
import { eventText, type SessionEvent } from '../core/session.ts'
import { anyOf } from './batches.ts'
import type { Reader } from './database.ts'
import { indexedCharacters } from './search-events.ts'
import { type Candidate, type Candidates, listCandidates, textOfMemory } from './search-index.ts'
import { type EventRow, toEvent } from './session-events.ts'
import type { StoredMemory } from './stored-memory.ts'

type FoundMemory = Omit<StoredMemory, 'versionOrdinal'>

interface FoundEvent {
  readonly sessionId: SessionId
  readonly sessionTitle: string | null
  readonly agentName: string
  readonly event: SessionEvent
}

/** Something found, where in its text, and how well. */
export type Found = { readonly document: number; readonly text: string; readonly match: Match } & (
  | { readonly kind: 'memory'; readonly memory: FoundMemory }
  | { readonly kind: 'event'; readonly event: FoundEvent }
)

export interface FoundBlock {
  /** Best first. */
  readonly found: readonly Found[]
  /** `before` of the next block; null when this one is the last. */
  readonly next: number | null
}

/** As many of the newest candidates are read and ranked at a time. */
const blockSize = 100

/**
 * The newest candidates, looked at themselves: what was redacted, deleted or changed since it was indexed is not
 * found, whatever the index says.
 */
export async function searchBlock(
  reader: Reader,
  given: Omit<Candidates, 'limit'>,
): Promise<FoundBlock> {
  const candidates = await listCandidates(reader, { ...given, limit: blockSize })
  const last = candidates.length === blockSize ? (candidates.at(-1)?.id ?? null) : null
  const read = [
    ...(await readMemories(reader, candidates)),
    ...(await readEvents(reader, candidates)),
  ]
  const found = read.flatMap((one): Found[] => {
    const match = matchText(given.terms, one.text)
    return match ? [{ ...one, match }] : []
  })
  return {
    found: found.toSorted((a, b) => b.match.score - a.match.score || b.document - a.document),
    next: last,
  }
}

async function readMemories(reader: Reader, candidates: readonly Candidate[]) {
  const ids = new Map(
    candidates.flatMap(({ kind, objectId, id }) =>
      kind === 'memory' ? [[objectId as MemoryId, id] as const] : [],
    ),
  )
  if (ids.size === 0) return []
  const rows = await reader.read
    .selectFrom('memories')
    .innerJoin('memory_versions', 'memory_versions.id', 'memories.version_id')
    .innerJoin('memory_stores', 'memory_stores.id', 'memories.store_id')
    .select([
      'memories.id',
      'memories.store_id as storeId',
      'memories.version_id as versionId',
      'memories.path',
      'memories.content_sha256 as contentSha256',
      'memories.content_size_bytes as contentSizeBytes',
      'memories.created_at as createdAt',
      'memories.updated_at as updatedAt',
    ])
    .select((select) => select.ref('memory_versions.content').$notNull().as('content'))
    .where('memories.id', 'in', anyOf([...ids.keys()]))
    .where('memories.deleted_at', 'is', null)
    .where('memory_stores.deleted_at', 'is', null)
    .execute()
  return rows.map((memory) => ({
    kind: 'memory' as const,
    document: ids.get(memory.id) ?? 0,
    text: textOfMemory(memory),
    memory,
  }))
}

async function readEvents(reader: Reader, candidates: readonly Candidate[]) {
  const ids = new Map(
    candidates.flatMap(({ kind, ownerId, objectId, id }) =>
      kind === 'event' ? [[`${ownerId} ${objectId}`, id] as const] : [],
    ),
  )
  if (ids.size === 0) return []
  const events = candidates.filter(({ kind }) => kind === 'event')
  const rows = await reader.read
    .selectFrom('sessions')
    .innerJoin('session_events', 'session_events.transcript_id', 'sessions.transcript_id')
    .select([
      'sessions.id as sessionId',
      'sessions.title as sessionTitle',
      'sessions.agent_name as agentName',
      'session_events.id',
      'session_events.seq',
      'session_events.processed_at',
      'session_events.branch',
      'session_events.record',
      'session_events.body',
    ])
    .where('sessions.id', 'in', anyOf([...new Set(events.map((one) => one.ownerId as SessionId))]))
    .where('sessions.deleted_at', 'is', null)
    .where('session_events.id', 'in', anyOf(events.map((one) => one.objectId as EventId)))
    .execute()
  return rows.flatMap((row) => {
    const document = ids.get(`${row.sessionId} ${row.id}`)
    return document === undefined ? [] : [toFoundEvent(row, document)]
  })
}

type FoundRow = EventRow & Omit<FoundEvent, 'event'>

function toFoundEvent({ sessionId, sessionTitle, agentName, ...row }: FoundRow, document: number) {
  const event = toEvent(row)
  return {
    kind: 'event' as const,
    document,
    text: eventText(event.body).slice(0, indexedCharacters),
    event: { sessionId, sessionTitle, agentName, event },
  }
}
