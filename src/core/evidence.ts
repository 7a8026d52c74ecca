import type { EventId, SessionId } from './ids.ts'
import type { Taint } from './trust/taint.ts'

/** A piece of one event's text, addressed so that it can be checked byte for byte (see `eventText`). */
export interface Quote {
  readonly sessionId: SessionId
  readonly eventId: EventId
  /** UTF-16 offsets into `eventText` of the event; `text` is exactly that slice. */
  readonly start: number
  readonly end: number
  readonly text: string
}

export interface Evidence extends Quote {
  readonly polarity: 'supports' | 'contradicts'
  /** How far the quoted words may be trusted, by the event they stand in. */
  readonly taint: Taint
}

/** A randomised · B same task · C stratified and replicated · D seen together, cause unknown. */
export type Grade = 'A' | 'B' | 'C' | 'D'
