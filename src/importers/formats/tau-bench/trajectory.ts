import type { EventId } from '../../../core/ids.ts'
import type { EventBody, Json, JsonObject, SessionEvent } from '../../../core/session.ts'
import { type DraftOptions, EventList } from '../../session-draft.ts'
import { asArray, asInput, asObject, asString, textContent } from '../../shape.ts'
import { readUtterance } from '../../simulated-user.ts'

export interface Trajectory {
  readonly events: readonly SessionEvent[]
  readonly firstWords: string | null
  /** One reason per message that became no event. */
  readonly unknown: readonly string[]
}

/** Messages of one run; message n came from raw record n + 1. */
export function readTrajectory(messages: readonly Json[], options: DraftOptions): Trajectory {
  const list = new EventList(options)
  const calls = new Map<string, EventId>()
  const unknown: string[] = []
  let firstWords: string | null = null
  let stopped = false
  messages.forEach((value, index) => {
    const message = asObject(value) ?? {}
    const parts = readMessage(message, calls)
    if (parts.length === 0)
      unknown.push(`message with role ${asString(message.role) ?? '?'} and no text`)
    parts.forEach(({ body, callId }, part) => {
      if (body.type === 'user.message') firstWords ??= contentOf(message)
      stopped ||= body.type === 'session.status_idle'
      const name = `${index}.${part}`
      const id = list.add({ name, record: index + 1, processedAt: null, body })
      if (callId !== null) calls.set(callId, id)
    })
  })
  if (!stopped) {
    const body: EventBody = { type: 'session.status_idle', stop_reason: { type: 'end_turn' } }
    list.add({ name: 'end', record: 0, processedAt: null, body })
  }
  return { events: list.take(), firstWords, unknown }
}

interface Part {
  readonly body: EventBody
  readonly callId: string | null
}

function readMessage(message: JsonObject, calls: ReadonlyMap<string, EventId>): Part[] {
  const content = contentOf(message)
  const only = (body: EventBody): Part[] => [{ body, callId: null }]
  switch (message.role) {
    case 'system':
      return only({ type: 'system.message', content: textContent(content) })
    case 'user':
      return readUserMessage(content)
    case 'assistant': {
      const said: EventBody = { type: 'agent.message', content: textContent(content) }
      return [...(content === '' ? [] : only(said)), ...readCalls(message)]
    }
    case 'tool':
      // The format has no flag: its tools answer a failure with a text that begins so.
      return only({
        type: 'agent.tool_result',
        tool_use_id: calls.get(asString(message.tool_call_id) ?? '') ?? null,
        content: textContent(content),
        is_error: content.startsWith('Error'),
      })
    default:
      return []
  }
}

function readUserMessage(content: string): Part[] {
  const { text, stops } = readUtterance(content)
  const parts: Part[] = []
  if (text !== '') {
    parts.push({ body: { type: 'user.message', content: textContent(text) }, callId: null })
  }
  if (stops) {
    const body: EventBody = { type: 'session.status_idle', stop_reason: { type: 'end_turn' } }
    parts.push({ body, callId: null })
  }
  return parts
}

function readCalls(message: JsonObject): Part[] {
  return (asArray(message.tool_calls) ?? []).map((value) => {
    const call = asObject(value) ?? {}
    const called = asObject(call.function) ?? {}
    const name = asString(called.name) ?? 'unknown'
    return {
      body: { type: 'agent.tool_use', name, input: asInput(called.arguments) },
      callId: asString(call.id),
    }
  })
}

const contentOf = (message: JsonObject) => asString(message.content) ?? ''
