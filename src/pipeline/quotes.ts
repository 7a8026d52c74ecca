import type { Quote } from '../core/evidence.ts'
import type { SessionId } from '../core/ids.ts'
import type { Citation } from '../core/mining/finding.ts'
import { quoteCited } from '../core/transcript/quote.ts'
import type { Reader } from '../storage/database.ts'
import type { TranscriptRef } from '../storage/digests.ts'
import { listEventsAt } from '../storage/session-events.ts'

/**
 * The words of what is cited, cut out of the events of the transcripts that were dreamt over, so that each
 * stands there byte for byte. What is cited and not found answers null.
 */
export async function readQuotes(
  reader: Reader,
  citations: readonly Citation[],
  transcripts: ReadonlyMap<SessionId, TranscriptRef>,
): Promise<(citation: Citation) => Quote | null> {
  const quotes = new Map<string, Quote>()
  for (const [sessionId, cited] of Map.groupBy(citations, (one) => one.sessionId)) {
    const ref = transcripts.get(sessionId)
    const seqs = [...new Set(cited.map(({ at }) => at))]
    const events = ref ? await listEventsAt(reader, { ...ref, seqs }) : []
    const byTheirSeq = new Map(events.map((event) => [event.seq, event]))
    for (const citation of cited) {
      const event = byTheirSeq.get(citation.at)
      if (event) quotes.set(keyOf(citation), quoteCited(sessionId, event, citation.of))
    }
  }
  return (citation) => quotes.get(keyOf(citation)) ?? null
}

const keyOf = ({ sessionId, of, at }: Citation) => `${sessionId} ${of} ${at}`
