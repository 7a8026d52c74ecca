import { toTimestamp } from '../core/clock.ts'
import type { DreamId, MemoryStoreId, SessionId } from '../core/ids.ts'
import { type EventBody, eventText } from '../core/session.ts'
import type { RecentWrite } from '../core/trust/anomaly.ts'
import { type Influence, shareOut } from '../core/trust/corroboration.ts'
import type { ChangeTrust } from '../core/trust/quarantine.ts'
import type { Watch } from '../core/trust/watch.ts'
import { anyOf, inBatches } from './batches.ts'
import type { Reader } from './database.ts'
import type { Dream } from './dreams.ts'

const day = 86_400_000
/** Requests that a line is tried on; more say the same and cost time. */
const mostQueries = 300
const longestQuery = 2_000
const mostOperations = 5_000
const mostWrites = 500
const idsPerQuery = 2_000
const mostNames = 2_000

/** What went on around a dream: who was behind a day's operations, what users asked, what agents wrote. */
export async function readWatch(
  reader: Reader,
  { id, inputStoreId }: Pick<Dream, 'id' | 'inputStoreId'>,
  nowMs: number,
): Promise<Watch> {
  const since = toTimestamp(nowMs - day)
  return {
    principals: await listPrincipals(reader, await listQuotedSessions(reader, id)),
    earlier: await listInfluence(reader, id, since),
    queries: await listFirstRequests(reader, id),
    writes: await listRecentWrites(reader, inputStoreId, since),
  }
}

/** Sessions that findings of the dream quote. */
async function listQuotedSessions(reader: Reader, dreamId: DreamId): Promise<SessionId[]> {
  const rows = await reader.read
    .selectFrom('evidence')
    .innerJoin('findings', 'findings.id', 'evidence.owner_id')
    .select('evidence.session_id')
    .distinct()
    .where('evidence.owner_type', '=', 'finding')
    .where('findings.dream_id', '=', dreamId)
    .execute()
  return rows.map(({ session_id }) => session_id)
}

/** Whom the sessions worked for, where their sources say so. */
export async function listPrincipals(
  reader: Reader,
  ids: readonly SessionId[],
): Promise<Map<SessionId, string>> {
  const found = new Map<SessionId, string>()
  for (const some of inBatches(ids, idsPerQuery)) {
    const rows = await reader.read
      .selectFrom('sessions')
      .select(['id', 'principal'])
      .where('id', 'in', anyOf(some))
      .where('principal', 'is not', null)
      .execute()
    for (const { id, principal } of rows) if (principal !== null) found.set(id, principal)
  }
  return found
}

/** Who was behind each change that was proposed since and not held, rejected or taken back. */
async function listInfluence(reader: Reader, except: DreamId, since: string): Promise<Influence[]> {
  const rows = await reader.read
    .selectFrom('changes')
    .innerJoin('dreams', 'dreams.id', 'changes.dream_id')
    .select(['changes.id', 'changes.payload'])
    .where('dreams.ended_at', '>=', since)
    .where('dreams.id', '!=', except)
    .where('changes.status', 'in', ['proposed', 'accepted', 'applied'])
    .orderBy('dreams.ended_at', 'desc')
    .orderBy('changes.id')
    .limit(mostOperations)
    .execute()
  const free = rows.filter(({ payload }) => {
    const { trust }: { trust?: ChangeTrust } = JSON.parse(payload)
    return (trust?.quarantine ?? []).length === 0
  })
  const quotes = new Map<string, { sessionId: SessionId; polarity: 'supports' }[]>()
  const principals = new Map<SessionId, string>()
  for (const ids of inBatches(
    free.map(({ id }) => id),
    idsPerQuery,
  )) {
    const pieces = await reader.read
      .selectFrom('evidence')
      .innerJoin('sessions', 'sessions.id', 'evidence.session_id')
      .select(['evidence.owner_id', 'evidence.session_id', 'sessions.principal'])
      .where('evidence.owner_type', '=', 'change')
      .where('evidence.owner_id', 'in', anyOf(ids))
      .where('evidence.polarity', '=', 'supports')
      .execute()
    for (const { owner_id, session_id, principal } of pieces) {
      const own = quotes.get(owner_id) ?? []
      own.push({ sessionId: session_id, polarity: 'supports' })
      quotes.set(owner_id, own)
      if (principal !== null) principals.set(session_id, principal)
    }
  }
  return free.map(({ id }) => shareOut(quotes.get(id) ?? [], (one) => principals.get(one) ?? null))
}

/** The first words of users in the sessions of a dream, spread over all of them; of live ones that went on, none. */
async function listFirstRequests(reader: Reader, dreamId: DreamId): Promise<string[]> {
  const transcripts = await reader.read
    .selectFrom('dream_sessions')
    .innerJoin('transcripts', (join) =>
      join
        .onRef('transcripts.session_id', '=', 'dream_sessions.session_id')
        .onRef('transcripts.hash', '=', 'dream_sessions.transcript_hash'),
    )
    .select('transcripts.id')
    .where('dream_sessions.dream_id', '=', dreamId)
    .orderBy('transcripts.id')
    .execute()
  const step = Math.max(1, transcripts.length / mostQueries)
  const chosen = transcripts.flatMap(({ id }, at) =>
    Math.floor(at / step) === Math.floor((at - 1) / step) ? [] : [id],
  )
  if (chosen.length === 0) return []
  const rows = await reader.read
    .selectFrom((from) =>
      from
        .selectFrom('session_events')
        .select((select) => ['transcript_id', select.fn.min<number>('seq').as('seq')])
        .where('transcript_id', 'in', chosen)
        .where('type', '=', 'user.message')
        .groupBy('transcript_id')
        .as('first'),
    )
    .innerJoin('session_events', (join) =>
      join
        .onRef('session_events.transcript_id', '=', 'first.transcript_id')
        .onRef('session_events.seq', '=', 'first.seq'),
    )
    .select('session_events.body')
    .orderBy('session_events.transcript_id')
    .execute()
  return rows.map(({ body }) => eventText(JSON.parse(body) as EventBody).slice(0, longestQuery))
}

/** Lines that agents wrote into the store themselves, newest first. */
async function listRecentWrites(
  reader: Reader,
  storeId: MemoryStoreId,
  since: string,
): Promise<RecentWrite[]> {
  const rows = await reader.read
    .selectFrom('memory_versions')
    .select(['content', 'created_at'])
    .where('store_id', '=', storeId)
    .where('created_at', '>=', since)
    .where('session_id', 'is not', null)
    .where('dream_id', 'is', null)
    .where('content', 'is not', null)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(mostWrites)
    .execute()
  const seen = new Set<string>()
  return rows.flatMap(({ content, created_at }) =>
    (content ?? '').split('\n').flatMap((text) => {
      const at = Date.parse(created_at)
      if (text.trim() === '' || seen.has(`${at} ${text}`)) return []
      seen.add(`${at} ${text}`)
      return [{ text, at }]
    }),
  )
}

/** Whom the sessions worked for whose quotes stand behind what dreams proposed for a store; the first so many. */
export async function listNamesBehindStore(
  reader: Reader,
  storeId: MemoryStoreId,
): Promise<string[]> {
  const rows = await reader.read
    .selectFrom('evidence')
    .innerJoin('changes', 'changes.id', 'evidence.owner_id')
    .innerJoin('dreams', 'dreams.id', 'changes.dream_id')
    .innerJoin('sessions', 'sessions.id', 'evidence.session_id')
    .select('sessions.principal')
    .distinct()
    .where((where) =>
      where.or([
        where('dreams.input_store_id', '=', storeId),
        where('dreams.output_store_id', '=', storeId),
      ]),
    )
    .where('sessions.principal', 'is not', null)
    .orderBy('sessions.principal')
    .limit(mostNames)
    .execute()
  return rows.flatMap(({ principal }) => principal ?? [])
}
