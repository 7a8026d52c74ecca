import { createHash } from 'node:crypto'
import { type DigestedSession, digesterVersion, startDigest } from '../core/transcript/digester.ts'
import { type DigestBatch, packDigests } from '../storage/digests.ts'
import { type EventTexts, parseEventTexts } from '../storage/event-texts.ts'

/** One session to be digested on another thread: its events as they are stored. */
export interface DigestTask {
  readonly session: DigestedSession
  readonly transcriptHash: string
  /** `seq` of the first event that does not belong to it. */
  readonly end: number
  /** Null where the transcript has no live event. */
  readonly texts: EventTexts | null
}

/** Reads, digests and packs sessions: all that costs time, and nothing that needs the database. */
export function digestTexts(tasks: readonly DigestTask[]): DigestBatch {
  const digests = tasks.map(({ session, transcriptHash, texts, end }) => {
    const digester = startDigest(session, { hash })
    if (texts) for (const event of parseEventTexts(texts, end)) digester.add(event)
    return digester.finish(transcriptHash)
  })
  return packDigests(digests, digesterVersion)
}

/** The program's hash; a function cannot be sent to a thread. */
const hash = (text: string) => createHash('sha256').update(text).digest('hex')
