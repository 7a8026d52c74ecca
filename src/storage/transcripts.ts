import { DomainError } from '../core/errors.ts'
import type { SessionId } from '../core/ids.ts'
import type { SessionEvent } from '../core/session.ts'
import { inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Scratch, Writer } from './database.ts'
import { cutIntoChunks, packChunk, type RawRecordText } from './raw-chunk.ts'

/**
 * A transcript is staged while it is being imported: only its owner knows it. Completing it makes it the
 * current one of its session and the former one superseded; superseded transcripts stay, because evidence
 * and digests refer to them. Discarding removes a staged one and refuses any other.
 */
export interface StagedTranscript {
  readonly id: number
  readonly sessionId: SessionId
  /** The process that is importing it, so that what a dead one left behind can be discarded. */
  readonly owner: string
  readonly createdAt: string
}

export async function beginTranscript(
  scratch: Scratch,
  { sessionId, owner }: Pick<StagedTranscript, 'sessionId' | 'owner'>,
): Promise<number> {
  const { id } = await scratch.scratch
    .insertInto('transcripts')
    .values({
      session_id: sessionId,
      state: 'staged',
      hash: null,
      event_count: 0,
      raw_bytes: 0,
      owner,
      created_at: scratch.at,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** Events in any number of calls; `completeTranscript` judges whether they are whole. */
export async function appendEvents(
  scratch: Scratch,
  transcriptId: number,
  events: readonly SessionEvent[],
): Promise<void> {
  await growStaged(scratch, transcriptId, { events: events.length, rawBytes: 0 })
  for (const batch of inBatches(events, rowsPerInsert)) {
    const rows = batch.map((event) => ({
      transcript_id: transcriptId,
      seq: event.seq,
      id: event.id,
      type: event.body.type,
      processed_at: event.processedAt,
      branch: event.branch,
      record: event.record,
      body: JSON.stringify(event.body),
    }))
    await scratch.scratch.insertInto('session_events').values(rows).execute()
  }
}

/**
 * Raw records in ordinal order, without gaps, in any number of calls. Each call makes chunks of its own,
 * so calls of 256 KB of text and more compress best.
 */
export async function appendRawRecords(
  scratch: Scratch,
  transcriptId: number,
  records: readonly RawRecordText[],
): Promise<void> {
  const rawBytes = records.reduce((sum, record) => sum + record.text.length, 0)
  await growStaged(scratch, transcriptId, { events: 0, rawBytes })
  const next = await findNextOrdinal(scratch, transcriptId)
  const gap = records.findIndex((record, index) => record.ordinal !== next.ordinal + index)
  if (gap !== -1) {
    throw new DomainError(
      'conflict',
      `Raw record ${records[gap]?.ordinal} of transcript ${transcriptId} came where ${next.ordinal + gap} was expected; raw records are stored in order, without gaps.`,
    )
  }
  let { chunk, ordinal } = next
  for (const part of cutIntoChunks(records)) {
    await scratch.scratch
      .insertInto('raw_chunks')
      .values({
        transcript_id: transcriptId,
        chunk,
        first_ordinal: ordinal,
        count: part.length,
        encoding: 'deflate',
        data: await packChunk(part),
      })
      .execute()
    chunk += 1
    ordinal += part.length
  }
}

export async function discardTranscript(scratch: Scratch, transcriptId: number): Promise<void> {
  await growStaged(scratch, transcriptId, { events: 0, rawBytes: 0 })
  for (const table of ['session_events', 'raw_chunks'] as const) {
    await scratch.scratch.deleteFrom(table).where('transcript_id', '=', transcriptId).execute()
  }
  await scratch.scratch.deleteFrom('transcripts').where('id', '=', transcriptId).execute()
}

export async function listStaged(reader: Reader): Promise<StagedTranscript[]> {
  const rows = await reader.read
    .selectFrom('transcripts')
    .select(['id', 'session_id', 'owner', 'created_at'])
    .where('state', '=', 'staged')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    sessionId: row.session_id,
    owner: row.owner,
    createdAt: row.created_at,
  }))
}

export interface CompleteTranscript {
  readonly transcriptId: number
  readonly sessionId: SessionId
  readonly transcriptHash: string
  readonly eventCount: number
}

/**
 * Makes a staged transcript the current one of its session, stored or about to be. Refuses one whose events
 * are not exactly seq 0 to `eventCount` - 1.
 */
export async function completeTranscript(writer: Writer, given: CompleteTranscript): Promise<void> {
  const { transcriptId, sessionId, transcriptHash, eventCount } = given
  await refuseIncomplete(writer, given)
  await writer.write
    .updateTable('transcripts')
    .set({ state: 'superseded' })
    .where('session_id', '=', sessionId)
    .where('state', '=', 'current')
    .execute()
  await writer.write
    .updateTable('transcripts')
    .set({ state: 'current', hash: transcriptHash, event_count: eventCount })
    .where('id', '=', transcriptId)
    .execute()
  await writer.write
    .updateTable('sessions')
    .set({
      transcript_id: transcriptId,
      transcript_hash: transcriptHash,
      event_count: eventCount,
      updated_at: writer.at,
    })
    .where('id', '=', sessionId)
    .execute()
}

async function refuseIncomplete(
  writer: Writer,
  { transcriptId, sessionId, eventCount }: CompleteTranscript,
): Promise<void> {
  const staged = await writer.read
    .selectFrom('transcripts')
    .select(['session_id'])
    .where('id', '=', transcriptId)
    .where('state', '=', 'staged')
    .executeTakeFirst()
  if (staged?.session_id !== sessionId) throw notStaged(transcriptId)
  const { count, last } = await writer.read
    .selectFrom('session_events')
    .select((select) => [
      select.fn.countAll<number>().as('count'),
      select.fn.max<number | null>('seq').as('last'),
    ])
    .where('transcript_id', '=', transcriptId)
    .executeTakeFirstOrThrow()
  if (count !== eventCount || (last ?? -1) !== eventCount - 1) {
    throw new DomainError(
      'conflict',
      `Transcript ${transcriptId} of session ${sessionId} should have events 0 to ${eventCount - 1} and has ${count}, the last being ${last}.`,
    )
  }
}

/** Also the guard: a transcript that is not staged, or no more, is not written to. */
async function growStaged(
  scratch: Scratch,
  transcriptId: number,
  by: { readonly events: number; readonly rawBytes: number },
): Promise<void> {
  const result = await scratch.scratch
    .updateTable('transcripts')
    .set((column) => ({
      event_count: column('event_count', '+', by.events),
      raw_bytes: column('raw_bytes', '+', by.rawBytes),
    }))
    .where('id', '=', transcriptId)
    .where('state', '=', 'staged')
    .executeTakeFirst()
  if (result.numUpdatedRows !== 1n) throw notStaged(transcriptId)
}

async function findNextOrdinal(scratch: Scratch, transcriptId: number) {
  const last = await scratch.read
    .selectFrom('raw_chunks')
    .select(['chunk', 'first_ordinal', 'count'])
    .where('transcript_id', '=', transcriptId)
    .orderBy('chunk', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!last) return { chunk: 0, ordinal: 0 }
  return { chunk: last.chunk + 1, ordinal: last.first_ordinal + last.count }
}

const notStaged = (transcriptId: number) =>
  new DomainError(
    'conflict',
    `Transcript ${transcriptId} is not being imported any more: it was completed or discarded.`,
  )
