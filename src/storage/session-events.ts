import { sql } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { EventId, SessionId } from '../core/ids.ts'
import type { SessionEvent } from '../core/session.ts'
import type { Reader } from './database.ts'
import { unpackChunk } from './raw-chunk.ts'
import type { SessionEventsTable } from './tables/sessions.ts'

export interface EventPage {
  readonly events: readonly SessionEvent[]
  /** The `afterSeq` of the next page; null after the last event. */
  readonly next: number | null
}

/**
 * Which transcript: the one with the hash, superseded or not, as a dream pinned it; else the current one. A
 * live one has moved on from the hash it was pinned by: of that, the first `eventCount` events.
 */
interface Of {
  readonly sessionId: SessionId
  readonly transcriptHash?: string
  readonly eventCount?: number
}

/** A page is cut here even below its limit: events may be megabytes each. A larger event stands alone. */
export const pageBytes = 8 * 1024 * 1024

const noTranscript = -1

/** Events of one transcript in `seq` order. Follow `next`: a page may be short. */
export async function listEvents(
  reader: Reader,
  page: Of & { readonly afterSeq?: number; readonly limit: number },
): Promise<EventPage> {
  const { id: transcriptId, end } = await findTranscript(reader, page)
  const after = page.afterSeq ?? -1
  const sizes = await reader.read
    .selectFrom('session_events')
    .select(['seq', sql<number>`octet_length(body)`.as('bytes')])
    .where('transcript_id', '=', transcriptId)
    .where('seq', '>', after)
    .where('seq', '<', end)
    .orderBy('seq')
    .limit(page.limit + 1)
    .execute()
  const fitting = countFitting(sizes.slice(0, page.limit))
  const last = sizes[fitting - 1]?.seq
  if (last === undefined) return { events: [], next: null }
  const rows = await reader.read
    .selectFrom('session_events')
    .selectAll()
    .where('transcript_id', '=', transcriptId)
    .where('seq', '>', after)
    .where('seq', '<=', last)
    .orderBy('seq')
    .execute()
  return { events: rows.map(toEvent), next: fitting < sizes.length ? last : null }
}

/** All events of one transcript, a page at a time. */
export async function* streamEvents(
  reader: Reader,
  of: Of | SessionId,
): AsyncGenerator<readonly SessionEvent[]> {
  const transcript = typeof of === 'string' ? { sessionId: of } : of
  let afterSeq: number | null = -1
  while (afterSeq !== null) {
    const page: EventPage = await listEvents(reader, {
      ...transcript,
      afterSeq,
      limit: 1_000,
    })
    if (page.events.length > 0) yield page.events
    afterSeq = page.next
  }
}

export async function findEvent(
  reader: Reader,
  wanted: Of & { readonly eventId: EventId },
): Promise<SessionEvent | null> {
  const { id, end } = await findTranscript(reader, wanted)
  const row = await reader.read
    .selectFrom('session_events')
    .selectAll()
    .where('transcript_id', '=', id)
    .where('id', '=', wanted.eventId)
    .where('seq', '<', end)
    .executeTakeFirst()
  return row ? toEvent(row) : null
}

export async function getEvent(
  reader: Reader,
  wanted: Of & { readonly eventId: EventId },
): Promise<SessionEvent> {
  const event = await findEvent(reader, wanted)
  if (event) return event
  throw new DomainError(
    'not_found',
    `Session ${wanted.sessionId} has no event ${wanted.eventId} in its ${wanted.transcriptHash ?? 'current'} transcript.`,
  )
}

/** The raw record (masked JSON text) that events with this `record` came from. */
export async function getRawRecord(
  reader: Reader,
  wanted: Of & { readonly ordinal: number },
): Promise<string> {
  const { sessionId, ordinal } = wanted
  const chunk = await reader.read
    .selectFrom('raw_chunks')
    .select(['first_ordinal', 'data'])
    .where('transcript_id', '=', (await findTranscript(reader, wanted)).id)
    .where('first_ordinal', '<=', ordinal)
    .orderBy('first_ordinal', 'desc')
    .limit(1)
    .executeTakeFirst()
  const texts = chunk ? await unpackChunk(chunk.data) : []
  const text = chunk && texts[ordinal - chunk.first_ordinal]
  if (text !== undefined) return text
  throw new DomainError('not_found', `Session ${sessionId} has no raw record ${ordinal}.`)
}

interface Found {
  readonly id: number
  /** Events with a lower seq belong to it. */
  readonly end: number
}

async function findTranscript(reader: Reader, of: Of): Promise<Found> {
  const { sessionId, transcriptHash, eventCount } = of
  const end = eventCount ?? Number.MAX_SAFE_INTEGER
  if (transcriptHash !== undefined) {
    const pinned = await reader.read
      .selectFrom('transcripts')
      .select((select) => select.fn.max<number | null>('id').as('id'))
      .where('session_id', '=', sessionId)
      .where('hash', '=', transcriptHash)
      .executeTakeFirst()
    if (typeof pinned?.id === 'number') return { id: pinned.id, end }
  }
  const session = await reader.read
    .selectFrom('sessions')
    .select(['transcript_id', 'live'])
    .where('id', '=', sessionId)
    .executeTakeFirst()
  const moved = transcriptHash === undefined || session?.live === 1
  return { id: (moved ? session?.transcript_id : undefined) ?? noTranscript, end }
}

/** At least one, however large it is. */
export function countFitting(sizes: readonly { readonly bytes: number }[]): number {
  let total = 0
  const over = sizes.findIndex(({ bytes }, index) => {
    total += bytes
    return total > pageBytes && index > 0
  })
  return over === -1 ? sizes.length : over
}

/** Those events of one transcript that have these `seq`, in any order. */
export async function listEventsAt(
  reader: Reader,
  wanted: Of & { readonly seqs: readonly number[] },
): Promise<SessionEvent[]> {
  const { id, end } = await findTranscript(reader, wanted)
  const rows = await reader.read
    .selectFrom('session_events')
    .selectAll()
    .where('transcript_id', '=', id)
    .where('seq', 'in', wanted.seqs)
    .where('seq', '<', end)
    .execute()
  return rows.map(toEvent)
}

export type EventRow = Pick<
  SessionEventsTable,
  'id' | 'seq' | 'processed_at' | 'branch' | 'record' | 'body'
>

export const toEvent = (row: EventRow): SessionEvent => ({
  id: row.id,
  seq: row.seq,
  processedAt: row.processed_at,
  branch: row.branch,
  record: row.record,
  body: JSON.parse(row.body),
})
