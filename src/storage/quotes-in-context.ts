import type { Evidence } from '../core/evidence.ts'
import type { DreamId, SessionId } from '../core/ids.ts'
import type { QuoteInContext } from '../core/present/quote-in-context.ts'
import { eventText } from '../core/session.ts'
import type { Reader } from './database.ts'
import { findEvent, listEvents } from './session-events.ts'

/** Events shown before and after the one that is quoted. */
const neighbours = 2

/** Each quote with the events around it, in the transcript that the dream read. */
export async function readQuotesInContext(
  reader: Reader,
  dreamId: DreamId,
  quotes: readonly Evidence[],
): Promise<QuoteInContext[]> {
  const found: QuoteInContext[] = []
  for (const quote of quotes) found.push(await readQuote(reader, dreamId, quote))
  return found
}

/** `stands`: byte for byte where it says. `altered`: other words stand there. `missing`: the event does not. */
export type QuoteState = 'stands' | 'altered' | 'missing'

/** Whether each quote stands where it says, in the transcripts the dream read. */
export async function checkQuotes(
  reader: Reader,
  dreamId: DreamId,
  quotes: readonly Evidence[],
): Promise<ReadonlyMap<Evidence, QuoteState>> {
  const known = new Map<string, QuoteState>()
  const states = new Map<Evidence, QuoteState>()
  for (const quote of quotes) {
    const name = JSON.stringify(quote)
    const state = known.get(name) ?? (await checkQuote(reader, dreamId, quote))
    known.set(name, state)
    states.set(quote, state)
  }
  return states
}

async function checkQuote(
  reader: Reader,
  dreamId: DreamId,
  { sessionId, eventId, start, end, text }: Evidence,
): Promise<QuoteState> {
  const pinned = await findPinned(reader, dreamId, sessionId)
  const event = await findEvent(reader, { ...pinned, sessionId, eventId })
  if (event === null) return 'missing'
  return eventText(event.body).slice(start, end) === text ? 'stands' : 'altered'
}

async function readQuote(
  reader: Reader,
  dreamId: DreamId,
  quote: Evidence,
): Promise<QuoteInContext> {
  const { sessionId } = quote
  const pinned = await findPinned(reader, dreamId, sessionId)
  const event = await findEvent(reader, { ...pinned, sessionId, eventId: quote.eventId })
  const around = event
    ? await listEvents(reader, {
        ...pinned,
        sessionId,
        afterSeq: event.seq - neighbours - 1,
        limit: 2 * neighbours + 1,
      })
    : { events: [] }
  const seq = event?.seq ?? 0
  return {
    quote,
    event,
    sessionTitle: await findTitle(reader, sessionId),
    before: around.events.filter((one) => one.seq < seq),
    after: around.events.filter((one) => one.seq > seq && one.seq <= seq + neighbours),
  }
}

async function findPinned(reader: Reader, dreamId: DreamId, sessionId: SessionId) {
  const row = await reader.read
    .selectFrom('dream_sessions')
    .select(['transcript_hash', 'event_count'])
    .where('dream_id', '=', dreamId)
    .where('session_id', '=', sessionId)
    .executeTakeFirst()
  if (!row) return {}
  const { transcript_hash: transcriptHash, event_count: eventCount } = row
  return { transcriptHash, ...(eventCount === null ? {} : { eventCount }) }
}

async function findTitle(reader: Reader, id: SessionId): Promise<string | null> {
  const row = await reader.read
    .selectFrom('sessions')
    .select('title')
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.title ?? null
}
