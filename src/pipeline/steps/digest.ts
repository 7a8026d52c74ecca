import { digesterVersion, startDigest } from '../../core/transcript/digester.ts'
import {
  type DigestBatch,
  findMissingDigests,
  insertDigests,
  packDigests,
} from '../../storage/digests.ts'
import type { DreamSession } from '../../storage/dream-sessions.ts'
import { readEventTexts } from '../../storage/event-texts.ts'
import { listReadable, type Readable } from '../../storage/readable.ts'
import { streamEvents } from '../../storage/session-events.ts'
import type { Context } from '../context.ts'
import { type DigestPool, openDigestPool } from '../digest-pool.ts'
import { type DigestTask, digestTexts } from '../digest-worker.ts'
import { narrate } from '../dream-session.ts'
import { listPermittedInputs } from '../policies/inputs.ts'
import { beat, finish, type StepWork } from '../step.ts'

/** Sessions whose digests are written together; small enough that a crash repeats little. */
const batchSessions = 128
/** Sessions and bytes that are read and digested together, and stored as one batch. */
const taskSessions = 32
const taskBytes = 8 * 1024 * 1024
/** From here threads pay for their start. */
const poolFrom = 4_096
/** A larger transcript is read page by page on this thread, so that no task holds more than this. */
const largestTask = 16 * 1024 * 1024
const mostEvents = 50_000

/**
 * Digests every session of the dream that has none yet for its transcript and this digester, side by side
 * where there are many. Digests are a cache: they are written as they come, and a dream that is run again
 * finds them.
 */
export async function digestSessions(work: StepWork): Promise<void> {
  const { context, dream, job, onProgress } = work
  const { leaseMs } = context
  const { sessions, leftOut } = await context.database.read((reader) =>
    listPermittedInputs(reader, dream),
  )
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
      await context.database.scratch(async (scratch) => {
        await context.jobs.hold(scratch, { id: job.id, attempt: job.attempt, leaseMs })
        await insertDigests(scratch, digests)
      })
      const done = sessions.length - missing.length + from + batch.length
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
        answer: [describeReading(sessions), ...leftOut].join('\n'),
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

/** In the order of the sessions. With a pool, reads on while what was read before is digested aside. */
async function digestBatch(
  context: Context,
  batch: readonly DreamSession[],
  pool: DigestPool | null,
): Promise<DigestBatch[]> {
  const readable = await context.database.read((reader) => listReadable(reader, batch))
  const running: (DigestBatch | Promise<DigestBatch>)[] = []
  for (const task of cutIntoTasks(readable)) {
    const [first] = task
    if (first && isLarge(first)) running.push(await digestPages(context, first))
    else {
      const texts = await readTask(context, task)
      running.push(pool ? pool.run(texts) : digestTexts(texts))
    }
  }
  return Promise.all(running)
}

const isLarge = ({ bytes, events }: Readable) => bytes > largestTask || events > mostEvents

/** A large transcript is a task of its own. */
function cutIntoTasks(readable: readonly Readable[]): Readable[][] {
  const tasks: Readable[][] = []
  let room = 0
  for (const one of readable) {
    const current = tasks.at(-1)
    if (current && current.length < taskSessions && one.bytes <= room) current.push(one)
    else {
      tasks.push([one])
      room = isLarge(one) ? 0 : taskBytes
    }
    room -= one.bytes
  }
  return tasks
}

async function readTask({ database }: Context, task: readonly Readable[]): Promise<DigestTask[]> {
  const texts = await database.read((reader) =>
    readEventTexts(
      reader,
      task.map(({ transcriptId }) => transcriptId),
    ),
  )
  return task.map(({ ref, session, transcriptId, end }) => ({
    session,
    transcriptHash: ref.transcriptHash,
    end,
    texts: texts.get(transcriptId) ?? null,
  }))
}

async function digestPages(
  { database, hash }: Context,
  { ref, session }: Readable,
): Promise<DigestBatch> {
  const digester = startDigest(session, { hash })
  await database.read(async (reader) => {
    for await (const events of streamEvents(reader, ref)) {
      for (const event of events) digester.add(event)
    }
  })
  return packDigests([digester.finish(ref.transcriptHash)], digesterVersion)
}
