import type { Digest } from '../../core/transcript/digest.ts'
import { digesterVersion, startDigest } from '../../core/transcript/digester.ts'
import { findMissingDigests, insertDigests } from '../../storage/digests.ts'
import { type DreamSession, listDreamSessions, updateDream } from '../../storage/dreams.ts'
import { streamEvents } from '../../storage/session-events.ts'
import { getSession } from '../../storage/sessions.ts'
import type { Context } from '../context.ts'
import { beat, finish, type StepWork } from '../step.ts'

/** Sessions whose digests are written together; small enough that a crash repeats little. */
const batchSessions = 64

/**
 * Digests every session of the dream that has none yet for its transcript and this digester. Digests are a
 * cache: they are written as they come, and a dream that is run again finds them.
 */
export async function digestSessions(work: StepWork): Promise<void> {
  const { context, dream, onProgress } = work
  const sessions = await context.database.read((reader) => listDreamSessions(reader, dream.id))
  const missing = await context.database.read((reader) =>
    findMissingDigests(reader, { sessions, digesterVersion }),
  )
  for (let from = 0; from < missing.length; from += batchSessions) {
    await beat(work)
    const digests: Digest[] = []
    for (const session of missing.slice(from, from + batchSessions)) {
      digests.push(await digestSession(context, session))
    }
    await context.database.scratch((scratch) => insertDigests(scratch, digests))
    const done = sessions.length - missing.length + from + digests.length
    onProgress({ stage: 'digest', done, total: sessions.length, unit: 'sessions' })
  }
  await finish(work, async (writer) => {
    await updateDream(writer, dream.id, { status: 'running' })
    await writer.audit({ action: 'dream.digested', objectType: 'dream', objectId: dream.id })
  })
}

async function digestSession(
  { database, hash }: Context,
  { sessionId, transcriptHash }: DreamSession,
): Promise<Digest> {
  const { session } = await database.read((reader) => getSession(reader, sessionId))
  const digester = startDigest(session, { hash })
  await database.read(async (reader) => {
    for await (const events of streamEvents(reader, { sessionId, transcriptHash })) {
      for (const event of events) digester.add(event)
    }
  })
  return digester.finish(transcriptHash)
}
