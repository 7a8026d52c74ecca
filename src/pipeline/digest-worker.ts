import { createHash } from 'node:crypto'
import type { Session } from '../core/session.ts'
import { startDigest } from '../core/transcript/digester.ts'
import { type PackedDigest, packDigest } from '../storage/digests.ts'
import { type EventRow, toEvent } from '../storage/session-events.ts'

/** One session to be digested on another thread: its events as they are stored. */
export interface DigestTask {
  readonly session: Session
  readonly transcriptHash: string
  readonly rows: readonly EventRow[]
}

/** Reads, digests and packs sessions: all that costs time, and nothing that needs the database. */
export function digestRows(tasks: readonly DigestTask[]): Promise<PackedDigest[]> {
  return Promise.all(tasks.map(digestOne))
}

async function digestOne({ session, transcriptHash, rows }: DigestTask): Promise<PackedDigest> {
  const digester = startDigest(session, { hash })
  for (const row of rows) digester.add(toEvent(row))
  return packDigest(digester.finish(transcriptHash))
}

/** The program's hash; a function cannot be sent to a thread. */
const hash = (text: string) => createHash('sha256').update(text).digest('hex')
