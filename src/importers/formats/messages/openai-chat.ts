import type { ContentBlock, Json, JsonObject } from '../../../core/session.ts'
import type { Importer } from '../../importer.ts'
import { asArray, asInput, asObject, asString } from '../../shape.ts'
import { peekMessages, readContainer } from './containers.ts'
import type { Part } from './conversation.ts'

/** Arrays of OpenAI chat completion messages, as JSON or JSON lines. */
export const openaiChat: Importer = {
  format: 'openai-chat',
  version: 1,
  detect: (head) => peekMessages(head).length > 0,
  read: (source) => readContainer(source, { format: 'openai-chat', readMessage }),
}

function readMessage(message: JsonObject): { parts: Part[]; unknown: string[] } {
  const { content, unknown } = readContent(message.content)
  const body = (type: 'system.message' | 'user.message' | 'agent.message'): Part[] =>
    content.length === 0 ? [] : [{ body: { type, content }, callId: null }]
  switch (message.role) {
    case 'system':
    case 'developer':
      return { parts: body('system.message'), unknown }
    case 'user':
      return { parts: body('user.message'), unknown }
    case 'assistant':
      return { parts: [...body('agent.message'), ...readCalls(message)], unknown }
    case 'tool':
    case 'function': {
      const answers = asString(message.tool_call_id) ?? asString(message.name) ?? ''
      // This format flags no failures; the digest judges by the text.
      const result = {
        type: 'agent.tool_result',
        tool_use_id: null,
        content,
        is_error: false,
      } as const
      return { parts: [{ body: result, callId: null, answers }], unknown }
    }
    default:
      return { parts: [], unknown: [`message with role ${asString(message.role) ?? '?'}`] }
  }
}

function readCalls(message: JsonObject): Part[] {
  const calls = (asArray(message.tool_calls) ?? []).map((one) => asObject(one) ?? {})
  const legacy = asObject(message.function_call)
  const all = legacy ? [...calls, { id: legacy.name ?? null, function: legacy }] : calls
  return all.map((call: JsonObject) => {
    const called = asObject(call.function) ?? asObject(call.custom) ?? {}
    return {
      body: {
        type: 'agent.tool_use',
        name: asString(called.name) ?? 'unknown',
        input: asInput(called.arguments ?? called.input),
      },
      callId: asString(call.id),
    }
  })
}

function readContent(value: Json | undefined): { content: ContentBlock[]; unknown: string[] } {
  if (typeof value === 'string') {
    return { content: value === '' ? [] : [{ type: 'text', text: value }], unknown: [] }
  }
  const unknown: string[] = []
  const content: ContentBlock[] = []
  for (const block of asArray(value) ?? []) {
    const { type, text, refusal } = asObject(block) ?? {}
    const words = asString(text) ?? asString(refusal)
    if (words !== null) content.push({ type: 'text', text: words })
    else if (type === 'image_url' || type === 'input_image') {
      content.push({ type: 'image', media_type: null })
    } else if (type === 'file') content.push({ type: 'document', media_type: null })
    else unknown.push(`content block ${asString(type) ?? '?'}`)
  }
  return { content, unknown }
}
