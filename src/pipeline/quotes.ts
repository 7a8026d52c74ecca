import type { Evidence } from '../core/evidence.ts'
import type { SessionId } from '../core/ids.ts'
import { eventText } from '../core/session.ts'
import type { Reader } from '../storage/database.ts'
import type { TranscriptRef } from '../storage/digests.ts'
import { findEvent } from '../storage/session-events.ts'

/** Splits evidence into what resolves byte for byte in the transcript that was dreamt over and what does not. */
export async function checkQuotes(
  reader: Reader,
  evidence: readonly Evidence[],
  transcripts: ReadonlyMap<SessionId, TranscriptRef>,
): Promise<{ readonly resolved: Evidence[]; readonly unresolved: Evidence[] }> {
  const resolved: Evidence[] = []
  const unresolved: Evidence[] = []
  for (const piece of evidence) {
    const event = await findEvent(reader, { ...transcripts.get(piece.sessionId), ...piece })
    const stands =
      event !== null && eventText(event.body).slice(piece.start, piece.end) === piece.text
    ;(stands ? resolved : unresolved).push(piece)
  }
  return { resolved, unresolved }
}
