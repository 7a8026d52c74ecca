import { sql } from 'kysely'
import type { EventId } from '../core/ids.ts'
import type { SessionEvent } from '../core/session.ts'
import type { DigestedEvent } from '../core/transcript/digester.ts'
import type { Reader } from './database.ts'

/**
 * The live events of one transcript, column by column, each joined by commas: a row an event takes twice the
 * time to read, and a thread gets them as they are. Ids, numbers and times hold no comma; bodies are JSON.
 */
export interface EventTexts {
  readonly ids: string
  readonly seqs: string
  /** Empty where the source has no clock. */
  readonly times: string
  readonly bodies: string
}

/** Of each transcript that has live events, by its id; whoever asks sees to it that they fit the memory. */
export async function readEventTexts(
  reader: Reader,
  transcriptIds: readonly number[],
): Promise<ReadonlyMap<number, EventTexts>> {
  const rows = await reader.read
    .selectFrom('session_events')
    .select([
      'transcript_id',
      sql<string>`string_agg(id, ',')`.as('ids'),
      sql<string>`string_agg(cast(seq as text), ',')`.as('seqs'),
      sql<string>`string_agg(replace(coalesce(processed_at, ''), ',', ''), ',')`.as('times'),
      sql<string>`string_agg(body, ',')`.as('bodies'),
    ])
    .where('transcript_id', 'in', transcriptIds)
    .where('branch', '=', 'live')
    .groupBy('transcript_id')
    .execute()
  return new Map(rows.map(({ transcript_id: id, ...texts }) => [id, texts]))
}

/**
 * Those with a `seq` below `end`, in order: a database may join the rows of a group in any order, though in
 * one for all columns.
 */
export function parseEventTexts(texts: EventTexts, end: number): DigestedEvent[] {
  const bodies = JSON.parse(`[${texts.bodies}]`) as SessionEvent['body'][]
  const [ids, seqs, times] = [texts.ids, texts.seqs, texts.times].map((text) => text.split(','))
  const events = bodies.map(
    (body, index): DigestedEvent => ({
      id: ids?.[index] as EventId,
      seq: Number(seqs?.[index]),
      processedAt: times?.[index] || null,
      branch: 'live',
      body,
    }),
  )
  const last = events.at(-1)?.seq ?? -1
  const isOrdered = events.every((event, at) => at === 0 || (events[at - 1]?.seq ?? 0) < event.seq)
  if (isOrdered && last < end) return events
  return events.filter(({ seq }) => seq < end).toSorted((a, b) => a.seq - b.seq)
}
