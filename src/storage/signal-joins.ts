import type { Hash, OutcomeSignalId } from '../core/ids.ts'
import { timeOf } from '../core/outcome/goal-signal.ts'
import { type About, type Join, type Joined, joinSignal, lookupKeys } from '../core/outcome/join.ts'
import type { Subject } from '../core/outcome/signal.ts'
import { normalSubjects } from '../core/outcome/subject.ts'
import { anyOf, inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Writer } from './database.ts'
import { listKeyHits } from './key-hits.ts'

export type Joinable = About & { readonly id: OutcomeSignalId }

export const toJoinable = (row: {
  readonly id: OutcomeSignalId
  readonly subjects: string
  readonly decided_at: string | null
  readonly created_at: string
}): Joinable => ({
  id: row.id,
  subjects: JSON.parse(row.subjects),
  at: timeOf({ decidedAt: row.decided_at, createdAt: row.created_at }),
})

/** What each signal is about, by what is known now; in the order given. */
export async function computeJoins(
  reader: Reader,
  hash: Hash,
  signals: readonly Joinable[],
): Promise<Joined[]> {
  const keys = signals.map((signal) => normalSubjects(lookupKeys(signal)))
  const hits = await listKeyHits(reader, hash, normalSubjects(keys.flat()))
  const byKey = Map.groupBy(hits, nameOf)
  return signals.map((signal, index) =>
    joinSignal(
      signal,
      (keys[index] ?? []).flatMap((key) => byKey.get(nameOf(key)) ?? []),
    ),
  )
}

const nameOf = ({ type, value }: Subject) => `${type}\0${value}`

/** What stands in the signal's own row: its strongest join, weak ones left out, and why there is none at all. */
export function joinColumns({ joins, reason }: Joined) {
  const telling = joins.find(({ confidence, sessionId }) => confidence !== 'weak' && sessionId)
  return { session_id: telling?.sessionId ?? null, unmatched_reason: reason }
}

/** `known`: since when each join stands that stood before, by `nameJoin`. */
export async function insertJoins(
  writer: Writer,
  joined: readonly (Joined & { readonly id: OutcomeSignalId })[],
  known: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const rows = joined.flatMap(({ id, joins }) =>
    joins.map(({ sessionId, exposureId, via, confidence }, ordinal) => ({
      signal_id: id,
      ordinal,
      session_id: sessionId,
      exposure_id: exposureId,
      via,
      confidence,
      created_at: known.get(nameJoin({ id, sessionId, exposureId })) ?? writer.at,
    })),
  )
  for (const batch of inBatches(rows, rowsPerInsert)) {
    await writer.write.insertInto('signal_joins').values(batch).execute()
  }
}

const nameJoin = ({
  id,
  sessionId,
  exposureId,
}: Pick<Join, 'sessionId' | 'exposureId'> & { id: string }) => `${id}\0${sessionId}\0${exposureId}`

/** The joins of each signal, in order. */
export async function listJoins(
  reader: Reader,
  ids: readonly OutcomeSignalId[],
): Promise<ReadonlyMap<OutcomeSignalId, readonly Join[]>> {
  const rows = await reader.read
    .selectFrom('signal_joins')
    .selectAll()
    .where('signal_id', 'in', anyOf(ids))
    .orderBy('signal_id')
    .orderBy('ordinal')
    .execute()
  const grouped = Map.groupBy(rows, (row) => row.signal_id)
  return new Map(
    [...grouped].map(([id, some]) => [
      id,
      some.map(({ session_id, exposure_id, via, confidence }) => ({
        sessionId: session_id,
        exposureId: exposure_id,
        via,
        confidence,
      })),
    ]),
  )
}

/**
 * Joins signals anew and answers the ids of those whose joins changed; nothing is written of the others. The
 * caller writes the audit record. What an import brought names its session and has no subjects: it is left alone.
 */
export async function rejoinSignals(
  writer: Writer,
  ids: readonly OutcomeSignalId[],
): Promise<OutcomeSignalId[]> {
  const rows = await writer.read
    .selectFrom('outcome_signals')
    .select(['id', 'subjects', 'decided_at', 'created_at'])
    .where('id', 'in', anyOf(ids))
    .where('idempotency_key', 'is not', null)
    .orderBy('id')
    .execute()
  const signals = rows.map(toJoinable)
  const before = await listJoins(writer, ids)
  const joined = await computeJoins(writer, writer.hash, signals)
  const changed = signals.flatMap(({ id }, index) => {
    const now = joined[index]
    const same = JSON.stringify(now?.joins) === JSON.stringify(before.get(id) ?? [])
    return now && !same ? [{ ...now, id }] : []
  })
  if (changed.length === 0) return []
  const changedIds = changed.map(({ id }) => id)
  const known = await listJoinTimes(writer, changedIds)
  await writer.write
    .deleteFrom('signal_joins')
    .where('signal_id', 'in', anyOf(changedIds))
    .execute()
  for (const one of changed) {
    await writer.write
      .updateTable('outcome_signals')
      .set(joinColumns(one))
      .where('id', '=', one.id)
      .execute()
  }
  await insertJoins(writer, changed, known)
  return changedIds
}

/** What is known already does not become known anew. */
async function listJoinTimes(
  reader: Reader,
  ids: readonly OutcomeSignalId[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await reader.read
    .selectFrom('signal_joins')
    .select([
      'signal_id as id',
      'session_id as sessionId',
      'exposure_id as exposureId',
      'created_at',
    ])
    .where('signal_id', 'in', anyOf(ids))
    .execute()
  return new Map(rows.map(({ created_at, ...join }) => [nameJoin(join), created_at]))
}
