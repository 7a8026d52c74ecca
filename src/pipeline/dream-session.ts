import { makeId, type SessionId } from '../core/ids.ts'
import type { JsonObject } from '../core/session.ts'
import { insertImportedAgent, nameImportedAgent } from '../storage/agents.ts'
import type { Reader, Writer } from '../storage/database.ts'
import { dreamFormat } from '../storage/dream-sessions.ts'
import type { Dream } from '../storage/dreams.ts'
import { importedEnvironment } from '../storage/environments.ts'
import { appendSessionEvents } from '../storage/live-events.ts'
import { archiveSession, insertLiveSession } from '../storage/live-sessions.ts'
import { findSession } from '../storage/sessions.ts'

/** What a dream says in its session: a remark, or one thing that it did with what came of it. */
export type Passage =
  | { readonly say: string }
  | { readonly use: string; readonly input: JsonObject; readonly answer: string }

/** The engine that runs every dream until there are others. */
const builtinEngine = 'lucidream-builtin'

/** Longer results are cut; the rows themselves can be read over the API. */
const longestAnswer = 20_000

/** The id of the session that will show the dream's work; the same whenever the dream is begun again. */
export const nameDreamSession = (writer: Writer, { id }: Pick<Dream, 'id'>): SessionId =>
  makeId('sesn', writer.hash, [id, 'session'])

/** Begins the session that shows what the dream reads and writes. */
export async function openDreamSession(
  writer: Writer,
  dream: Dream,
  sessionId: SessionId,
): Promise<void> {
  const agent = { name: builtinEngine, version: null, model: builtinEngine }
  const agentId = nameImportedAgent(writer.hash, agent)
  await insertImportedAgent(writer, agent)
  await insertLiveSession(writer, {
    session: {
      id: sessionId,
      key: `dream ${dream.id}`,
      format: dreamFormat,
      agent,
      task: { type: null, id: null },
      title: `Dream ${dream.ordinal}`,
      startedAt: writer.at,
      endedAt: null,
      status: 'idle',
      principal: null,
      labels: {},
    },
    agent: { id: agentId, version: 1, snapshot: null },
    environmentId: importedEnvironment,
    metadata: { dream_id: dream.id },
  })
  await writer.audit({ action: 'session.created', objectType: 'session', objectId: sessionId })
  await appendSessionEvents(writer, sessionId, [
    { type: 'session.status_running' },
    { type: 'agent.message', content: [{ type: 'text', text: introduce(dream) }] },
  ])
}

/** Appends what was done, in order; a dream of the command line has no session and nobody to tell. */
export async function narrate(
  writer: Writer,
  { sessionId }: Pick<Dream, 'sessionId'>,
  passages: readonly Passage[],
): Promise<void> {
  if (sessionId === null || passages.length === 0) return
  if (await isGone(writer, sessionId)) return
  const uses = passages.flatMap((one) =>
    'use' in one ? [{ type: 'agent.tool_use' as const, name: one.use, input: one.input }] : [],
  )
  const used = uses.length === 0 ? [] : await appendSessionEvents(writer, sessionId, uses)
  const results = passages.flatMap((one) => ('use' in one ? [one.answer] : []))
  const rest = [
    ...results.map((text, index) => ({
      type: 'agent.tool_result' as const,
      tool_use_id: used[index]?.id ?? null,
      content: [{ type: 'text' as const, text: cut(text) }],
      is_error: false,
    })),
    ...passages.flatMap((one) =>
      'say' in one
        ? [{ type: 'agent.message' as const, content: [{ type: 'text' as const, text: one.say }] }]
        : [],
    ),
  ]
  if (rest.length > 0) await appendSessionEvents(writer, sessionId, rest)
}

/** Says how it ended and archives the session: its events stay. */
export async function closeDreamSession(
  writer: Writer,
  { sessionId }: Pick<Dream, 'sessionId'>,
  last: string,
): Promise<void> {
  if (sessionId === null || (await isGone(writer, sessionId))) return
  await appendSessionEvents(writer, sessionId, [
    { type: 'agent.message', content: [{ type: 'text', text: last }] },
    { type: 'session.status_idle', stop_reason: { type: 'end_turn' } },
  ])
  await archiveSession(writer, sessionId)
  await writer.audit({ action: 'session.archived', objectType: 'session', objectId: sessionId })
}

/** Somebody deleted the session: the dream goes on without a witness. */
async function isGone(reader: Reader, id: SessionId): Promise<boolean> {
  const found = await findSession(reader, id)
  return found === null || found.deletedAt !== null
}

function introduce({ id, model, instructions, sessionCount, outputBehavior }: Dream): string {
  const target =
    outputBehavior === 'create_new'
      ? 'The input store is copied and only the copy is changed.'
      : 'The changes are written into the input store itself, at the end and at once.'
  const engine =
    model === builtinEngine
      ? 'It runs on the builtin engine, which asks no model and uses no tokens.'
      : `The model ${model} is not available here: it runs on the builtin engine, which asks no model and uses no tokens.`
  const prose =
    instructions === null
      ? ''
      : ' Its instructions are kept with it, but the builtin engine cannot follow prose and does not read them.'
  return `Dream ${id} over ${countOf(sessionCount, 'session')}. ${engine}${prose} ${target}`
}

/** `1 session`, `2 sessions`, `3 memories`. */
export function countOf(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`
  return `${count} ${noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`}`
}

const cut = (text: string) =>
  text.length <= longestAnswer
    ? text
    : `${text.slice(0, longestAnswer).toWellFormed()}\n… ${text.length - longestAnswer} characters more`
