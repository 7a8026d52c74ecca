import { sql } from 'kysely'
import { DomainError } from '../core/errors.ts'
import type { DigestedSession } from '../core/transcript/digester.ts'
import { anyOf } from './batches.ts'
import type { Reader } from './database.ts'
import type { DreamSession } from './dream-sessions.ts'

/** A transcript that is about to be read whole, with what its session is. */
export interface Readable {
  readonly ref: DreamSession
  readonly session: DigestedSession
  readonly transcriptId: number
  /** `seq` of the first event that is not part of it: a live transcript has grown on. */
  readonly end: number
  readonly events: number
  /** Bytes of the bodies; an estimate from the raw records where those are kept. */
  readonly bytes: number
}

/** In the order of `refs`, which must name stored sessions. */
export async function listReadable(
  reader: Reader,
  refs: readonly DreamSession[],
): Promise<Readable[]> {
  const ids = anyOf(refs.map(({ sessionId }) => sessionId))
  const sessions = await reader.read
    .selectFrom('sessions')
    .select(['id', 'agent_name', 'agent_version', 'agent_model', 'task_type', 'task_id'])
    .select(['principal', 'started_at', 'transcript_id', 'live'])
    .where('id', 'in', ids)
    .execute()
  const transcripts = await reader.read
    .selectFrom('transcripts')
    .select(['id', 'session_id', 'hash', 'event_count', 'raw_bytes'])
    .where('session_id', 'in', ids)
    .orderBy('id')
    .execute()
  const bySession = new Map(sessions.map((row) => [row.id, row]))
  const byId = new Map(transcripts.map((row) => [row.id, row]))
  // The newest of equal ones.
  const pinned = new Map(transcripts.map((row) => [`${row.session_id} ${row.hash}`, row]))
  const readable: Readable[] = []
  for (const ref of refs) {
    const row = bySession.get(ref.sessionId)
    if (!row) throw new DomainError('not_found', `There is no session ${ref.sessionId}.`)
    const grown = row.live === 1 ? byId.get(row.transcript_id) : undefined
    const transcript = pinned.get(`${ref.sessionId} ${ref.transcriptHash}`) ?? grown
    const known = transcript?.raw_bytes ?? 0
    readable.push({
      ref,
      session: {
        id: row.id,
        agent: { name: row.agent_name, version: row.agent_version, model: row.agent_model },
        task: { type: row.task_type, id: row.task_id },
        principal: row.principal,
        startedAt: row.started_at,
      },
      transcriptId: transcript?.id ?? noTranscript,
      end: ref.eventCount ?? Number.MAX_SAFE_INTEGER,
      events: transcript?.event_count ?? 0,
      bytes: known > 0 || !transcript ? known : await measureEvents(reader, transcript.id),
    })
  }
  return readable
}

const noTranscript = -1

async function measureEvents(reader: Reader, transcriptId: number): Promise<number> {
  const row = await reader.read
    .selectFrom('session_events')
    .select(sql<number | null>`sum(octet_length(body))`.as('bytes'))
    .where('transcript_id', '=', transcriptId)
    .executeTakeFirst()
  return Number(row?.bytes ?? 0)
}
