import { sql } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { EventId, SessionId } from '../core/ids.ts'
import type { SessionEvent } from '../core/session.ts'
import type { DigestedEvent, DigestedSession } from '../core/transcript/digester.ts'
import { anyOf } from './batches.ts'
import type { Reader } from './database.ts'
import { unpackChunk } from './raw-chunk.ts'
import type { SessionEventsTable } from './tables.ts'

export interface EventPage {
  readonly events: readonly SessionEvent[]
  /** The `afterSeq` of the next page; null after the last event. */
  readonly next: number | null
}

/** Which transcript: the one with the hash, superseded or not, as a dream pinned it; else the current one. */
interface Of {
  readonly sessionId: SessionId
  readonly transcriptHash?: string
}

/** A page is cut here even below its limit: events may be megabytes each. A larger event stands alone. */
export const pageBytes = 8 * 1024 * 1024

const noTranscript = -1

/** Events of one transcript in `seq` order. Follow `next`: a page may be short. */
export async function listEvents(
  reader: Reader,
  page: Of & { readonly afterSeq?: number; readonly limit: number },
): Promise<EventPage> {
  const transcriptId = await findTranscriptId(reader, page)
  const after = page.afterSeq ?? -1
  const sizes = await reader.read
    .selectFrom('session_events')
    .select(['seq', sql<number>`octet_length(body)`.as('bytes')])
    .where('transcript_id', '=', transcriptId)
    .where('seq', '>', after)
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

/** A transcript to be read whole, with what its session is. */
export interface Readable {
  readonly session: DigestedSession
  readonly transcriptHash: string
  readonly transcriptId: number
  readonly events: number
  /** Bytes of the bodies; an estimate from the raw records where those are kept. */
  readonly bytes: number
}

/** In the order of `refs`, which must name stored transcripts. */
export async function listReadable(
  reader: Reader,
  refs: readonly { readonly sessionId: SessionId; readonly transcriptHash: string }[],
): Promise<Readable[]> {
  const rows = await reader.read
    .selectFrom('transcripts')
    .innerJoin('sessions', 'sessions.id', 'transcripts.session_id')
    .select([
      'transcripts.id as transcript',
      'transcripts.hash',
      'transcripts.event_count',
      'transcripts.raw_bytes',
      'sessions.id',
      'agent_name',
      'agent_version',
      'agent_model',
      'task_type',
      'task_id',
      'principal',
      'started_at',
    ])
    .where('transcripts.session_id', 'in', anyOf(refs.map(({ sessionId }) => sessionId)))
    .where('transcripts.hash', 'is not', null)
    .orderBy('transcripts.id')
    .execute()
  const newest = new Map(rows.map((row) => [`${row.id} ${row.hash}`, row]))
  return Promise.all(
    refs.map(async ({ sessionId, transcriptHash }): Promise<Readable> => {
      const row = newest.get(`${sessionId} ${transcriptHash}`)
      if (!row) {
        throw new DomainError(
          'not_found',
          `Session ${sessionId} has no transcript ${transcriptHash}.`,
        )
      }
      return {
        session: {
          id: row.id,
          agent: { name: row.agent_name, version: row.agent_version, model: row.agent_model },
          task: { type: row.task_type, id: row.task_id },
          principal: row.principal,
          startedAt: row.started_at,
        },
        transcriptHash,
        transcriptId: row.transcript,
        events: row.event_count,
        bytes: row.raw_bytes > 0 ? row.raw_bytes : await measureEvents(reader, row.transcript),
      }
    }),
  )
}

async function measureEvents(reader: Reader, transcriptId: number): Promise<number> {
  const row = await reader.read
    .selectFrom('session_events')
    .select(sql<number | null>`sum(octet_length(body))`.as('bytes'))
    .where('transcript_id', '=', transcriptId)
    .executeTakeFirst()
  return Number(row?.bytes ?? 0)
}

/**
 * The live events of one transcript, column by column, each joined by commas: a row an event takes twice the
 * time to read, and a thread gets them as they are. Ids, numbers and times hold no comma; bodies are JSON.
 */
export interface EventTexts {
  readonly ids: string
  readonly seqs: string
  /** Empty where the source has no clock. */
  readonly times: string
  readonly bodies: string
}

/** Of each transcript that has live events, by its id; whoever asks sees to it that they fit the memory. */
export async function readEventTexts(
  reader: Reader,
  transcriptIds: readonly number[],
): Promise<ReadonlyMap<number, EventTexts>> {
  const rows = await reader.read
    .selectFrom('session_events')
    .select([
      'transcript_id',
      sql<string>`string_agg(id, ',')`.as('ids'),
      sql<string>`string_agg(cast(seq as text), ',')`.as('seqs'),
      sql<string>`string_agg(replace(coalesce(processed_at, ''), ',', ''), ',')`.as('times'),
      sql<string>`string_agg(body, ',')`.as('bodies'),
    ])
    .where('transcript_id', 'in', transcriptIds)
    .where('branch', '=', 'live')
    .groupBy('transcript_id')
    .execute()
  return new Map(rows.map(({ transcript_id: id, ...texts }) => [id, texts]))
}

/** In `seq` order: a database may join the rows of a group in any order, though in one for all columns. */
export function parseEventTexts({ ids, seqs, times, bodies }: EventTexts): DigestedEvent[] {
  const parsed = JSON.parse(`[${bodies}]`) as SessionEvent['body'][]
  const [idList, seqList, timeList] = [ids.split(','), seqs.split(','), times.split(',')]
  const events = parsed.map(
    (body, index): DigestedEvent => ({
      id: idList[index] as EventId,
      seq: Number(seqList[index]),
      processedAt: timeList[index] || null,
      branch: 'live',
      body,
    }),
  )
  const isOrdered = events.every((event, at) => at === 0 || (events[at - 1]?.seq ?? 0) < event.seq)
  return isOrdered ? events : events.toSorted((a, b) => a.seq - b.seq)
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
  const row = await reader.read
    .selectFrom('session_events')
    .selectAll()
    .where('transcript_id', '=', await findTranscriptId(reader, wanted))
    .where('id', '=', wanted.eventId)
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
    .where('transcript_id', '=', await findTranscriptId(reader, wanted))
    .where('first_ordinal', '<=', ordinal)
    .orderBy('first_ordinal', 'desc')
    .limit(1)
    .executeTakeFirst()
  const texts = chunk ? await unpackChunk(chunk.data) : []
  const text = chunk && texts[ordinal - chunk.first_ordinal]
  if (text !== undefined) return text
  throw new DomainError('not_found', `Session ${sessionId} has no raw record ${ordinal}.`)
}

async function findTranscriptId(
  reader: Reader,
  { sessionId, transcriptHash }: Of,
): Promise<number> {
  if (transcriptHash !== undefined) {
    const pinned = await reader.read
      .selectFrom('transcripts')
      .select((select) => select.fn.max<number | null>('id').as('id'))
      .where('session_id', '=', sessionId)
      .where('hash', '=', transcriptHash)
      .executeTakeFirst()
    return pinned?.id ?? noTranscript
  }
  const session = await reader.read
    .selectFrom('sessions')
    .select('transcript_id')
    .where('id', '=', sessionId)
    .executeTakeFirst()
  return session?.transcript_id ?? noTranscript
}

/** At least one, however large it is. */
function countFitting(sizes: readonly { readonly bytes: number }[]): number {
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
  const rows = await reader.read
    .selectFrom('session_events')
    .selectAll()
    .where('transcript_id', '=', await findTranscriptId(reader, wanted))
    .where('seq', 'in', wanted.seqs)
    .execute()
  return rows.map(toEvent)
}

type EventRow = Pick<
  SessionEventsTable,
  'id' | 'seq' | 'processed_at' | 'branch' | 'record' | 'body'
>

const toEvent = (row: EventRow): SessionEvent => ({
  id: row.id,
  seq: row.seq,
  processedAt: row.processed_at,
  branch: row.branch,
  record: row.record,
  body: JSON.parse(row.body),
})
