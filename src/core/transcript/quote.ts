import type { Quote } from '../evidence.ts'
import type { SessionId } from '../ids.ts'
import { eventText, type SessionEvent } from '../session.ts'
import { findErrorLine } from './error-text.ts'

/** What a finding may cite of a session; each is one event of its transcript. */
export type Cited = 'call' | 'error' | 'turn' | 'saying' | 'result'

/** Characters of a quote. */
const longest: Readonly<Record<Cited, number>> = {
  call: 240,
  turn: 240,
  saying: 240,
  error: 300,
  result: 300,
}

/** The beginning of the event's text, of an error the line that names it; never cut inside a surrogate pair. */
export function quoteCited(
  sessionId: SessionId,
  event: Pick<SessionEvent, 'id' | 'body'>,
  cited: Cited,
): Quote {
  const text = eventText(event.body)
  const range = cited === 'error' ? findErrorLine(text) : { start: 0, end: text.length }
  let end = Math.min(range.end, range.start + longest[cited], text.length)
  if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1
  const start = Math.min(range.start, end)
  return { sessionId, eventId: event.id, start, end, text: text.slice(start, end) }
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff
