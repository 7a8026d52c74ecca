import { sql } from 'kysely'
import type { ExposureId, Hash, SessionId } from '../core/ids.ts'
import { type KeyHit, mostSessionsOfKey } from '../core/outcome/join.ts'
import type { Subject } from '../core/outcome/signal.ts'
import { spanOf, workWindow } from '../core/outcome/work-window.ts'
import { anyOf } from './batches.ts'
import type { Reader } from './database.ts'
import { nameIngestedSession } from './live-sessions.ts'

/** What any of the keys is equal to: sessions by their own ids and by their keys, and exposures. Five statements at most. */
export async function listKeyHits(
  reader: Reader,
  hash: Hash,
  keys: readonly Subject[],
): Promise<KeyHit[]> {
  const byType = Map.groupBy(keys, ({ type }) => type)
  const own = await findOwnSessions(reader, hash, byType)
  const exposures = await findExposures(reader, byType.get('exposure_id') ?? [])
  const { [workWindow]: windows = [], others = [] } = Object.groupBy(keys, ({ type }) =>
    type === workWindow ? workWindow : 'others',
  )
  const known = await findByKeys(reader, others)
  const worked = await withSpans(reader, await findByKeys(reader, windows))
  return [...own, ...exposures, ...known, ...worked]
}

async function findOwnSessions(
  reader: Reader,
  hash: Hash,
  byType: ReadonlyMap<string, readonly Subject[]>,
): Promise<KeyHit[]> {
  const wanted = new Map<string, Subject[]>()
  const want = (id: string, subject: Subject) =>
    wanted.set(id, [...(wanted.get(id) ?? []), subject])
  for (const subject of byType.get('session_id') ?? []) want(subject.value, subject)
  for (const subject of byType.get('session_key') ?? []) {
    want(nameIngestedSession(hash, subject.value), subject)
  }
  if (wanted.size === 0) return []
  const rows = await reader.read
    .selectFrom('sessions')
    .select('id')
    .where('id', 'in', anyOf([...wanted.keys()] as SessionId[]))
    .where('deleted_at', 'is', null)
    .execute()
  return rows.flatMap(({ id }) =>
    (wanted.get(id) ?? []).map((subject) => ({
      ...subject,
      sessionId: id,
      exposureId: null,
      via: 'own',
      confidence: 'exact' as const,
    })),
  )
}

async function findExposures(reader: Reader, keys: readonly Subject[]): Promise<KeyHit[]> {
  if (keys.length === 0) return []
  const rows = await reader.read
    .selectFrom('exposures')
    .select(['id', 'session_id'])
    .where('id', 'in', anyOf(keys.map(({ value }) => value as ExposureId)))
    .execute()
  return rows.map(({ id, session_id }) => ({
    type: 'exposure_id',
    value: id,
    sessionId: session_id,
    exposureId: id,
    via: 'own',
    confidence: 'exact',
  }))
}

/** Of a key that many share, one more than may: enough to know that it is ambiguous. */
async function findByKeys(reader: Reader, keys: readonly Subject[]): Promise<KeyHit[]> {
  if (keys.length === 0) return []
  const wanted = new Set(keys.map(({ type, value }) => `${type}\0${value}`))
  const ranked = reader.read
    .selectFrom('session_keys')
    .innerJoin('sessions', 'sessions.id', 'session_keys.session_id')
    .select(['session_keys.type', 'session_keys.value', 'session_id', 'via', 'confidence'])
    .select(
      sql<number>`row_number() over (partition by session_keys.type, session_keys.value order by session_keys.session_id, via)`.as(
        'place',
      ),
    )
    .where('session_keys.type', 'in', anyOf([...new Set(keys.map(({ type }) => type))]))
    .where('session_keys.value', 'in', anyOf([...new Set(keys.map(({ value }) => value))]))
    .where('sessions.deleted_at', 'is', null)
    .as('ranked')
  const rows = await reader.read
    .selectFrom(ranked)
    .select(['type', 'value', 'session_id', 'via', 'confidence'])
    .where('place', '<=', 2 * mostSessionsOfKey + 2)
    .execute()
  return rows
    .filter(({ type, value }) => wanted.has(`${type}\0${value}`))
    .map(({ type, value, session_id, via, confidence }) => ({
      type,
      value,
      sessionId: session_id,
      exposureId: null,
      via,
      confidence,
    }))
}

/** Sessions without a clock have no such key, so each has a start; where nobody says the end it is the last event's time. */
async function withSpans(reader: Reader, hits: readonly KeyHit[]): Promise<KeyHit[]> {
  const ids = [...new Set(hits.flatMap(({ sessionId }) => (sessionId === null ? [] : [sessionId])))]
  if (ids.length === 0) return []
  const rows = await reader.read
    .selectFrom('sessions')
    .leftJoin('session_events', (join) =>
      join
        .onRef('session_events.transcript_id', '=', 'sessions.transcript_id')
        .on('session_events.seq', '=', sql<number>`sessions.event_count - 1`),
    )
    .select(['sessions.id', 'started_at', 'ended_at', 'session_events.processed_at as last_at'])
    .where('sessions.id', 'in', anyOf(ids))
    .execute()
  const spans = new Map(
    rows.map((row) => [row.id, spanOf(row.started_at, row.ended_at ?? row.last_at)] as const),
  )
  return hits.flatMap((hit) => {
    const span = hit.sessionId === null ? null : spans.get(hit.sessionId)
    // Whatever a rule calls so: nothing of a window is ever more than weak.
    return span ? [{ ...hit, via: 'work', confidence: 'weak' as const, span }] : []
  })
}
