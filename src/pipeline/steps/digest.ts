import { digesterVersion, startDigest } from '../../core/transcript/digester.ts'
import {
  findMissingDigests,
  insertDigests,
  type PackedDigest,
  packDigest,
} from '../../storage/digests.ts'
import { type DreamSession, listDreamSessions } from '../../storage/dream-sessions.ts'
import { listEventRows, measureEvents, streamEvents } from '../../storage/session-events.ts'
import { getSession } from '../../storage/sessions.ts'
import type { Context } from '../context.ts'
import { type DigestPool, openDigestPool } from '../digest-pool.ts'
import type { DigestTask } from '../digest-worker.ts'
import { narrate } from '../dream-session.ts'
import { beat, finish, type StepWork } from '../step.ts'

/** Sessions whose digests are written together; small enough that a crash repeats little. */
const batchSessions = 128
/** Sessions that go to a thread together: sending costs more than their share. */
const taskSessions = 8
/** From here threads pay for their start. */
const poolFrom = 512
/** A larger transcript is read page by page on this thread, so that no task holds more than this. */
const largestTask = 16 * 1024 * 1024

/**
 * Digests every session of the dream that has none yet for its transcript and this digester, side by side
 * where there are many. Digests are a cache: they are written as they come, and a dream that is run again
 * finds them.
 */
export async function digestSessions(work: StepWork): Promise<void> {
  const { context, dream, onProgress } = work
  const sessions = await context.database.read((reader) => listDreamSessions(reader, dream.id))
  const missing = await context.database.read((reader) =>
    findMissingDigests(reader, { sessions, digesterVersion }),
  )
  const poolPays = missing.length >= (context.thinking.place === 'aside' ? 1 : poolFrom)
  const pool = poolPays ? openDigestPool() : null
  try {
    for (let from = 0; from < missing.length; from += batchSessions) {
      await beat(work)
      const batch = missing.slice(from, from + batchSessions)
      const digests = await digestBatch(context, batch, pool)
      await context.database.scratch((scratch) => insertDigests(scratch, digests))
      const done = sessions.length - missing.length + from + digests.length
      onProgress({ stage: 'digest', done, total: sessions.length, unit: 'sessions' })
    }
  } finally {
    await pool?.close()
  }
  await finish(work, async (writer) => {
    await writer.audit({ action: 'dream.digested', objectType: 'dream', objectId: dream.id })
    await narrate(writer, dream, [
      {
        use: 'read_sessions',
        input: { session_count: sessions.length },
        answer: describeReading(sessions),
      },
      { say: 'Next: patterns are mined.' },
    ])
  })
}

/** The ids of a longer list can be read over the API. */
const mostNamed = 100

function describeReading(sessions: readonly DreamSession[]): string {
  const ids = sessions.slice(0, mostNamed).map(({ sessionId }) => sessionId)
  const more = sessions.length - ids.length
  return [...ids, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n')
}

/** In the order of the sessions. */
function digestBatch(
  context: Context,
  batch: readonly DreamSession[],
  pool: DigestPool | null,
): Promise<PackedDigest[]> {
  return pool ? digestAside(context, batch, pool) : digestHere(context, batch)
}

async function digestHere(
  { database, hash }: Context,
  batch: readonly DreamSession[],
): Promise<PackedDigest[]> {
  const digests: PackedDigest[] = []
  for (const ref of batch) {
    const { session } = await database.read((reader) => getSession(reader, ref.sessionId))
    const digester = startDigest(session, { hash })
    await database.read(async (reader) => {
      for await (const events of streamEvents(reader, ref)) {
        for (const event of events) digester.add(event)
      }
    })
    digests.push(await packDigest(digester.finish(ref.transcriptHash)))
  }
  return digests
}

/** Reads the events here and sends them on a few sessions at a time, while earlier ones are worked on. */
async function digestAside(
  context: Context,
  batch: readonly DreamSession[],
  pool: DigestPool,
): Promise<PackedDigest[]> {
  const running: Promise<PackedDigest[]>[] = []
  let tasks: DigestTask[] = []
  let bytes = 0
  const send = () => {
    if (tasks.length > 0) running.push(pool.run(tasks))
    tasks = []
    bytes = 0
  }
  for (const ref of batch) {
    const size = await context.database.read((reader) => measureEvents(reader, ref))
    if (size > largestTask) {
      send()
      running.push(digestHere(context, [ref]))
      continue
    }
    const task = await context.database.read(async (reader) => ({
      session: (await getSession(reader, ref.sessionId)).session,
      transcriptHash: ref.transcriptHash,
      rows: await listEventRows(reader, ref),
    }))
    tasks.push(task)
    bytes += size
    if (tasks.length === taskSessions || bytes > largestTask / 4) send()
  }
  send()
  return (await Promise.all(running)).flat()
}
