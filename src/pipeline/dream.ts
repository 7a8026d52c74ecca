import type { Actor } from '../core/audit/record.ts'
import { DomainError } from '../core/errors.ts'
import type { Hash, MemoryStoreId } from '../core/ids.ts'
import type { DreamReport } from '../core/present/dream-report.ts'
import type { Reader } from '../storage/database.ts'
import { type DreamSession, dreamFormat, insertDreamSessions } from '../storage/dream-sessions.ts'
import { type Dream, insertDream, listDreams } from '../storage/dreams.ts'
import { listStandingEndorsements } from '../storage/endorsements.ts'
import { listMemories } from '../storage/memories.ts'
import { enqueueFirst } from '../storage/new-dream.ts'
import { listOutcomeSignalIds } from '../storage/outcome-signals.ts'
import { listCurrentTranscripts, type SessionFilter } from '../storage/sessions.ts'
import type { Context } from './context.ts'
import type { OnProgress } from './reports.ts'
import { workUntilEnded } from './worker.ts'

export interface DreamRequest {
  readonly storeId: MemoryStoreId
  readonly filter: SessionFilter
  readonly actor: Actor
}

/** Raised when a change of the engine makes the same inputs worth dreaming over again. */
const engineVersion = 'lucidream-builtin@2'

/**
 * Dreams over the chosen sessions and waits for the end. The same inputs (memories, transcripts, outcomes,
 * engine) are the same dream: one that was cut off goes on where it stopped, one that is complete is
 * answered again without work, which `repeated` says.
 */
export async function dream(
  context: Context,
  request: DreamRequest,
  onProgress: OnProgress,
): Promise<{ readonly report: DreamReport; readonly repeated: boolean }> {
  const { id, repeated } = await beginDream(context, request)
  const ended = await workUntilEnded(context, id, onProgress)
  return { report: toReport(ended), repeated }
}

/** The dream over these inputs, made where there is none; whoever works on jobs does the rest. */
export async function beginDream(context: Context, request: DreamRequest) {
  const { storeId, filter, actor } = request
  return context.database.write(actor, async (writer) => {
    const inputs = await readInputs(writer, request)
    const inputsHash = hashInputs(context.hash, request, inputs)
    const same = await listDreams(writer, { filter: { inputsHash }, limit: 10 })
    const usable = same.find(({ status }) => status !== 'failed' && status !== 'canceled')
    if (usable) return { id: usable.id, repeated: usable.status === 'completed' }
    const created = await insertDream(writer, {
      inputStoreId: storeId,
      inputsHash,
      options: { engine: engineVersion, filter: JSON.parse(JSON.stringify(filter)) },
    })
    await insertDreamSessions(writer, created.id, inputs.sessions)
    await enqueueFirst(writer, context, created.id)
    await writer.audit({
      action: 'dream.created',
      objectType: 'dream',
      objectId: created.id,
      afterHash: inputsHash,
    })
    return { id: created.id, repeated: false }
  })
}

interface Inputs {
  readonly sessions: readonly DreamSession[]
  readonly memories: readonly string[]
  readonly outcomes: readonly string[]
  /** Left out where nobody stands for anything. */
  readonly endorsements?: readonly string[]
}

async function readInputs(reader: Reader, { storeId, filter }: DreamRequest): Promise<Inputs> {
  const sessions = (await listCurrentTranscripts(reader, filter))
    .filter(({ format }) => format !== dreamFormat)
    .map(({ format: _, ...session }) => session)
  const ids = sessions.map((session) => session.sessionId)
  const memories = await listMemories(reader, storeId)
  const endorsed = await listStandingEndorsements(reader, storeId)
  return {
    sessions,
    memories: memories.map(({ path, contentSha256 }) => `${path}\0${contentSha256}`),
    outcomes: await listOutcomeSignalIds(reader, ids),
    ...(endorsed.length === 0 ? {} : { endorsements: endorsed.map(({ id }) => id) }),
  }
}

function hashInputs(hash: Hash, { storeId }: DreamRequest, inputs: Inputs): string {
  return hash(JSON.stringify([engineVersion, storeId, inputs]))
}

function toReport(ended: Dream): DreamReport {
  if (ended.status === 'completed') {
    return { dreamId: ended.id, ...(ended.report as unknown as Omit<DreamReport, 'dreamId'>) }
  }
  const why = ended.error ? `: ${ended.error.message}` : ''
  throw new DomainError('conflict', `Dream ${ended.id} ${ended.status}${why}`)
}
