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

/** Of each owner: how many quotes stand byte for byte where they say, in the transcripts the dream read. */
export async function countQuotes(
  reader: Reader,
  dreamId: DreamId,
  owners: readonly { readonly evidence: readonly Evidence[] }[],
): Promise<{ readonly resolved: number; readonly unresolved: number }[]> {
  const known = new Map<string, boolean>()
  const counts: { resolved: number; unresolved: number }[] = []
  for (const { evidence } of owners) {
    const count = { resolved: 0, unresolved: 0 }
    for (const quote of evidence) {
      const name = JSON.stringify(quote)
      const stands = known.get(name) ?? (await quoteStands(reader, dreamId, quote))
      known.set(name, stands)
      count[stands ? 'resolved' : 'unresolved'] += 1
    }
    counts.push(count)
  }
  return counts
}

async function quoteStands(reader: Reader, dreamId: DreamId, quote: Evidence): Promise<boolean> {
  const { sessionId, eventId } = quote
  const pinned = await findPinned(reader, dreamId, sessionId)
  const event = await findEvent(reader, { ...pinned, sessionId, eventId })
  return event !== null && eventText(event.body).slice(quote.start, quote.end) === quote.text
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
