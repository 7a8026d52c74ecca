import type { SessionId } from '../core/ids.ts'
import type { Digest } from '../core/transcript/digest.ts'
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

/** The digests that exist, in the order of `sessions`, a batch at a time: all at once may not fit in memory. */
export async function* listDigests(
  reader: Reader,
  { sessions, digesterVersion }: DigestQuery<TranscriptRef>,
): AsyncGenerator<readonly Digest[]> {
  for (const batch of inBatches(sessions, digestsPerBatch)) {
    const rows = await reader.read
      .selectFrom('digests')
      .select(['session_id', 'transcript_hash', 'payload'])
      .where('session_id', 'in', anyOf(batch.map((ref) => ref.sessionId)))
      .where('digester_version', '=', digesterVersion)
      .execute()
    const payloads = new Map(
      rows.map((row) => [keyOf(row.session_id, row.transcript_hash), row.payload]),
    )
    const found = batch.flatMap(
      (ref) => payloads.get(keyOf(ref.sessionId, ref.transcriptHash)) ?? [],
    )
    yield await Promise.all(found.map(async (payload) => JSON.parse(await inflateText(payload))))
  }
}

/** A digest that is there already is the same one, since it is a pure function of its key; it stays. */
export async function insertDigests(scratch: Scratch, digests: readonly Digest[]): Promise<void> {
  for (const batch of inBatches(digests, rowsPerInsert)) {
    const rows = await Promise.all(
      batch.map(async (digest) => ({
        session_id: digest.sessionId,
        transcript_hash: digest.transcriptHash,
        digester_version: digest.digesterVersion,
        encoding: 'deflate' as const,
        payload: await deflateText(JSON.stringify(digest)),
      })),
    )
    await scratch.scratch
      .insertInto('digests')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

const refsPerQuery = 1_000
const digestsPerBatch = 64

const keyOf = (sessionId: SessionId, transcriptHash: string) => `${sessionId}\0${transcriptHash}`
