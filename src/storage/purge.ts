import type { MemoryVersionId, SessionId } from '../core/ids.ts'
import { anyOf, inBatches } from './batches.ts'
import type { Writer } from './database.ts'
import type { Lineage } from './lineage.ts'
import { unindexOwner } from './search-index.ts'

const idsPerQuery = 2_000

/**
 * Takes the words away and leaves the rows: ids, counts and times stay, so that what was done stays explained
 * and every audit record stays true. Digests go whole batch by batch; the next dream makes the others again.
 */
export async function purgeLineage(
  writer: Writer,
  { sessions, findings, changes }: Lineage,
  versions: readonly MemoryVersionId[],
): Promise<void> {
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
  for (const ids of inBatches(changes, idsPerQuery)) {
    await writer.write
      .updateTable('changes')
      .set({ payload: erasedChange })
      .where('id', 'in', anyOf(ids))
      .execute()
  }
}

const erasedChange = JSON.stringify({
  edits: [],
  leaves: 'content',
  before: null,
  after: null,
  rationale: 'Erased.',
  grade: 'D',
  findingKeys: [],
  trust: { taint: 'untrusted', quarantine: [] },
})

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
  await writer.write
    .updateTable('outcome_signals')
    .set({ components: '{}' })
    .where('session_id', 'in', anyOf(ids))
    .execute()
  await writer.write
    .updateTable('sessions')
    .set({ title: null, principal: null, labels: '{}', metadata: '{}', event_count: 0 })
    .where('id', 'in', anyOf(ids))
    .execute()
  for (const id of ids) await unindexOwner(writer, id)
}

/** Each is a former version: the heads were written anew before. */
async function redactVersions(writer: Writer, ids: readonly MemoryVersionId[]): Promise<void> {
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
