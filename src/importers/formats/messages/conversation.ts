import { makeId } from '../../../core/ids.ts'
import type { OutcomeSignal } from '../../../core/outcome/signal.ts'
import type { EventBody, Json, JsonObject, Session } from '../../../core/session.ts'
import type { ImportItem, Source } from '../../importer.ts'
import { EventList, makeSessionId, toEventsItem } from '../../session-draft.ts'
import {
  asBoolean,
  asKey,
  asNumber,
  asObject,
  asString,
  asTimestamp,
  exposureLabel,
} from '../../shape.ts'
import { baseName, cutTitle } from '../../simulated-user.ts'

/** What one message becomes. `callId` names a tool use, so that its result can refer to it. */
export interface Part {
  readonly body: EventBody
  readonly callId: string | null
  /** The call that a result answers; its id is put in when the event is made. */
  readonly answers?: string
}

/** Turns one message of a dialect into parts; what it does not know it names. */
export type ReadMessage = (message: JsonObject) => {
  readonly parts: readonly Part[]
  readonly unknown: readonly string[]
}

export interface Conversation {
  /** Place among the file's conversations, from 0. */
  readonly index: number
  /** What stands beside the messages: id, metadata, outcome. */
  readonly wrapper: JsonObject
  readonly messages: AsyncIterable<Json> | Iterable<Json>
}

const batchMessages = 500

/** One conversation as a session, a batch of messages at a time. */
export async function* readConversation(
  source: Source,
  dialect: { readonly format: string; readonly readMessage: ReadMessage },
  conversation: Conversation,
): AsyncIterable<ImportItem> {
  const session = describeSession(source, dialect.format, conversation)
  yield { type: 'session', session }
  const reader = new ConversationReader(source, session, dialect.readMessage)
  let batch: Json[] = [conversation.wrapper]
  for await (const message of conversation.messages) {
    batch.push(message)
    if (batch.length < batchMessages) continue
    yield* reader.read(batch)
    batch = []
  }
  yield* reader.read(batch)
  yield* reader.end(conversation.wrapper)
}

class ConversationReader {
  readonly #source: Source
  readonly #session: Session
  readonly #readMessage: ReadMessage
  readonly #list: EventList
  readonly #calls = new Map<string, ReturnType<EventList['add']>>()
  #firstWords: string | null = null
  #startedAt: string | null = null
  #endedAt: string | null = null
  #record = 0

  constructor(source: Source, session: Session, readMessage: ReadMessage) {
    this.#source = source
    this.#session = session
    this.#readMessage = readMessage
    this.#list = new EventList({ key: session.key, hash: source.hash })
  }

  async *read(batch: readonly Json[]): AsyncIterable<ImportItem> {
    if (batch.length === 0) return
    const masked = await this.#source.mask(batch)
    const firstOrdinal = this.#record
    const unknown: string[] = []
    for (const record of masked.records) {
      // Record 0 is the wrapper.
      if (this.#record > 0) unknown.push(...this.#add(record))
      this.#record += 1
    }
    yield toEventsItem(this.#session.id, this.#list.take(), { ...masked, firstOrdinal })
    for (const reason of unknown) yield { type: 'skipped', reason, count: 1, kept: true }
  }

  async *end(wrapper: JsonObject): AsyncIterable<ImportItem> {
    const body: EventBody = { type: 'session.status_idle', stop_reason: { type: 'end_turn' } }
    this.#list.add({ name: 'end', record: 0, processedAt: this.#endedAt, body })
    const none = { records: [], secrets: [], firstOrdinal: this.#record }
    yield toEventsItem(this.#session.id, this.#list.take(), none)
    const session: Session = {
      ...this.#session,
      title: this.#firstWords === null ? null : cutTitle(this.#firstWords),
      startedAt: this.#startedAt,
      endedAt: this.#endedAt,
    }
    yield { type: 'session_end', session, outcomes: readOutcome(this.#source, session, wrapper) }
  }

  #add(record: Json): readonly string[] {
    const message = asObject(record)
    if (!message) return ['message that is no object']
    const { parts, unknown } = this.#readMessage(message)
    const at = asTimestamp(message.timestamp ?? message.created_at)
    this.#startedAt ??= at
    this.#endedAt = at ?? this.#endedAt
    parts.forEach(({ body, callId, answers }, part) => {
      const id = this.#list.add({
        name: `${this.#record}.${part}`,
        record: this.#record,
        processedAt: at,
        body: answers === undefined ? body : answer(body, this.#calls.get(answers) ?? null),
      })
      if (callId !== null) this.#calls.set(callId, id)
      if (body.type === 'user.message' && this.#firstWords === null) {
        this.#firstWords = body.content
          .map((block) => (block.type === 'text' ? block.text : ''))
          .join(' ')
      }
    })
    return unknown
  }
}

function answer(body: EventBody, id: ReturnType<EventList['add']> | null): EventBody {
  return body.type === 'agent.tool_result' ? { ...body, tool_use_id: id } : body
}

function describeSession(
  source: Source,
  format: string,
  { index, wrapper }: Conversation,
): Session {
  const metadata = asObject(wrapper.metadata) ?? {}
  const find = (...names: string[]) =>
    names.map((name) => asKey(wrapper[name]) ?? asKey(metadata[name])).find((one) => one !== null)
  const id = find('id', 'session_id', 'conversation_id', 'thread_id')
  // Without an id the file names the conversation: it may grow, and must then be found again.
  const key = `${format}:${id ?? `${baseName(source.path)}:${index}`}`
  const model = find('model') ?? null
  const task = find('task_id')
  return {
    id: makeSessionId({ key, hash: source.hash }),
    key,
    format,
    agent: {
      name: find('agent', 'agent_name') ?? model ?? format,
      version: find('agent_version') ?? null,
      model,
    },
    task: {
      type: find('task_type') ?? null,
      id: task === undefined ? null : (source.taskIds[task] ?? task),
    },
    title: null,
    startedAt: null,
    endedAt: null,
    status: 'idle',
    principal: find('user_id', 'user') ?? null,
    labels: exposureLabel(wrapper),
  }
}

/** `success`, `reward` or `score` (0 to 1) beside the messages, or inside `outcome`. */
function readOutcome(source: Source, session: Session, wrapper: JsonObject): OutcomeSignal[] {
  const outcome = asObject(wrapper.outcome) ?? wrapper
  const number = asNumber(outcome.reward) ?? asNumber(outcome.score) ?? asNumber(outcome.value)
  const success = asBoolean(outcome.success)
  if (number === null && success === null) return []
  const value = number === null ? Number(success) : Math.min(Math.max(number, 0), 1)
  const kind = asString(outcome.kind) ?? 'outcome'
  const decidedAt = asTimestamp(outcome.decided_at) ?? session.endedAt
  const verdict = success ?? (value === 1 ? true : value === 0 ? false : null)
  const content = JSON.stringify([value, verdict, decidedAt])
  return [
    {
      id: makeId('osig', source.hash, [session.key, kind, content]),
      sessionId: session.id,
      kind,
      value,
      success: verdict,
      components: {},
      decidedAt,
      source: session.format,
    },
  ]
}
