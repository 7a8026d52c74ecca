import { sql } from 'kysely'
import type { MemoryVersionId, OutcomeSignalId, SessionId } from '../core/ids.ts'
import { erasedKey } from '../core/trust/erasure.ts'
import { anyOf, inBatches } from './batches.ts'
import type { Writer } from './database.ts'
import type { Lineage } from './lineage.ts'
import { purgeDerived } from './purge-derived.ts'
import { eraseReceiptBodies, listReceiptsOf } from './receipt-bodies.ts'
import { unindexOwner } from './search-index.ts'

const idsPerQuery = 2_000

/**
 * Takes the words away and leaves the rows: ids, counts and times stay, so that what was done stays explained
 * and every audit record stays true. Digests go whole batch by batch; the next dream makes the others again.
 */
export async function purgeLineage(
  writer: Writer,
  lineage: Lineage,
  versions: readonly MemoryVersionId[],
): Promise<void> {
  const { sessions, findings, changes } = lineage
  for (const ids of inBatches(sessions, idsPerQuery)) await purgeSessions(writer, ids)
  for (const ids of inBatches(versions, idsPerQuery)) await redactVersions(writer, ids)
  for (const ids of inBatches([...findings, ...changes], idsPerQuery)) {
    await writer.write
      .updateTable('evidence')
      .set((row) => ({ text: '""', end: row.ref('start') }))
      .where('owner_id', 'in', anyOf(ids))
      .where('session_id', 'in', anyOf(sessions))
      .execute()
  }
  await purgeDerived(writer, lineage)
}

async function purgeSessions(writer: Writer, ids: readonly SessionId[]): Promise<void> {
  const transcripts = writer.write
    .selectFrom('transcripts')
    .select('id')
    .where('session_id', 'in', anyOf(ids))
  for (const table of ['session_events', 'raw_chunks'] as const) {
    await writer.write.deleteFrom(table).where('transcript_id', 'in', transcripts).execute()
  }
  await writer.write
    .updateTable('transcripts')
    .set({ event_count: 0, raw_bytes: 0 })
    .where('session_id', 'in', anyOf(ids))
    .execute()
  const batches = (
    await writer.write
      .selectFrom('digests')
      .select('batch_id')
      .distinct()
      .where('session_id', 'in', anyOf(ids))
      .execute()
  ).map(({ batch_id }) => batch_id)
  for (const some of inBatches(batches, 500)) {
    await writer.write.deleteFrom('digests').where('batch_id', 'in', some).execute()
    await writer.write.deleteFrom('digest_batches').where('id', 'in', some).execute()
  }
  await purgeSignals(writer, ids)
  await writer.write
    .updateTable('sessions')
    .set({
      key: sql<string>`${erasedKey('' as SessionId)} || id`,
      title: null,
      principal: null,
      labels: '{}',
      metadata: '{}',
      event_count: 0,
    })
    .where('id', 'in', anyOf(ids))
    .execute()
  for (const id of ids) await unindexOwner(writer, id)
}

/** What was said about the sessions elsewhere, and by what they were recognised: values and times stay. */
async function purgeSignals(writer: Writer, ids: readonly SessionId[]): Promise<void> {
  // By the names of their signals, which are gone afterwards.
  await eraseReceiptBodies(writer, await listReceiptsOf(writer, ids))
  const signals = await listSignalIdsOf(writer, ids)
  for (const some of inBatches(signals, idsPerQuery)) await purgeSignalWords(writer, some)
  await writer.write.deleteFrom('session_keys').where('session_id', 'in', anyOf(ids)).execute()
}

/** Imported ones by their session; of those that were sent also those that are about another session as well. */
async function listSignalIdsOf(
  writer: Writer,
  ids: readonly SessionId[],
): Promise<OutcomeSignalId[]> {
  const own = await writer.read
    .selectFrom('outcome_signals')
    .select('id')
    .where('session_id', 'in', anyOf(ids))
    .execute()
  const joined = await writer.read
    .selectFrom('signal_joins')
    .select('signal_id as id')
    .where('session_id', 'in', anyOf(ids))
    .where('confidence', '<>', 'weak')
    .execute()
  return [...new Set([...own, ...joined].map(({ id }) => id))].sort()
}

async function purgeSignalWords(writer: Writer, ids: readonly OutcomeSignalId[]): Promise<void> {
  await writer.write.deleteFrom('signal_keys').where('signal_id', 'in', anyOf(ids)).execute()
  await writer.write
    .updateTable('outcome_signals')
    .set({
      components: '{}',
      principal: null,
      subjects: '[]',
      explanation: null,
      idempotency_key: sql<string>`'erased:' || id`,
    })
    .where('id', 'in', anyOf(ids))
    .execute()
}

/** Each is a former version: the heads were written anew before. A hash of a text that can be guessed tells the text. */
async function redactVersions(writer: Writer, ids: readonly MemoryVersionId[]): Promise<void> {
  const hashes = writer.read
    .selectFrom('memory_versions')
    .select('content_sha256')
    .where('id', 'in', anyOf(ids))
    .where('content_sha256', 'is not', null)
    .$castTo<{ content_sha256: string }>()
  await writer.write
    .deleteFrom('audit_salts')
    .where((is) => is.or([is('before_hash', 'in', hashes), is('after_hash', 'in', hashes)]))
    .execute()
  await writer.write
    .updateTable('memory_versions')
    .set({
      path: null,
      content: null,
      content_sha256: null,
      content_size_bytes: null,
      redacted_at: writer.at,
      redacted_by_type: writer.actor.type,
      redacted_by_id: writer.actor.id,
    })
    .where('id', 'in', anyOf(ids))
    .where('redacted_at', 'is', null)
    .execute()
}
