import { StringDecoder } from 'node:string_decoder'
import type { Json } from '../../core/session.ts'

export interface Line {
  /** From 1. */
  readonly number: number
  readonly text: string
  readonly invalidUtf8: boolean
}

/** A line over the limit: counted, not kept. */
export interface LongLine {
  readonly number: number
  readonly tooLong: number
}

const lineFeed = 0x0a

/** Lines of a byte stream; memory is bounded by `limit` and one chunk. Empty lines are left out but counted. */
export async function* readLines(
  bytes: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncIterable<Line | LongLine> {
  let number = 0
  let parts: Uint8Array[] = []
  let length = 0
  const take = (): Line | LongLine | null => {
    number += 1
    const [kept, total] = [parts, length]
    parts = []
    length = 0
    if (total > limit) return { number, tooLong: total }
    return decodeLine(number, kept)
  }
  for await (const chunk of bytes) {
    let from = 0
    for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, from)) {
      length += at - from
      if (length <= limit) parts.push(chunk.subarray(from, at))
      from = at + 1
      const line = take()
      if (line) yield line
    }
    length += chunk.length - from
    if (length > limit) parts = []
    // A copy: the stream may reuse its chunk, and a slice would keep all of it alive.
    else if (from < chunk.length) parts.push(Uint8Array.from(chunk.subarray(from)))
  }
  const last = length > 0 ? take() : null
  if (last) yield last
}

function decodeLine(number: number, parts: readonly Uint8Array[]): Line | null {
  const bytes = Buffer.concat(parts)
  const start = number === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  const end = bytes.at(-1) === 0x0d ? bytes.length - 1 : bytes.length
  const content = bytes.subarray(start, Math.max(start, end))
  const text = new StringDecoder('utf8').end(content)
  if (text.trim() === '') return null
  const invalidUtf8 = text.includes('\uFFFD') && !content.equals(Buffer.from(text))
  return { number, text, invalidUtf8 }
}

export interface ParsedLine {
  readonly records: readonly Json[]
  /** What of the line is no JSON value, or null. */
  readonly torn: string | null
}

/**
 * The JSON values of one line. Crashes and parallel writers glue records together (`{…}{…}`) or tear them;
 * whole values are recovered, the rest is reported.
 */
export function parseRecords(text: string): ParsedLine {
  const whole = tryParse(text)
  if (whole !== undefined) return { records: [whole], torn: null }
  const records: Json[] = []
  const torn: string[] = []
  let from = 0
  while (from < text.length) {
    const start = text.indexOf('{', from)
    if (start === -1) break
    if (text.slice(from, start).trim() !== '') torn.push(text.slice(from, start))
    const end = findObjectEnd(text, start)
    const value = end === -1 ? undefined : tryParse(text.slice(start, end))
    if (value === undefined) {
      // Not whole here; the next record may begin where the log's own records begin.
      const next = text.indexOf('{"', start + 1)
      const resume = end === -1 && next !== -1 ? nextTopLevel(text, start) : end
      if (resume === -1) return { records, torn: [...torn, text.slice(start)].join('') }
      torn.push(text.slice(start, resume))
      from = resume
    } else {
      records.push(value)
      from = end
    }
  }
  if (text.slice(from).trim() !== '') torn.push(text.slice(from))
  return { records, torn: torn.length === 0 ? null : torn.join('') }
}

/** Where a torn record's successor begins: the first later `{"` from which a whole value runs to the end. */
function nextTopLevel(text: string, from: number): number {
  // Bounded: a hostile line of braces must not cost quadratic time.
  let tries = 0
  for (
    let at = text.indexOf('{"', from + 1);
    at !== -1 && tries < 64;
    at = text.indexOf('{"', at + 1)
  ) {
    tries += 1
    const end = findObjectEnd(text, at)
    if (
      end !== -1 &&
      text.slice(end).trim() === '' &&
      tryParse(text.slice(at, end)) !== undefined
    ) {
      return at
    }
  }
  return -1
}

function findObjectEnd(text: string, start: number): number {
  let depth = 0
  let inString = false
  for (let at = start; at < text.length; at += 1) {
    const char = text[at]
    if (inString) {
      if (char === '\\') at += 1
      else if (char === '"') inString = false
    } else if (char === '"') inString = true
    else if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return -1
}

function tryParse(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
