import type { ContentBlock, EventBody, Json, JsonObject } from '../../../core/session.ts'
import type { Importer } from '../../importer.ts'
import { asArray, asInput, asObject, asString, textContent } from '../../shape.ts'
import { peekMessages, readContainer } from './containers.ts'
import type { Part } from './conversation.ts'

const ownBlocks = new Set(['tool_use', 'tool_result', 'thinking', 'redacted_thinking'])

/** Arrays of Anthropic Messages, as JSON or JSON lines: told from OpenAI's by their content blocks. */
export const anthropicMessages: Importer = {
  format: 'anthropic-messages',
  version: 1,
  detect: (head) =>
    peekMessages(head).some((message) =>
      (asArray(message.content) ?? []).some((block) =>
        ownBlocks.has(asString(asObject(block)?.type) ?? ''),
      ),
    ),
  read: (source) => readContainer(source, { format: 'anthropic-messages', readMessage }),
}

function readMessage(message: JsonObject): { parts: Part[]; unknown: string[] } {
  const said = {
    system: 'system.message',
    user: 'user.message',
    assistant: 'agent.message',
  } as const
  const role = asString(message.role)
  if (role !== 'system' && role !== 'user' && role !== 'assistant') {
    return { parts: [], unknown: [`message with role ${role ?? '?'}`] }
  }
  const type = said[role]
  if (typeof message.content === 'string') {
    const content = textContent(message.content)
    return {
      parts: message.content === '' ? [] : [{ body: { type, content }, callId: null }],
      unknown: [],
    }
  }
  return readBlocks(asArray(message.content) ?? [], type)
}

type Said = 'system.message' | 'user.message' | 'agent.message'

/** Neighbouring text and images are one event; each tool block is one of its own. */
function readBlocks(blocks: readonly Json[], type: Said): { parts: Part[]; unknown: string[] } {
  const parts: Part[] = []
  const unknown: string[] = []
  let content: ContentBlock[] = []
  const flush = () => {
    if (content.length > 0) parts.push({ body: { type, content }, callId: null })
    content = []
  }
  for (const value of blocks) {
    const block = asObject(value) ?? {}
    const plain = readPlain(block)
    if (plain) {
      content.push(plain)
      continue
    }
    flush()
    const part = readToolBlock(block)
    if (part) parts.push(part)
    else unknown.push(`content block ${asString(block.type) ?? '?'}`)
  }
  flush()
  return { parts, unknown }
}

function readPlain(block: JsonObject): ContentBlock | null {
  if (block.type === 'text') return { type: 'text', text: asString(block.text) ?? '' }
  if (block.type !== 'image' && block.type !== 'document') return null
  return { type: block.type, media_type: asString(asObject(block.source)?.media_type) }
}

function readToolBlock(block: JsonObject): Part | null {
  const part = (body: EventBody): Part => ({ body, callId: null })
  switch (block.type) {
    case 'thinking':
    case 'redacted_thinking':
      return part({ type: 'agent.thinking' })
    case 'tool_use':
    case 'server_tool_use': {
      const name = asString(block.name) ?? 'unknown'
      return {
        body: { type: 'agent.tool_use', name, input: asInput(block.input) },
        callId: asString(block.id),
      }
    }
    case 'tool_result':
      return {
        body: {
          type: 'agent.tool_result',
          tool_use_id: null,
          content: readResult(block.content),
          is_error: block.is_error === true,
        },
        callId: null,
        answers: asString(block.tool_use_id) ?? '',
      }
    default:
      return null
  }
}

function readResult(value: Json | undefined): readonly ContentBlock[] {
  if (typeof value === 'string') return textContent(value)
  return (asArray(value) ?? []).flatMap((block) => readPlain(asObject(block) ?? {}) ?? [])
}
