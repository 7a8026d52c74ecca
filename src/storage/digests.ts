import type { SessionId } from '../core/ids.ts'
import type { Digest, Quotes } from '../core/transcript/digest.ts'
import { packTrace, type Share, unpackTrace } from '../core/transcript/packed-trace.ts'
import type { Trace } from '../core/transcript/trace.ts'
import { anyOf, inBatches, rowsPerInsert } from './batches.ts'
import type { Reader, Scratch } from './database.ts'
import { deflateText, inflateText } from './raw-chunk.ts'

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
  { sessions, digesterVersion }: DigestQuery<Ref>,
): Promise<Ref[]> {
  const missing: Ref[] = []
  for (const batch of inBatches(sessions, refsPerQuery)) {
    const rows = await reader.read
      .selectFrom('digests')
      .select(['session_id', 'transcript_hash'])
      .where('session_id', 'in', anyOf(batch.map((ref) => ref.sessionId)))
      .where('digester_version', '=', digesterVersion)
      .execute()
    const known = new Set(rows.map((row) => keyOf(row.session_id, row.transcript_hash)))
    missing.push(...batch.filter((ref) => !known.has(keyOf(ref.sessionId, ref.transcriptHash))))
  }
  return missing
}

/**
 * The traces of the digests that exist, in the order of `sessions`, a batch at a time. `share` makes texts
 * that many traces hold one and the same.
 */
export async function* listTraces(
  reader: Reader,
  { share, ...query }: DigestQuery<TranscriptRef> & { readonly share?: Share },
): AsyncGenerator<readonly Trace[]> {
  for await (const packed of listPackedTraces(reader, query)) {
    yield await Promise.all(packed.map((one) => unpackStoredTrace(one, share)))
  }
}

/** As they are stored, so that another thread can unpack them. */
export async function* listPackedTraces(
  reader: Reader,
  { sessions, digesterVersion }: DigestQuery<TranscriptRef>,
): AsyncGenerator<readonly Uint8Array[]> {
  for (const batch of inBatches(sessions, digestsPerBatch)) {
    const rows = await reader.read
      .selectFrom('digests')
      .select(['session_id', 'transcript_hash', 'trace'])
      .where('session_id', 'in', anyOf(batch.map((ref) => ref.sessionId)))
      .where('digester_version', '=', digesterVersion)
      .execute()
    const traces = new Map(
      rows.map((row) => [keyOf(row.session_id, row.transcript_hash), row.trace]),
    )
    yield batch.flatMap((ref) => traces.get(keyOf(ref.sessionId, ref.transcriptHash)) ?? [])
  }
}

export async function unpackStoredTrace(packed: Uint8Array, share?: Share): Promise<Trace> {
  return unpackTrace(await inflateText(packed), share)
}

/** The words that findings about a session may cite; null when it has no digest by this digester. */
export async function findQuotes(
  reader: Reader,
  { sessionId, transcriptHash, digesterVersion }: TranscriptRef & { digesterVersion: number },
): Promise<Quotes | null> {
  const row = await reader.read
    .selectFrom('digests')
    .select('quotes')
    .where('session_id', '=', sessionId)
    .where('transcript_hash', '=', transcriptHash)
    .where('digester_version', '=', digesterVersion)
    .executeTakeFirst()
  return row ? JSON.parse(await inflateText(row.quotes)) : null
}

/** A digest ready to be stored; made where the digest was made. */
export interface PackedDigest extends TranscriptRef {
  readonly digesterVersion: number
  readonly trace: Uint8Array
  readonly quotes: Uint8Array
}

export async function packDigest(digest: Digest): Promise<PackedDigest> {
  const { trace, quotes, transcriptHash, digesterVersion } = digest
  return {
    sessionId: trace.sessionId,
    transcriptHash,
    digesterVersion,
    trace: await deflateText(packTrace(trace)),
    quotes: await deflateText(JSON.stringify(quotes)),
  }
}

/** A digest that is there already is the same one, since it is a pure function of its key; it stays. */
export async function insertDigests(
  scratch: Scratch,
  digests: readonly PackedDigest[],
): Promise<void> {
  for (const batch of inBatches(digests, rowsPerInsert)) {
    const rows = batch.map(({ sessionId, transcriptHash, digesterVersion, trace, quotes }) => ({
      session_id: sessionId,
      transcript_hash: transcriptHash,
      digester_version: digesterVersion,
      encoding: 'deflate' as const,
      trace,
      quotes,
    }))
    await scratch.scratch
      .insertInto('digests')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

const refsPerQuery = 1_000
const digestsPerBatch = 256

const keyOf = (sessionId: SessionId, transcriptHash: string) => `${sessionId}\0${transcriptHash}`
