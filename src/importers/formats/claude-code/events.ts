import type { Hash } from '../../../core/ids.ts'
import type { ContentBlock, EventBody, Json, JsonObject } from '../../../core/session.ts'
import { contentText } from '../../../core/session.ts'
import {
  asArray,
  asInput,
  asNumber,
  asObject,
  asString,
  asUsage,
  textContent,
} from '../../shape.ts'
import type { FileIndex } from './file-index.ts'
import { isInjected, isInterrupt, readContent, splitReminders } from './words.ts'

export interface Draft {
  readonly body: EventBody
  /** The harness's id of a tool use, and of the one that a result answers. */
  readonly callId?: string
  readonly answers?: string
}

interface Surroundings {
  readonly index: FileIndex
  readonly ordinal: number
  readonly hash: Hash
}

interface Read {
  readonly drafts: readonly Draft[]
  /** Why a record, or a part of one, became no event; it is kept raw. */
  readonly skipped: readonly string[]
}

const nothing = (reason: string): Read => ({ drafts: [], skipped: [reason] })
const bookkeeping = new Set([
  'progress',
  'summary',
  'file-history-snapshot',
  'file-history-delta',
  'attachment',
  'mode',
  'permission-mode',
  'last-prompt',
  'cost-state',
  'ai-title',
  'custom-title',
  'agent-name',
  'pr-link',
])

export function readRecord(record: JsonObject, around: Surroundings): Read {
  const type = asString(record.type) ?? 'none'
  if (record.isSidechain === true && !around.index.sidechainFile) {
    return nothing('record of a sub-agent')
  }
  switch (type) {
    case 'user':
      return { drafts: readUser(record), skipped: [] }
    case 'assistant':
      return readAssistant(record, around)
    case 'system':
      return readSystem(record)
    case 'queue-operation':
      return readQueued(record, around)
    default:
      return nothing(
        bookkeeping.has(type) ? `bookkeeping record ${type}` : `unknown record type ${type}`,
      )
  }
}

const system = (text: string): Draft => ({
  body: { type: 'system.message', content: textContent(text) },
})

function readUser(record: JsonObject): Draft[] {
  const content = asObject(record.message)?.content
  const notTyped = record.isMeta === true || record.isCompactSummary === true
  const blocks =
    typeof content === 'string' ? [{ type: 'text', text: content }] : (asArray(content) ?? [])
  return blocks.flatMap((value) => {
    const block = asObject(value as Json) ?? {}
    if (block.type === 'tool_result') return readResult(block)
    if (block.type === 'text') return readText(asString(block.text) ?? '', notTyped)
    const shown = readContent([block])
    return shown.length === 0 ? [] : [{ body: { type: 'user.message', content: shown } }]
  })
}

function readText(text: string, notTyped: boolean): Draft[] {
  if (text.trim() === '') return []
  if (isInterrupt(text)) return [{ body: { type: 'user.interrupt' } }]
  if (notTyped || isInjected(text)) return [system(text)]
  const { own, reminders } = splitReminders(text)
  const said = own.map(
    (words): Draft => ({
      body: { type: 'user.message', content: textContent(words) },
    }),
  )
  return [...said, ...reminders.map(system)]
}

const refusal = "The user doesn't want to proceed with this tool use"
const refusalOfAction = "The user doesn't want to take this action right now"
const saidMarker = 'the user said:\n'
const siblingFailed = '<tool_use_error>Sibling tool call errored</tool_use_error>'

/** `is_error` means three things here: the tool failed, the person refused, or a call beside it failed. */
function readResult(block: JsonObject): Draft[] {
  const content = readContent(block.content)
  const text = contentText(content)
  const answers = asString(block.tool_use_id) ?? ''
  if (block.is_error === true) {
    if (text.startsWith(refusal) || text.startsWith(refusalOfAction)) {
      return [{ body: readRefusal(text), answers }]
    }
    if (text.includes(siblingFailed)) {
      return [{ body: { type: 'lucid.tool_canceled', tool_use_id: null, content }, answers }]
    }
    if (isInterrupt(text)) {
      const canceled: EventBody = { type: 'lucid.tool_canceled', tool_use_id: null, content }
      return [{ body: canceled, answers }, { body: { type: 'user.interrupt' } }]
    }
  }
  return [{ body: toolResult(content, block.is_error === true), answers }]
}

const toolResult = (content: readonly ContentBlock[], isError: boolean): EventBody => ({
  type: 'agent.tool_result',
  tool_use_id: null,
  content,
  is_error: isError,
})

function readRefusal(text: string): EventBody {
  const at = text.indexOf(saidMarker)
  // Newer versions add a note of the harness behind the words.
  const said = at === -1 ? '' : (text.slice(at + saidMarker.length).split('\n\nNote: ')[0] ?? '')
  return {
    type: 'user.tool_confirmation',
    tool_use_id: null,
    result: 'deny',
    deny_message: said.trim() === '' ? null : said,
  }
}

function readAssistant(record: JsonObject, { index, ordinal }: Surroundings): Read {
  const message = asObject(record.message) ?? {}
  const skipped: string[] = []
  const drafts: Draft[] = []
  if (record.isApiErrorMessage === true) {
    const text = contentText(readContent(message.content))
    drafts.push({ body: sessionError(text, 'exhausted') })
  } else {
    for (const value of asArray(message.content) ?? []) {
      const draft = readBlock(asObject(value) ?? {})
      if (typeof draft === 'string') skipped.push(draft)
      else drafts.push(draft)
    }
  }
  // One message of the API is several records with the same usage: it is counted at the last one.
  const usage = asUsage(message.usage)
  const messageId = asString(message.id)
  if (usage && (messageId === null || index.lastOfMessage.get(messageId) === ordinal)) {
    // The log's output_tokens are a stub from the stream's beginning: too low, and all there is.
    drafts.push({ body: { type: 'span.model_request_end', is_error: false, model_usage: usage } })
  }
  return { drafts, skipped }
}

function readBlock(block: JsonObject): Draft | string {
  switch (block.type) {
    case 'text':
      return { body: { type: 'agent.message', content: textContent(asString(block.text) ?? '') } }
    case 'thinking':
    case 'redacted_thinking':
      return { body: { type: 'agent.thinking' } }
    case 'tool_use':
    case 'server_tool_use': {
      const body: EventBody = {
        type: 'agent.tool_use',
        name: asString(block.name) ?? 'unknown',
        input: asInput(block.input),
      }
      const callId = asString(block.id)
      return callId === null ? { body } : { body, callId }
    }
    default:
      return `content block ${asString(block.type) ?? '?'}`
  }
}

function readSystem(record: JsonObject): Read {
  const subtype = asString(record.subtype) ?? 'none'
  if (subtype === 'compact_boundary' || subtype === 'microcompact_boundary') {
    return { drafts: [{ body: { type: 'agent.thread_context_compacted' } }], skipped: [] }
  }
  if (subtype !== 'api_error') return nothing(`bookkeeping record system/${subtype}`)
  const [attempt, most] = [asNumber(record.retryAttempt), asNumber(record.maxRetries)]
  const last = attempt !== null && most !== null && attempt >= most
  const body = sessionError(describeError(record.error), last ? 'exhausted' : 'retrying')
  return { drafts: [{ body }], skipped: [] }
}

function describeError(error: Json | undefined): string {
  const inner = asObject(error)
  return asString(error) ?? asString(inner?.message) ?? asString(inner?.code) ?? 'API error'
}

function sessionError(message: string, retry: 'retrying' | 'exhausted'): EventBody {
  return {
    type: 'session.error',
    error: { type: 'model_request_failed_error', message },
    retry_status: { type: retry },
  }
}

/** A prompt typed while the agent works: a prompt of its own unless it comes again as one. */
function readQueued(record: JsonObject, { index, hash }: Surroundings): Read {
  const text = asString(record.content)
  if (record.operation !== 'enqueue' || text === null || text.trim() === '') {
    return nothing('bookkeeping record queue-operation')
  }
  if (isInjected(text)) return { drafts: [system(text)], skipped: [] }
  if (index.prompts.has(hash(text.trim()).slice(0, 16))) {
    return nothing('queued prompt that was sent later')
  }
  return { drafts: [{ body: { type: 'user.message', content: textContent(text) } }], skipped: [] }
}
