import type { Evidence } from '../evidence.ts'
import { eventText, type SessionEvent } from '../session.ts'
import { utf8Length } from '../utf8-length.ts'
import { presentEvidence } from './evidence.ts'

/** A quote with the event it is of, as it is stored now. */
export interface QuoteInContext {
  readonly quote: Evidence
  readonly sessionTitle: string | null
  /** Null when it is gone. */
  readonly event: SessionEvent | null
  readonly before: readonly SessionEvent[]
  readonly after: readonly SessionEvent[]
}

/** Characters of the quoted event on either side of the quote, and of each neighbour. */
const around = 2_000
const neighbourLength = 1_000

/** In the shape of the contract; long events are cut around the quote. */
export function presentQuoteInContext(given: QuoteInContext) {
  const { quote, event } = given
  const text = event ? eventText(event.body) : ''
  const resolves = event !== null && text.slice(quote.start, quote.end) === quote.text
  const byteStart = resolves ? utf8Length(text.slice(0, quote.start)) : null
  return {
    ...presentEvidence(quote),
    byte_start: byteStart,
    byte_end: byteStart === null ? null : byteStart + utf8Length(quote.text),
    resolves,
    session_title: given.sessionTitle,
    event: event && view(event, Math.max(0, quote.start - around), quote.end + around),
    before: given.before.map((one) => view(one, 0, neighbourLength)),
    after: given.after.map((one) => view(one, 0, neighbourLength)),
  }
}

function view(event: SessionEvent, from: number, to: number) {
  const text = eventText(event.body)
  const start = Math.min(from, text.length)
  return {
    id: event.id,
    type: event.body.type,
    seq: event.seq,
    processed_at: event.processedAt,
    text: text.slice(start, to),
    text_start: start,
    text_length: text.length,
  }
}
