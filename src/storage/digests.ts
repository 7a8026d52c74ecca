import type { SessionId } from '../core/ids.ts'
import type { Digest } from '../core/transcript/digest.ts'
import type { Lexicon } from '../core/transcript/lexicon.ts'
import {
  type PackedTraces,
  packTraces,
  type ReadTrace,
  unpackTraces,
} from '../core/transcript/packed-traces.ts'
import { anyOf, inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Scratch } from './database.ts'

/** A transcript of a session, as a dream pins it. */
export interface TranscriptRef {
  readonly sessionId: SessionId
  readonly transcriptHash: string
}

interface DigestQuery<Ref extends TranscriptRef> {
  readonly sessions: readonly Ref[]
  readonly digesterVersion: number
}

/** Those of the sessions whose pinned transcript has no digest by this digester, in the order given. */
export async function findMissingDigests<Ref extends TranscriptRef>(
  reader: Reader,
  query: DigestQuery<Ref>,
): Promise<Ref[]> {
  const missing: Ref[] = []
  for (const batch of inBatches(query.sessions, refsPerQuery)) {
    const known = new Set(
      (await listPlaces(reader, { ...query, sessions: batch })).map(({ ref }) => ref),
    )
    missing.push(...batch.filter((ref) => !known.has(ref)))
  }
  return missing
}

/** Traces as they are stored, with the places among them that were asked for; another thread can unpack them. */
export interface StoredTraces extends PackedTraces {
  readonly places: readonly number[]
}

/** The traces of the digests that exist, in the order in which they are stored, a batch at a time. */
export async function* listPackedTraces(
  reader: Reader,
  query: DigestQuery<TranscriptRef>,
): AsyncGenerator<StoredTraces> {
  const places = new Map<number, number[]>()
  for (const sessions of inBatches(query.sessions, refsPerQuery)) {
    for (const { batch, place } of await listPlaces(reader, { ...query, sessions })) {
      const known = places.get(batch)
      if (known) known.push(place)
      else places.set(batch, [place])
    }
  }
  for (const [batch, wanted] of [...places].toSorted(([a], [b]) => a - b)) {
    const { head, body } = await reader.read
      .selectFrom('digest_batches')
      .select(['head', 'body'])
      .where('id', '=', batch)
      .executeTakeFirstOrThrow()
    yield { head, body, places: wanted.toSorted((a, b) => a - b) }
  }
}

/** Those that were asked for. All that are unpacked with one lexicon are numbered by it. */
export function unpackStoredTraces(
  { places, ...packed }: StoredTraces,
  lexicon: Lexicon,
): ReadTrace[] {
  const traces = unpackTraces(packed, lexicon)
  return places.flatMap((place) => traces[place] ?? [])
}

/** Digests of several transcripts, ready to be stored together; made where the digests were made. */
export interface DigestBatch extends PackedTraces {
  readonly refs: readonly TranscriptRef[]
  readonly digesterVersion: number
}

export function packDigests(digests: readonly Digest[], digesterVersion: number): DigestBatch {
  return {
    refs: digests.map(({ trace, transcriptHash }) => ({
      sessionId: trace.sessionId,
      transcriptHash,
    })),
    digesterVersion,
    ...packTraces(digests.map(({ trace }) => trace)),
  }
}

/** A digest that is there already is the same one, since it is a pure function of its key; it stays. */
export async function insertDigests(
  scratch: Scratch,
  batches: readonly DigestBatch[],
): Promise<void> {
  for (const { refs, digesterVersion, head, body } of batches) {
    const { id } = await scratch.scratch
      .insertInto('digest_batches')
      .values({ head, body })
      .returning('id')
      .executeTakeFirstOrThrow()
    const rows = refs.map(({ sessionId, transcriptHash }, place) => ({
      session_id: sessionId,
      transcript_hash: transcriptHash,
      digester_version: digesterVersion,
      batch_id: id,
      place,
    }))
    for (const some of inBatches(rows, rowsPerInsert)) {
      await scratch.scratch
        .insertInto('digests')
        .values(some)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
  }
}

const refsPerQuery = 1_000

/** Where the digests of these transcripts stand; those without one are left out. */
async function listPlaces<Ref extends TranscriptRef>(
  reader: Reader,
  { sessions, digesterVersion }: DigestQuery<Ref>,
): Promise<{ ref: Ref; batch: number; place: number }[]> {
  const rows = await reader.read
    .selectFrom('digests')
    .select(['session_id', 'transcript_hash', 'batch_id', 'place'])
    .where('session_id', 'in', anyOf(sessions.map((ref) => ref.sessionId)))
    .where('digester_version', '=', digesterVersion)
    .execute()
  const known = new Map(rows.map((row) => [keyOf(row.session_id, row.transcript_hash), row]))
  return sessions.flatMap((ref) => {
    const row = known.get(keyOf(ref.sessionId, ref.transcriptHash))
    return row ? [{ ref, batch: row.batch_id, place: row.place }] : []
  })
}

const keyOf = (sessionId: SessionId, transcriptHash: string) => `${sessionId}\0${transcriptHash}`
