import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { DomainError } from '../../core/errors.ts'
import type { ImportLimits } from '../importer.ts'

export interface OpenBytes {
  readonly path: string
  readonly limits: ImportLimits
  /** Told how many of the file's own bytes were read. */
  readonly onBytes?: (done: number, total: number) => void
}

/** Judged only after this much, so that a small file of blanks is not called a bomb. */
const ratioGrace = 64 * 1024 * 1024

/**
 * The file's bytes from the start, decompressed when it is gzip (told by its first bytes, not its name).
 * Throws after the last good byte: `file_truncated` for gzip that breaks off, `limit_exceeded` for one that
 * inflates without end, `file_changed` when somebody wrote to it meanwhile.
 */
export async function* openBytes({ path, limits, onBytes }: OpenBytes): AsyncIterable<Uint8Array> {
  const before = await statFile(path)
  let done = 0
  async function* readRaw(): AsyncIterable<Uint8Array> {
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      done += chunk.length
      onBytes?.(done, before.size)
      yield chunk
    }
  }
  const stream = (await isGzip(path)) ? gunzip(readRaw()) : readRaw()
  let inflated = 0
  try {
    for await (const chunk of stream) {
      inflated += chunk.length
      refuseBomb(path, limits, { inflated, read: done })
      yield chunk
    }
  } catch (cause) {
    throw cause instanceof DomainError ? cause : translate(path, cause)
  }
  const after = await statFile(path)
  if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) {
    throw new DomainError(
      'file_changed',
      `${path} changed while it was read; import it again when nobody writes to it.`,
    )
  }
}

export async function statFile(path: string): Promise<{ size: number; mtimeMs: number }> {
  const found = await stat(path).catch((cause: unknown) => {
    throw translate(path, cause)
  })
  if (!found.isFile()) throw new DomainError('file_not_transcript', `${path} is not a file.`)
  if (found.size === 0) throw new DomainError('file_empty', `${path} is empty.`)
  return found
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path).catch((cause: unknown) => {
    throw translate(path, cause)
  })
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}

function gunzip(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const raw = Readable.from(bytes, { objectMode: false })
  const inflate = createGunzip({ chunkSize: 256 * 1024 })
  raw.on('error', (cause) => inflate.destroy(cause))
  inflate.on('close', () => raw.destroy())
  return raw.pipe(inflate)
}

function refuseBomb(
  path: string,
  limits: ImportLimits,
  { inflated, read }: { inflated: number; read: number },
): void {
  if (inflated > limits.inflatedBytes) {
    throw new DomainError(
      'limit_exceeded',
      `${path} holds more than ${limits.inflatedBytes} bytes; split it into smaller files.`,
    )
  }
  if (inflated > ratioGrace && inflated / Math.max(read, 1) > limits.inflationRatio) {
    throw new DomainError(
      'limit_exceeded',
      `${path} inflates more than ${limits.inflationRatio} times, as a zip bomb does; decompress it yourself if it is genuine.`,
    )
  }
}

function translate(path: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const refuse = (kind: ConstructorParameters<typeof DomainError>[0], why: string) =>
    new DomainError(kind, `${path} ${why}`, { cause })
  if (code === 'EACCES' || code === 'EPERM') return refuse('permission_denied', 'may not be read.')
  if (code === 'ENOENT') return refuse('not_found', 'does not exist.')
  if (code === 'Z_BUF_ERROR')
    return refuse('file_truncated', 'breaks off: its gzip data has no end.')
  if (code.startsWith('Z_'))
    return refuse('file_truncated', 'is damaged: its gzip data is not valid.')
  return cause
}
