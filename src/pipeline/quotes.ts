import type { Evidence } from '../core/evidence.ts'
import type { EventId, SessionId } from '../core/ids.ts'
import { type EventBody, eventText } from '../core/session.ts'
import { type FirstPartyTools, nameToolOf, originOf } from '../core/trust/origin.ts'
import type { Reader } from '../storage/database.ts'
import type { TranscriptRef } from '../storage/digests.ts'
import { findEvent } from '../storage/session-events.ts'

/**
 * Splits evidence into what resolves byte for byte in the transcript that was dreamt over and what does not.
 * What resolves gets the taint of the event that it stands in.
 */
export async function checkQuotes(
  reader: Reader,
  evidence: readonly Evidence[],
  {
    transcripts,
    firstParty,
  }: {
    readonly transcripts: ReadonlyMap<SessionId, TranscriptRef>
    readonly firstParty: FirstPartyTools
  },
): Promise<{ readonly resolved: Evidence[]; readonly unresolved: Evidence[] }> {
  const resolved: Evidence[] = []
  const unresolved: Evidence[] = []
  for (const piece of evidence) {
    const event = await findEvent(reader, { ...transcripts.get(piece.sessionId), ...piece })
    const stands =
      event !== null && eventText(event.body).slice(piece.start, piece.end) === piece.text
    if (!stands) {
      unresolved.push(piece)
      continue
    }
    const use = firstParty.size === 0 ? null : useOf(event.body)
    const call =
      use &&
      (await findEvent(reader, { ...transcripts.get(piece.sessionId), ...piece, eventId: use }))
    const tool = call ? nameToolOf(call.body) : null
    resolved.push({ ...piece, taint: originOf(event.body, { tool, firstParty }) })
  }
  return { resolved, unresolved }
}

/** The call that an event is the result of. */
function useOf(body: EventBody): EventId | null {
  if (body.type === 'user.custom_tool_result') return body.custom_tool_use_id
  if (body.type === 'agent.mcp_tool_result') return body.mcp_tool_use_id
  return body.type === 'agent.tool_result' ? body.tool_use_id : null
}
