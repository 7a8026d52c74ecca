import type { Quote } from '../core/evidence.ts'
import type { EventId, SessionId } from '../core/ids.ts'
import type { Citation } from '../core/mining/finding.ts'
import type { EventBody } from '../core/session.ts'
import { quoteCited } from '../core/transcript/quote.ts'
import { type FirstPartyTools, nameToolOf, originOf } from '../core/trust/origin.ts'
import type { Reader } from '../storage/database.ts'
import type { TranscriptRef } from '../storage/digests.ts'
import { findEvent, listEventsAt } from '../storage/session-events.ts'

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

interface Vouching {
  readonly transcripts: ReadonlyMap<SessionId, TranscriptRef>
  readonly firstParty: FirstPartyTools
}

/** Which of the cited results came from tools that the administrator vouches for; found by the call they answer. */
export async function findVouched(
  reader: Reader,
  citations: readonly Citation[],
  { transcripts, firstParty }: Vouching,
): Promise<ReadonlySet<string>> {
  const vouched = new Set<string>()
  const results = firstParty.size === 0 ? [] : citations.filter(({ of }) => isResult(of))
  for (const [sessionId, cited] of Map.groupBy(results, (one) => one.sessionId)) {
    const ref = transcripts.get(sessionId)
    const seqs = [...new Set(cited.map(({ at }) => at))]
    const events = ref ? await listEventsAt(reader, { ...ref, seqs }) : []
    for (const { seq, body } of events) {
      const eventId = useOf(body)
      const call = eventId === null ? null : await findEvent(reader, { ...ref, sessionId, eventId })
      const tool = call === null ? null : nameToolOf(call.body)
      if (originOf(body, { tool, firstParty }) !== 'first_party_tool') continue
      for (const one of cited) if (one.at === seq) vouched.add(keyOf(one))
    }
  }
  return vouched
}

const isResult = (of: Citation['of']) => of === 'error' || of === 'result'

/** The call that an event is the result of. */
function useOf(body: EventBody): EventId | null {
  if (body.type === 'user.custom_tool_result') return body.custom_tool_use_id
  if (body.type === 'agent.mcp_tool_result') return body.mcp_tool_use_id
  return body.type === 'agent.tool_result' ? body.tool_use_id : null
}

export const keyOf = ({ sessionId, of, at }: Citation) => `${sessionId} ${of} ${at}`
