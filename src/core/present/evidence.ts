import type { Evidence } from '../evidence.ts'

export function presentEvidence(piece: Evidence) {
  return {
    session_id: piece.sessionId,
    event_id: piece.eventId,
    quote: piece.text,
    start: piece.start,
    end: piece.end,
    polarity: piece.polarity,
    taint: piece.taint,
  }
}
