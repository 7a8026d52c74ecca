import type { Quote } from '../evidence.ts'
import type { SessionId } from '../ids.ts'
import { eventText, type SessionEvent } from '../session.ts'

/** A quote of `[start, end)` of the event's text, cut to `max` and never inside a surrogate pair. */
export function quoteEvent(
  sessionId: SessionId,
  event: SessionEvent,
  range: { readonly start: number; readonly end: number; readonly max: number },
): Quote {
  const text = eventText(event.body)
  let end = Math.min(range.end, range.start + range.max, text.length)
  if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1
  const start = Math.min(range.start, end)
  return { sessionId, eventId: event.id, start, end, text: text.slice(start, end) }
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff
