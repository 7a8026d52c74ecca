import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as WebStream } from 'node:stream/web'
import { Busboy, type BusboyFileStream } from '@fastify/busboy'
import { type Clock, toTimestamp } from '../../core/clock.ts'
import { DomainError } from '../../core/errors.ts'
import type { FileId } from '../../core/ids.ts'
import type { Database } from '../../storage/database.ts'
import {
  appendFileChunk,
  beginFile,
  discardFile,
  fileChunkBytes,
  listStagedFiles,
} from '../../storage/files.ts'

export interface Upload {
  readonly sizeBytes: number
  readonly sha256: string
  readonly fields: Readonly<Record<string, string>>
}

export interface UploadOptions {
  readonly database: Database
  readonly id: FileId
  readonly maxBytes: number
}

/**
 * Stores the part named `file` of a multipart body as it arrives, a chunk in memory at a time. What was staged
 * is discarded when anything fails.
 */
export async function receiveUpload(request: Request, options: UploadOptions): Promise<Upload> {
  try {
    return await receive(request, options)
  } catch (cause) {
    await options.database.scratch((scratch) => discardFile(scratch, options.id))
    if (cause instanceof DomainError) throw cause
    throw malformed(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

interface Part {
  readonly stream: AsyncIterable<Uint8Array> & Partial<Pick<BusboyFileStream, 'truncated'>>
  readonly filename: string | undefined
  readonly mimeType: string
}

async function receive(request: Request, options: UploadOptions): Promise<Upload> {
  const { maxBytes } = options
  const contentType = request.headers.get('content-type') ?? ''
  if (!/^multipart\/form-data\b/i.test(contentType) || !request.body) {
    throw malformed('send multipart/form-data with a part named "file"')
  }
  const limits = { fileSize: maxBytes, files: 1, fields: 16, fieldSize: 1_024, parts: 32 }
  const busboy = new Busboy({ headers: { 'content-type': contentType }, limits })
  const fields: Record<string, string> = {}
  let storing: Promise<Omit<Upload, 'fields'>> | null = null
  let open: BusboyFileStream | null = null
  busboy.on('field', (name, value) => {
    fields[name] = value
  })
  busboy.on('file', (...[name, stream, filename, , mimeType]) => {
    if (name !== 'file') {
      stream.resume()
      return
    }
    open = stream
    storing = store({ stream, filename, mimeType }, options)
    // Whoever awaits it below gets the failure; the parser must stop reading at once.
    storing.catch((error) => busboy.destroy(error))
  })
  const body = Readable.fromWeb(request.body as unknown as WebStream<Uint8Array>)
  try {
    await pipeline(body, busboy)
  } catch (error) {
    // The caller discards the staged rows, after the last of them was written.
    ;(open as BusboyFileStream | null)?.destroy()
    await (storing as Promise<unknown> | null)?.catch(() => {})
    throw error
  }
  const stored = await (storing as Promise<Omit<Upload, 'fields'>> | null)
  if (!stored) throw malformed('no part named "file"')
  return { ...stored, fields }
}

/** Stores a whole body as it arrives; what was staged is discarded when anything fails. */
export async function storeBytes(
  body: AsyncIterable<Uint8Array> | null,
  { filename, ...options }: UploadOptions & { readonly filename: string | undefined },
): Promise<Upload> {
  try {
    const stream = atMost(body, options.maxBytes)
    const part = { stream, filename, mimeType: 'application/octet-stream' }
    return { ...(await store(part, options)), fields: {} }
  } catch (error) {
    await options.database.scratch((scratch) => discardFile(scratch, options.id))
    throw error
  }
}

async function* atMost(body: AsyncIterable<Uint8Array> | null, maxBytes: number) {
  let size = 0
  for await (const piece of body ?? []) {
    size += piece.byteLength
    if (size > maxBytes) throw tooLarge(maxBytes)
    yield piece
  }
}

/** It comes back as a header, so nothing else is let through. */
const mediaType = /^[\w.+-]{1,127}\/[\w.+-]{1,127}$/

async function store(part: Part, { database, id, maxBytes }: UploadOptions) {
  const mimeType = mediaType.test(part.mimeType) ? part.mimeType : 'application/octet-stream'
  const filename = cleanName(part.filename, mimeType)
  await database.scratch((scratch) => beginFile(scratch, { id, filename, mimeType, scopeId: null }))
  const sha = createHash('sha256')
  let sizeBytes = 0
  let chunk = 0
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  const write = async (data: Uint8Array) => {
    await database.scratch((scratch) => appendFileChunk(scratch, { id, chunk, data }))
    chunk += 1
  }
  for await (const piece of part.stream) {
    sha.update(piece)
    sizeBytes += piece.byteLength
    waiting.push(piece)
    waitingBytes += piece.byteLength
    if (waitingBytes < fileChunkBytes) continue
    const all = Buffer.concat(waiting)
    const whole = all.byteLength - (all.byteLength % fileChunkBytes)
    for (let at = 0; at < whole; at += fileChunkBytes) {
      await write(all.subarray(at, at + fileChunkBytes))
    }
    waiting = [all.subarray(whole)]
    waitingBytes = all.byteLength - whole
  }
  if (part.stream.truncated) throw tooLarge(maxBytes)
  if (waitingBytes > 0) await write(Buffer.concat(waiting))
  return { sizeBytes, sha256: sha.digest('hex') }
}

/** An upload that is older and unfinished was cut off. */
const staleMs = 24 * 60 * 60_000

/** What uploads left behind whose process died. */
export async function discardStaleUploads({ database, clock }: StaleOptions): Promise<void> {
  const before = toTimestamp(clock() - staleMs)
  const stale = await database.read((reader) => listStagedFiles(reader, before))
  for (const id of stale) await database.scratch((scratch) => discardFile(scratch, id))
}

interface StaleOptions {
  readonly database: Database
  readonly clock: Clock
}

const extensions: Readonly<Record<string, string>> = {
  'text/plain': '.txt',
  'text/markdown': '.md',
  'text/csv': '.csv',
  'application/json': '.json',
  'application/pdf': '.pdf',
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/gif': '.gif',
  'image/webp': '.webp',
}

/** Only the last part of a path is kept; a file without a name gets one by its kind. */
function cleanName(given: string | undefined, mimeType: string): string {
  const last = given?.split(/[/\\]/).at(-1) ?? ''
  const name = last
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, '')
    .trim()
    .slice(0, 255)
  return name || `unnamed${extensions[mimeType] ?? ''}`
}

export const tooLarge = (maxBytes: number) =>
  new DomainError(
    'file_too_large',
    `file: larger than ${maxBytes} bytes (${Math.round(maxBytes / 1_000_000)} MB); send a smaller one.`,
  )

const malformed = (what: string, cause?: unknown) =>
  new DomainError('invalid_argument', `The upload could not be read: ${what}.`, { cause })
