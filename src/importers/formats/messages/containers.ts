import type { Json, JsonObject } from '../../../core/session.ts'
import type { Head, ImportItem, Source } from '../../importer.ts'
import { readElements } from '../../reading/elements.ts'
import { parseRecords, readLines } from '../../reading/lines.ts'
import { asArray, asObject, asString } from '../../shape.ts'
import { type ReadMessage, readConversation } from './conversation.ts'

export interface Dialect {
  readonly format: string
  readonly readMessage: ReadMessage
}

/** The first messages that a file shows, however it packs them; empty when it holds no conversation. */
export function peekMessages(head: Head): readonly JsonObject[] {
  if (head.records.length > 0) return head.records.flatMap(messagesOf).slice(0, 50)
  // One large document: whole objects with a role, taken from its beginning.
  const { records } = parseRecords(cutToMessages(head.text))
  return records.flatMap(messagesOf).slice(0, 50)
}

/** Every way in which messages are packed; what is no conversation is counted. */
export async function* readContainer(source: Source, dialect: Dialect): AsyncIterable<ImportItem> {
  const shape = await findShape(source)
  if (shape === 'lines') yield* readLineConversations(source, dialect)
  else yield* readDocument(source, dialect, shape)
}

type Shape = 'lines' | 'messages' | 'conversations'

/**
 * lines: several JSON values, one a line. messages: one document, whose array holds messages.
 * conversations: one document, whose array holds conversations.
 */
async function findShape(source: Source): Promise<Shape> {
  let first: string | null = null
  for await (const line of readLines(source.open(), source.limits.recordBytes)) {
    if ('tooLong' in line) break
    if (first === null) {
      first = line.text
      continue
    }
    return isWholeJson(first) ? 'lines' : await findDocumentShape(source)
  }
  const value = first === null ? null : asObject(parseRecords(first).records[0])
  // A single line that is one wrapped conversation or one message reads the same either way.
  return value ? 'lines' : await findDocumentShape(source)
}

async function findDocumentShape(source: Source): Promise<Shape> {
  for await (const piece of documentPieces(source)) {
    if (piece.type !== 'element') continue
    return asString(asObject(piece.value)?.role) === null ? 'conversations' : 'messages'
  }
  return 'messages'
}

const documentPieces = (source: Source) =>
  readElements(source.open(), {
    path: source.path,
    arrayKey: 'messages',
    recordBytes: source.limits.recordBytes,
  })

async function* readLineConversations(source: Source, dialect: Dialect): AsyncIterable<ImportItem> {
  let loose: JsonObject[] = []
  let index = 0
  for await (const line of readLines(source.open(), source.limits.recordBytes)) {
    if ('tooLong' in line) {
      yield { type: 'skipped', reason: 'line longer than the record limit', count: 1, kept: false }
      continue
    }
    if (line.invalidUtf8) {
      yield { type: 'skipped', reason: 'invalid UTF-8, replaced by U+FFFD', count: 1, kept: true }
    }
    const { records, torn } = parseRecords(line.text)
    if (torn !== null) yield { type: 'skipped', reason: 'torn line', count: 1, kept: false }
    for (const record of records) {
      const messages = conversationOf(record)
      if (messages) {
        const { messages: _, ...wrapper } = asObject(record) ?? {}
        yield* readConversation(source, dialect, { index, wrapper, messages })
        index += 1
      } else if (isMessage(record)) loose.push(record)
      else yield { type: 'skipped', reason: 'record that is no message', count: 1, kept: false }
    }
  }
  // A file of single messages is one conversation.
  if (loose.length > 0) {
    yield* readConversation(source, dialect, { index, wrapper: {}, messages: loose })
    loose = []
  }
}

async function* readDocument(
  source: Source,
  dialect: Dialect,
  shape: Exclude<Shape, 'lines'>,
): AsyncIterable<ImportItem> {
  const notes: ImportItem[] = []
  if (shape === 'messages') {
    const wrapper = await readWrapper(source)
    const messages = elementsOf(source, notes)
    yield* readConversation(source, dialect, { index: 0, wrapper, messages })
    yield* notes
    return
  }
  let index = 0
  for await (const element of elementsOf(source, notes)) {
    const messages = conversationOf(element)
    if (messages) {
      const { messages: _, ...wrapper } = asObject(element) ?? {}
      yield* readConversation(source, dialect, { index, wrapper, messages })
      index += 1
    } else
      yield { type: 'skipped', reason: 'element that is no conversation', count: 1, kept: false }
  }
  yield* notes
}

/** Members beside `messages` may follow them; they are read first, for the session's key. */
async function readWrapper(source: Source): Promise<JsonObject> {
  const members: [string, Json][] = []
  for await (const piece of documentPieces(source)) {
    if (piece.type === 'member') members.push([piece.key, piece.value])
  }
  return Object.fromEntries(members)
}

async function* elementsOf(source: Source, notes: ImportItem[]): AsyncIterable<Json> {
  for await (const piece of documentPieces(source)) {
    if (piece.type === 'element') yield piece.value
    if (piece.type !== 'tooLarge') continue
    const reason = 'message larger than the record limit'
    notes.push({ type: 'skipped', reason, count: 1, kept: false })
  }
}

const roles = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function'])

function isMessage(value: Json): value is JsonObject {
  const role = asString(asObject(value)?.role)
  return role !== null && roles.has(role)
}

function conversationOf(value: Json): readonly Json[] | null {
  const messages = asArray(value) ?? asArray(asObject(value)?.messages)
  return messages?.some(isMessage) ? messages : null
}

const messagesOf = (record: Json): JsonObject[] =>
  (conversationOf(record) ?? [record]).filter(isMessage)

function cutToMessages(text: string): string {
  const array = text.search(/"messages"\s*:\s*\[/)
  const from = text.indexOf('[', Math.max(array, 0))
  return from === -1 ? text : text.slice(from + 1).replace(/^[\s[]+/, '')
}

function isWholeJson(text: string): boolean {
  const { records, torn } = parseRecords(text)
  return records.length > 0 && torn === null
}
