import { DomainError } from '../core/errors.ts'
import { type EventId, type Hash, makeId, type SessionId } from '../core/ids.ts'
import type { EventBody, JsonObject, SessionEvent } from '../core/session.ts'
import { anyOf, inBatches, rowsPerInsert } from './batches.ts'
import type { Writer } from './database.ts'
import { toEvent } from './session-events.ts'
import { getSession, type StoredSession, toStored } from './sessions.ts'
import { tallyEvents } from './tally.ts'

/** Any type of the wire, also those that no importer makes. */
export type LiveEventBody = EventBody | (JsonObject & { readonly type: string })

export interface NewSessionEvent {
  readonly body: LiveEventBody
  /** When it took effect; left out: now. Null: it waits to be processed. */
  readonly processedAt?: string | null
  /** The caller's own name for it: a second event of the session with the same key is not stored. */
  readonly key?: string
}

/** Appends events that took effect now. */
export function appendSessionEvents(
  writer: Writer,
  sessionId: SessionId,
  bodies: readonly LiveEventBody[],
): Promise<SessionEvent[]> {
  return appendEventBatch(
    writer,
    sessionId,
    bodies.map((body) => ({ body })),
  )
}

/**
 * Appends to the current transcript of a live session, and moves the session's status and usage by what the
 * events say. Answers one event for each given, in order; for a key that was there already, the event stored
 * then. Writes one audit record if anything was appended. A fixed number of statements whatever the count.
 */
export async function appendEventBatch(
  writer: Writer,
  sessionId: SessionId,
  given: readonly NewSessionEvent[],
): Promise<SessionEvent[]> {
  const stored = await lockLive(writer, sessionId)
  const known = await findKeyed(writer, stored, given)
  const answer: SessionEvent[] = []
  const added: AddedEvent[] = []
  for (const one of given) {
    const id = one.key === undefined ? null : nameKeyed(writer.hash, sessionId, one.key)
    const same = id === null ? undefined : known.get(id)
    if (same) {
      answer.push(same)
      continue
    }
    const event = makeEvent(writer, stored, { given: one, id, place: added.length })
    if (id !== null) known.set(id, event.event)
    added.push(event)
    answer.push(event.event)
  }
  if (added.length > 0) await store(writer, stored, added)
  return answer
}

/** The row is changed first, so that a second append waits for this one to end. */
async function lockLive(writer: Writer, id: SessionId): Promise<StoredSession> {
  const row = await writer.write
    .updateTable('sessions')
    .set({ updated_at: writer.at })
    .where('id', '=', id)
    .where('live', '=', 1)
    .where('archived_at', 'is', null)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (row) return toStored(row)
  const { isLive } = await getSession(writer, id)
  throw new DomainError(
    'invalid_argument',
    isLive
      ? `Session ${id} is archived; events cannot be appended to it any more.`
      : `Session ${id} was imported and is as it was; events cannot be appended to it.`,
  )
}

interface AddedEvent {
  readonly event: SessionEvent
  readonly text: string
}

function makeEvent(
  writer: Writer,
  stored: StoredSession,
  { given, id, place }: { given: NewSessionEvent; id: EventId | null; place: number },
): AddedEvent {
  const seq = stored.eventCount + place
  const event: SessionEvent = {
    id: id ?? makeId('sevt', writer.hash, [stored.session.id, 'seq', String(seq)]),
    seq,
    processedAt: given.processedAt === undefined ? writer.at : given.processedAt,
    branch: 'live',
    record: seq,
    body: given.body as EventBody,
  }
  return { event, text: JSON.stringify(given.body) }
}

/** The id of an event follows from its key, so that an event may refer to one of the same batch. */
export const nameKeyed = (hash: Hash, sessionId: SessionId, key: string): EventId =>
  makeId('sevt', hash, [sessionId, 'key', key])

async function findKeyed(
  writer: Writer,
  { session, transcriptId }: StoredSession,
  given: readonly NewSessionEvent[],
): Promise<Map<EventId, SessionEvent>> {
  const ids = given.flatMap(({ key }) =>
    key === undefined ? [] : [nameKeyed(writer.hash, session.id, key)],
  )
  if (ids.length === 0) return new Map()
  const rows = await writer.read
    .selectFrom('session_events')
    .selectAll()
    .where('transcript_id', '=', transcriptId)
    .where('id', 'in', anyOf(ids))
    .execute()
  return new Map(rows.map((row) => [row.id, toEvent(row)]))
}

async function store(writer: Writer, stored: StoredSession, added: readonly AddedEvent[]) {
  const { session, transcriptId, transcriptHash, eventCount } = stored
  for (const batch of inBatches(added, rowsPerInsert)) {
    const rows = batch.map(({ event, text }) => ({
      transcript_id: transcriptId,
      seq: event.seq,
      id: event.id,
      type: event.body.type,
      processed_at: event.processedAt,
      branch: event.branch,
      record: event.record,
      body: text,
    }))
    await writer.write.insertInto('session_events').values(rows).execute()
  }
  const afterHash = writer.hash(`${transcriptHash}\n${added.map(transcriptLine).join('')}`)
  const position = { event_count: eventCount + added.length }
  await writer.write
    .updateTable('transcripts')
    .set({ hash: afterHash, ...position })
    .where('id', '=', transcriptId)
    .execute()
  const { tally, status } = tallyEvents(
    { tally: stored.tally, status: session.status },
    added.map(({ event }) => ({
      body: event.body as JsonObject & { type: string },
      at: event.processedAt ?? writer.at,
    })),
  )
  await writer.write
    .updateTable('sessions')
    .set({
      transcript_hash: afterHash,
      ...position,
      tally: JSON.stringify(tally),
      status,
      ...(status === 'terminated' && session.endedAt === null ? { ended_at: writer.at } : {}),
    })
    .where('id', '=', session.id)
    .execute()
  await writer.audit({
    action: 'session.events_appended',
    objectType: 'session',
    objectId: session.id,
    beforeHash: transcriptHash,
    afterHash,
  })
}

/** The same line that the hash of an imported transcript is made of; the body's text is spliced in. */
const transcriptLine = ({ event: { id, processedAt, branch }, text }: AddedEvent) =>
  `${JSON.stringify([id, processedAt, branch]).slice(0, -1)},${text}]\n`
