import { DomainError } from '../../core/errors.ts'
import type { Json } from '../../core/session.ts'

/** One piece of a large JSON document: an element of its long array, or a member beside that array. */
export type Piece =
  | { readonly type: 'element'; readonly index: number; readonly value: Json }
  | { readonly type: 'member'; readonly key: string; readonly value: Json }
  /** Larger than the limit: counted, not kept. `key` is null for an element. */
  | { readonly type: 'tooLarge'; readonly key: string | null; readonly bytes: number }

export interface ElementsOptions {
  /** For messages. */
  readonly path: string
  /** The member of an outer object whose array is long; an outer array needs none. */
  readonly arrayKey: string
  readonly recordBytes: number
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
const opens = (byte: number) => byte === openBrace || byte === openBracket
const closes = (byte: number) => byte === closeBrace || byte === closeBracket

/**
 * Yields the pieces of a JSON document in file order with memory bounded by the largest one. Only the places
 * of the pieces are found here, by strings, escapes and depth; JSON.parse judges each piece.
 */
export async function* readElements(
  bytes: AsyncIterable<Uint8Array>,
  options: ElementsOptions,
): AsyncIterable<Piece> {
  const scanner = new Scanner(options)
  for await (const chunk of bytes) {
    const fault = attempt(() => scanner.scan(chunk))
    yield* scanner.take()
    if (fault) throw fault.error
  }
  scanner.end()
}

/** What stands before a fault is still delivered. */
function attempt(work: () => void): { readonly error: unknown } | null {
  try {
    work()
    return null
  } catch (error) {
    return { error }
  }
}

class Scanner {
  readonly #options: ElementsOptions
  #pieces: Piece[] = []
  #depth = 0
  #inString = false
  #escaped = false
  /** 2 while inside the long array of an outer object, 1 for an outer array, else 0. */
  #arrayDepth = 0
  #root: 'none' | 'array' | 'object' | 'done' = 'none'
  #key: string | null = null
  /** Bytes of the piece that is being read, across chunks. */
  #kept: Uint8Array[] = []
  #length = 0
  #start = -1
  #index = 0

  constructor(options: ElementsOptions) {
    this.#options = options
  }

  take(): Piece[] {
    const pieces = this.#pieces
    this.#pieces = []
    return pieces
  }

  scan(chunk: Uint8Array): void {
    if (this.#start !== -1) this.#start = 0
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false
        else if (byte === backslash) this.#escaped = true
        else if (byte === quote) this.#inString = false
        continue
      }
      if (isSpace(byte)) continue
      this.#step(byte, chunk, at)
    }
    this.#keep(chunk, chunk.length)
  }

  end(): void {
    if (this.#root === 'done') return
    const why =
      this.#root === 'none' ? 'holds no JSON' : 'breaks off in the middle of its JSON document'
    throw new DomainError('file_truncated', `${this.#options.path} ${why}.`)
  }

  #step(byte: number, chunk: Uint8Array, at: number): void {
    if (this.#root === 'done') throw this.#damaged('goes on after its JSON document')
    if (this.#root === 'none') {
      this.#openRoot(byte)
      return
    }
    const level = this.#arrayDepth === 0 ? 1 : this.#arrayDepth
    if (this.#depth === level && (byte === comma || closes(byte))) this.#endPiece(chunk, at)
    else if (this.#depth === level && byte === colon && this.#isKeyed()) this.#endKey(chunk, at)
    else if (this.#start === -1 && this.#entersArray(byte)) {
      this.#arrayDepth = 2
      this.#depth = 2
      return
    } else if (this.#start === -1) this.#start = at
    if (byte === quote) this.#inString = true
    else if (opens(byte)) this.#depth += 1
    else if (closes(byte)) this.#close(byte)
  }

  #isKeyed(): boolean {
    return this.#root === 'object' && this.#arrayDepth === 0 && this.#key === null
  }

  #entersArray(byte: number): boolean {
    return byte === openBracket && this.#arrayDepth === 0 && this.#key === this.#options.arrayKey
  }

  #openRoot(byte: number): void {
    if (byte === 0xef || byte === 0xbb || byte === 0xbf) return
    if (!opens(byte)) throw this.#damaged('does not begin with [ or {')
    this.#root = byte === openBracket ? 'array' : 'object'
    this.#arrayDepth = byte === openBracket ? 1 : 0
    this.#depth = 1
  }

  #close(byte: number): void {
    this.#depth -= 1
    const expected = this.#root === 'array' ? closeBracket : closeBrace
    if (this.#depth === 0 && byte !== expected) throw this.#damaged('ends with the wrong bracket')
    if (this.#arrayDepth === 2 && this.#depth === 1) {
      this.#arrayDepth = 0
      this.#key = null
    }
    if (this.#depth === 0) this.#root = 'done'
  }

  #endKey(chunk: Uint8Array, at: number): void {
    const key = this.#parsePiece(chunk, at)
    if (typeof key !== 'string') throw this.#damaged('has a member without a name')
    this.#key = key
  }

  #endPiece(chunk: Uint8Array, at: number): void {
    if (this.#start === -1) return
    const bytes = this.#length + at - this.#start
    const inArray = this.#arrayDepth > 0
    const key = inArray ? null : this.#key
    if (bytes > this.#options.recordBytes) {
      this.#drop()
      this.#pieces.push({ type: 'tooLarge', key, bytes })
    } else {
      const value = this.#parsePiece(chunk, at)
      if (inArray) this.#pieces.push({ type: 'element', index: this.#index, value })
      else if (key !== null) this.#pieces.push({ type: 'member', key, value })
      else throw this.#damaged('has a member without a name')
    }
    if (inArray) this.#index += 1
    else this.#key = null
  }

  #parsePiece(chunk: Uint8Array, at: number): Json {
    const parts = [...this.#kept, chunk.subarray(Math.max(this.#start, 0), at)]
    this.#drop()
    try {
      return JSON.parse(Buffer.concat(parts).toString('utf8'))
    } catch (cause) {
      const where = cause instanceof Error ? cause.message : String(cause)
      throw this.#damaged(`is not valid JSON at element ${this.#index}: ${where}`)
    }
  }

  #drop(): void {
    this.#kept = []
    this.#length = 0
    this.#start = -1
  }

  /** Copies what of the piece stands in this chunk, unless the piece is over the limit already. */
  #keep(chunk: Uint8Array, end: number): void {
    if (this.#start === -1) return
    const part = chunk.subarray(this.#start, end)
    this.#length += part.length
    if (this.#length > this.#options.recordBytes) this.#kept = []
    else this.#kept.push(Uint8Array.from(part))
  }

  #damaged(why: string): DomainError {
    return new DomainError('file_not_transcript', `${this.#options.path} ${why}.`)
  }
}
