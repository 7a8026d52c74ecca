import type { EventId } from '../../../core/ids.ts'
import type { EventBody, Json, JsonObject, SessionEvent } from '../../../core/session.ts'
import { type DraftOptions, EventList } from '../../session-draft.ts'
import {
  asArray,
  asInput,
  asObject,
  asString,
  asTimestamp,
  asUsage,
  textContent,
} from '../../shape.ts'
import { readUtterance } from '../../simulated-user.ts'

export interface SimulationInput {
  readonly messages: readonly Json[]
  readonly termination: string | null
  readonly endedAt: string | null
  readonly options: DraftOptions
}

export interface SimulationEvents {
  readonly events: readonly SessionEvent[]
  readonly firstWords: string | null
  readonly terminated: boolean
  readonly unknown: readonly string[]
}

/** Messages of one simulation; message n came from raw record n + 1, the ending from record 0. */
export function readSimulation(input: SimulationInput): SimulationEvents {
  const list = new EventList(input.options)
  const calls = new Map<string, EventId>()
  const unknown: string[] = []
  let firstWords: string | null = null
  input.messages.forEach((value, index) => {
    const message = asObject(value) ?? {}
    const parts = readMessage(message, calls)
    // A message of nothing but a control word is told by the termination reason.
    if (parts.length === 0 && !readUtterance(contentOf(message)).stops) {
      unknown.push(`message with role ${asString(message.role) ?? '?'} and no text`)
    }
    const processedAt = asTimestamp(message.timestamp)
    parts.forEach(({ body, callId }, part) => {
      if (body.type === 'user.message') firstWords ??= readUtterance(contentOf(message)).text
      const id = list.add({ name: `${index}.${part}`, record: index + 1, processedAt, body })
      if (callId !== null) calls.set(callId, id)
    })
  })
  const ending = readEnding(input.termination)
  ending.forEach((body, part) => {
    list.add({ name: `end.${part}`, record: 0, processedAt: input.endedAt, body })
  })
  const terminated = ending.some((body) => body.type === 'session.status_terminated')
  return { events: list.take(), firstWords, terminated, unknown }
}

interface Part {
  readonly body: EventBody
  readonly callId: string | null
}

const noCall = (body: EventBody): Part => ({ body, callId: null })

function readMessage(message: JsonObject, calls: ReadonlyMap<string, EventId>): Part[] {
  switch (message.role) {
    case 'system':
      return [noCall({ type: 'system.message', content: textContent(contentOf(message)) })]
    case 'user':
      return readUserMessage(message)
    case 'assistant':
      return readAgentMessage(message)
    case 'tool':
      return [readToolMessage(message, calls)]
    default:
      return []
  }
}

function readUserMessage(message: JsonObject): Part[] {
  const { text } = readUtterance(contentOf(message))
  const parts: Part[] = []
  if (text !== '') parts.push(noCall({ type: 'user.message', content: textContent(text) }))
  // A tool that the simulated user turned to is no act of the agent.
  for (const { name, input, callId } of readCalls(message)) {
    parts.push({ body: { type: 'lucid.user_tool_use', name, input }, callId })
  }
  return parts
}

function readAgentMessage(message: JsonObject): Part[] {
  const content = contentOf(message)
  const parts: Part[] = []
  if (asString(message.reasoning)) parts.push(noCall({ type: 'agent.thinking' }))
  if (content !== '') parts.push(noCall({ type: 'agent.message', content: textContent(content) }))
  for (const { name, input, callId, byUser } of readCalls(message)) {
    const type = byUser ? 'lucid.user_tool_use' : 'agent.tool_use'
    parts.push({ body: { type, name, input }, callId })
  }
  const usage = asUsage(message.usage)
  if (usage) {
    parts.push(noCall({ type: 'span.model_request_end', is_error: false, model_usage: usage }))
  }
  return parts
}

/** The tool message's own id is the id of the call that it answers. */
function readToolMessage(message: JsonObject, calls: ReadonlyMap<string, EventId>): Part {
  const answered = asString(message.id) ?? asString(message.tool_call_id) ?? ''
  const result = {
    tool_use_id: calls.get(answered) ?? null,
    content: textContent(contentOf(message)),
    is_error: message.error === true,
  }
  const byUser = message.requestor === 'user'
  return noCall({ type: byUser ? 'lucid.user_tool_result' : 'agent.tool_result', ...result })
}

function readCalls(message: JsonObject) {
  return (asArray(message.tool_calls) ?? []).map((value) => {
    const call = asObject(value) ?? {}
    return {
      name: asString(call.name) ?? 'unknown',
      input: asInput(call.arguments),
      callId: asString(call.id),
      byUser: call.requestor === 'user',
    }
  })
}

function readEnding(termination: string | null): EventBody[] {
  if (termination === null) return []
  if (termination === 'user_stop' || termination === 'agent_stop') {
    return [{ type: 'session.status_idle', stop_reason: { type: 'end_turn' } }]
  }
  const message = `The run was ended: ${termination}.`
  return [
    {
      type: 'session.error',
      error: { type: termination, message },
      retry_status: { type: 'terminal' },
    },
    { type: 'session.status_terminated' },
  ]
}

const contentOf = (message: JsonObject) => asString(message.content) ?? ''
