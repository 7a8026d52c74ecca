import type { Evidence } from '../core/evidence.ts'
import type { SessionId } from '../core/ids.ts'
import { listNeedles } from '../core/propose/overlays.ts'
import { eventText, type SessionEvent } from '../core/session.ts'
import type { Reader } from './database.ts'
import type { DreamSession } from './dream-sessions.ts'
import { streamEvents } from './session-events.ts'
import { findSession } from './sessions.ts'

/** Of the sessions of an arm, the newest so many, and of all of them so many events. */
const mostSessions = 200
const mostEvents = 20_000
/** Sessions that are quoted for one file. */
const mostQuoted = 4

interface Looked {
  readonly path: string
  readonly base: string | null
  readonly now: string | null
}

export interface OverlayQuotes {
  /** By path. */
  readonly evidence: ReadonlyMap<string, readonly Evidence[]>
  /** As they were read, to be pinned. */
  readonly sessions: readonly DreamSession[]
}

/**
 * Where agents say in their own words what stands in the files: quotes of sessions that had the store mounted, byte for
 * byte. A file without one was written by somebody of whom the transcripts do not tell.
 */
export async function findOverlayQuotes(
  reader: Reader,
  sessionIds: readonly SessionId[],
  files: readonly Looked[],
): Promise<OverlayQuotes> {
  const open = new Map(files.map((file) => [file.path, listNeedles(file).flatMap(asWritten)]))
  const evidence = new Map<string, Evidence[]>()
  const sessions: DreamSession[] = []
  let left = mostEvents
  for (const sessionId of sessionIds.slice(0, mostSessions)) {
    if (left <= 0 || open.size === 0) break
    const stored = await findSession(reader, sessionId)
    if (!stored) continue
    const { transcriptHash, eventCount } = stored
    const quoted = new Set<string>()
    for await (const events of streamEvents(reader, { sessionId, transcriptHash, eventCount })) {
      left -= events.length
      for (const event of events) {
        for (const [path, needles] of open) {
          const quote = quoted.has(path) ? null : quoteFrom(event, sessionId, needles)
          if (!quote) continue
          quoted.add(path)
          evidence.set(path, [...(evidence.get(path) ?? []), quote])
        }
      }
      if (left <= 0) break
    }
    if (quoted.size > 0) sessions.push({ sessionId, transcriptHash, eventCount })
    for (const [path, found] of evidence) if (found.length >= mostQuoted) open.delete(path)
  }
  return { evidence, sessions }
}

/** A tool's input is quoted as JSON, where some characters are written otherwise. */
function asWritten(needle: string): string[] {
  const inJson = JSON.stringify(needle).slice(1, -1)
  return inJson === needle ? [needle] : [needle, inJson]
}

const ownWords: ReadonlySet<string> = new Set([
  'agent.message',
  'agent.tool_use',
  'agent.custom_tool_use',
  'agent.mcp_tool_use',
])

function quoteFrom(
  { id, body }: SessionEvent,
  sessionId: SessionId,
  needles: readonly string[],
): Evidence | null {
  if (!ownWords.has(body.type)) return null
  const text = eventText(body)
  for (const needle of needles) {
    const start = text.indexOf(needle)
    if (start < 0) continue
    const end = start + needle.length
    const words = { sessionId, eventId: id, start, end, text: needle }
    return { ...words, polarity: 'supports', taint: 'agent' }
  }
  return null
}
