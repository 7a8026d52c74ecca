import { sql } from 'kysely'
import type { OutcomeSignalId, SessionId } from '../core/ids.ts'
import { describedRuleKeys, eventRuleKeys, type JoinRule } from '../core/outcome/join-rule.ts'
import { describedKeys, eventKeys, type SessionKey } from '../core/outcome/session-keys.ts'
import { spanOf, workKeys } from '../core/outcome/work-window.ts'
import type { Session } from '../core/session.ts'
import { inBatches, rowsPerInsert } from './batches.ts'
import { defaultWorkspace, type Reader, type Scratch } from './database.ts'
import { isPostgres } from './dialect.ts'
import { listJoinRules, readRejoinMark } from './join-rules.ts'
import { listEvents } from './session-events.ts'
import { findSession, type StoredSession } from './sessions.ts'

/** Events of one transaction, so that no writer waits long for it. */
const eventsAtOnce = 200
/** Events read again, so that a result finds the call it answers. */
const overlap = 20
/** Of one session; a hostile transcript could name every commit there is. */
const mostKeys = 500
/** Sessions in which dreams show their own work have no outcomes. */
const dreamFormat = 'lucidream'

export interface CutSession {
  readonly sessionId: SessionId
  /** To be given to `endCutting` once its signals are joined; null: there is more of it to read. */
  readonly end: CutEnd | null
}

interface CutEnd {
  readonly ticket: number | null
  readonly revision: number
}

/**
 * Reads some events of the session that waited longest for its keys; null when none waits. Where the rules changed,
 * sessions follow one after the other and are read anew.
 */
export async function cutNextSession(scratch: Scratch): Promise<CutSession | null> {
  if (isPostgres(scratch)) await lockMark(scratch)
  const { revision, through } = await readRejoinMark(scratch)
  const queued = await scratch.scratch
    .selectFrom('session_key_queue')
    .select(['session_id', 'ticket'])
    .orderBy('queued_at')
    .orderBy('session_id')
    .limit(1)
    // What a write has hold of waits: with the mark locked nothing may be waited for.
    .$if(isPostgres(scratch), (query) => query.forUpdate().skipLocked())
    .executeTakeFirst()
  const sessionId = queued?.session_id ?? (await findOldSession(scratch, through))
  if (sessionId === null) return null
  const end = { ticket: queued?.ticket ?? null, revision }
  const stored = await findSession(scratch, sessionId)
  if (!stored || stored.deletedAt !== null || stored.session.format === dreamFormat) {
    await forgetKeys(scratch, sessionId)
    return { sessionId, end }
  }
  return { sessionId, end: (await cutKeys(scratch, stored, revision)) ? end : null }
}

/** Where rules changed, all workers follow one mark: one cuts at a time, or two would cut the same session. */
const lockMark = (scratch: Scratch) =>
  scratch.scratch.selectFrom('rejoin_marks').select('revision').forUpdate().execute()

async function findOldSession(scratch: Scratch, through: string | null): Promise<SessionId | null> {
  if (through === null) return null
  const row = await scratch.read
    .selectFrom('sessions')
    .select('id')
    .where('id', '>', through as SessionId)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
  if (row) return row.id
  await scratch.scratch.updateTable('rejoin_marks').set({ through: null }).execute()
  return null
}

/** True at the transcript's end. */
async function cutKeys(scratch: Scratch, stored: StoredSession, revision: number) {
  const { session, metadata } = stored
  const rules = (await listJoinRules(scratch)).map(({ rule }) => rule)
  const from = await openMark(scratch, stored, revision)
  const page = await listEvents(scratch, {
    sessionId: session.id,
    afterSeq: Math.max(from - overlap, 0) - 1,
    limit: eventsAtOnce + overlap,
  })
  await insertKeys(scratch, session.id, [
    ...describeKeys(rules, stored, metadata),
    ...eventKeys(page.events),
    ...eventRuleKeys(rules, page.events, { fromStart: from === 0 }),
  ])
  const lastAt = session.endedAt ?? page.events.at(-1)?.processedAt ?? null
  await insertKeys(scratch, session.id, await listWorkKeys(scratch, session, lastAt))
  const last = page.events.at(-1)?.seq ?? from - 1
  await scratch.scratch
    .updateTable('session_key_marks')
    .set({ events: Math.max(last + 1, from) })
    .where('session_id', '=', session.id)
    .execute()
  return page.next === null
}

/** Of who and where, as far as they are known by now: from metadata, rules and what was pushed. */
async function listWorkKeys(
  reader: Reader,
  { id, startedAt }: Pick<Session, 'id' | 'startedAt'>,
  lastAt: string | null,
): Promise<SessionKey[]> {
  const span = spanOf(startedAt, lastAt)
  if (span === null) return []
  const known = await reader.read
    .selectFrom('session_keys')
    .select(['type', 'value'])
    .where('session_id', '=', id)
    .where('type', 'in', ['actor', 'repository'])
    .execute()
  return workKeys(known, span).map((one) => ({ ...one, via: 'work', confidence: 'weak' as const }))
}

function describeKeys(
  rules: readonly JoinRule[],
  { session }: StoredSession,
  metadata: Readonly<Record<string, string>>,
): SessionKey[] {
  const said = { ...session.labels, ...metadata }
  return [
    ...describedKeys(session, metadata),
    ...describedRuleKeys(rules, { title: session.title, said }),
  ]
}

/** The first event that was not read. Another transcript, or other rules, and the keys are cut anew. */
async function openMark(
  scratch: Scratch,
  stored: StoredSession,
  revision: number,
): Promise<number> {
  const id = stored.session.id
  const known = await scratch.read
    .selectFrom('session_key_marks')
    .selectAll()
    .where('session_id', '=', id)
    .executeTakeFirst()
  if (known?.transcript_id === stored.transcriptId && known.revision === revision) {
    await dropDescribed(scratch, id)
    return known.events
  }
  await forgetKeys(scratch, id)
  const mark = { transcript_id: stored.transcriptId, events: 0, revision }
  await scratch.scratch
    .insertInto('session_key_marks')
    .values({ session_id: id, ...mark })
    // Before rules ever changed there is no mark to lock, and another worker may have begun at the same moment.
    .onConflict((conflict) => conflict.column('session_id').doUpdateSet(mark))
    .execute()
  return 0
}

/** Metadata may have changed since; it costs nothing to say it again. */
const dropDescribed = (scratch: Scratch, id: SessionId) =>
  scratch.scratch
    .deleteFrom('session_keys')
    .where('session_id', '=', id)
    .where('via', 'in', ['metadata', 'work'])
    .execute()

async function forgetKeys(scratch: Scratch, id: SessionId): Promise<void> {
  await scratch.scratch.deleteFrom('session_keys').where('session_id', '=', id).execute()
  await scratch.scratch.deleteFrom('session_key_marks').where('session_id', '=', id).execute()
}

async function insertKeys(
  scratch: Scratch,
  id: SessionId,
  keys: readonly SessionKey[],
): Promise<void> {
  const { count } = await scratch.read
    .selectFrom('session_keys')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('session_id', '=', id)
    .executeTakeFirstOrThrow()
  const rows = new Map(
    keys.map((one) => [`${one.type}\0${one.value}\0${one.via}`, { session_id: id, ...one }]),
  )
  const fitting = [...rows.values()].slice(0, Math.max(0, mostKeys - Number(count)))
  for (const batch of inBatches(fitting, rowsPerInsert)) {
    await scratch.scratch
      .insertInto('session_keys')
      .values(batch)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

/** At once; the others of a key that so many signals share follow when the session changes again. */
const mostTouched = 1_000

/** Signals that may be about the session and are not joined with it, and those that are and may be no more. */
export async function listTouchedSignals(
  reader: Reader,
  id: SessionId,
): Promise<OutcomeSignalId[]> {
  const waiting = await reader.read
    .selectFrom('session_keys')
    .innerJoin('signal_keys', (join) =>
      join
        .onRef('signal_keys.type', '=', 'session_keys.type')
        .onRef('signal_keys.value', '=', 'session_keys.value'),
    )
    .select('signal_keys.signal_id')
    .distinct()
    .where('session_keys.session_id', '=', id)
    .where(
      sql<boolean>`not exists (select 1 from signal_joins where signal_joins.signal_id = signal_keys.signal_id and signal_joins.session_id = ${id})`,
    )
    .orderBy('signal_keys.signal_id', 'desc')
    .limit(mostTouched)
    .execute()
  const own = await reader.read
    .selectFrom('signal_keys')
    .select('signal_id')
    .where('type', '=', 'session_id')
    .where('value', '=', id)
    .limit(mostTouched)
    .execute()
  const joined = await reader.read
    .selectFrom('signal_joins')
    .select('signal_id')
    .where('session_id', '=', id)
    .limit(mostTouched)
    .execute()
  return [...new Set([...waiting, ...own, ...joined].map(({ signal_id }) => signal_id))].sort()
}

/** The session waits no more, unless it changed meanwhile. */
export async function endCutting(
  scratch: Scratch,
  { sessionId, end }: { readonly sessionId: SessionId; readonly end: CutEnd },
): Promise<void> {
  if (end.ticket === null) {
    await scratch.scratch
      .updateTable('rejoin_marks')
      .set({ through: sessionId })
      .where('workspace_id', '=', defaultWorkspace)
      .where('revision', '=', end.revision)
      // A slower worker does not send the others back.
      .where('through', '<', sessionId)
      .execute()
    return
  }
  await scratch.scratch
    .deleteFrom('session_key_queue')
    .where('session_id', '=', sessionId)
    .where('ticket', '=', end.ticket)
    .execute()
}
