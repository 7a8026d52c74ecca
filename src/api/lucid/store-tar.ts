import { extract, type Header, pack } from 'tar-stream'
import { DomainError } from '../../core/errors.ts'
import { findContentFault, memoryLimits } from '../../core/memory.ts'
import { findPathFault, listAncestors } from '../../core/memory-path.ts'

/** A file of a tar: name and text. */
export interface TarFile {
  readonly name: string
  readonly text: string
}

export const manifestName = 'manifest.json'
export const memoriesFolder = 'memories'

/** Every file under its name, one at a time. Times are fixed, so that the same files are the same bytes. */
export function writeTar(files: AsyncIterable<TarFile>): ReadableStream<Uint8Array> {
  const tar = pack()
  const fill = async () => {
    for await (const { name, text } of files) {
      await new Promise<void>((resolve, reject) => {
        const header = { name, mtime: new Date(0), mode: 0o644 }
        tar.entry(header, text, (error) => (error ? reject(error) : resolve()))
      })
    }
    tar.finalize()
  }
  fill().catch((error: Error) => tar.destroy(error))
  return ReadableStream.from(tar as AsyncIterable<Uint8Array>)
}

/** A full store is 200 MB; headers and the manifest come on top. */
const tarLimits = {
  bytes: 256 * 1024 * 1024,
  manifestBytes: 4 * 1024 * 1024,
  /** Files and folders. */
  entries: 10_000,
} as const

export interface StoreTar {
  /** Null where the tar has no manifest of ours. */
  readonly manifest: string | null
  /** The text of each path. */
  readonly texts: ReadonlyMap<string, string>
}

/**
 * Reads a tar of memories: `memories/…` beside a manifest as an export writes it, or, where the first entry is no
 * manifest, every file at its own path. All of it is judged before anything is returned: links and devices, paths
 * that lead out, texts that are no UTF-8, more or larger ones than a store takes.
 */
export async function readStoreTar(body: AsyncIterable<Uint8Array>): Promise<StoreTar> {
  const tar = extract()
  const feeding = feed(body, tar)
  const found: Found = { manifest: null, texts: new Map(), entries: 0 }
  try {
    for await (const entry of tar) await takeEntry(found, entry as unknown as TarEntry)
  } catch (error) {
    tar.destroy(error as Error)
    await feeding
    throw translate(error)
  }
  await feeding
  refuseOverlaps(found.texts)
  return found
}

interface Found {
  manifest: string | null
  readonly texts: Map<string, string>
  entries: number
}

interface TarEntry extends AsyncIterable<Buffer> {
  readonly header: Header
  resume(): void
}

async function takeEntry(found: Found, entry: TarEntry): Promise<void> {
  const { type, size = 0 } = entry.header
  const name = entry.header.name.replace(/^(?:\.\/)+/, '')
  found.entries += 1
  if (found.entries > tarLimits.entries) throw refuse(`more than ${tarLimits.entries} entries`)
  if (type === 'directory') return entry.resume()
  if (type !== 'file' && type !== 'contiguous-file') {
    throw refuse(`${quote(name)} is a ${type}; only files and folders are taken`)
  }
  if (found.entries === 1 && name === manifestName) {
    found.manifest = await readText(entry, { name, limit: tarLimits.manifestBytes, size })
    return
  }
  const path = toPath(name, found.manifest !== null)
  if (found.texts.has(path)) throw refuse(`${quote(name)} is there twice`)
  const text = await readText(entry, { name, limit: memoryLimits.contentBytes, size })
  const fault = findContentFault(text)
  if (fault !== null) throw refuse(`${quote(name)}: ${fault}`)
  found.texts.set(path, text)
  if (found.texts.size <= memoryLimits.memoriesPerStore) return
  throw refuse(`more than ${memoryLimits.memoriesPerStore} files, the most a memory store takes`)
}

/** The whole body, or until the reader gives up. */
async function feed(body: AsyncIterable<Uint8Array>, tar: ReturnType<typeof extract>) {
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.byteLength
      if (size > tarLimits.bytes) {
        throw new DomainError(
          'record_too_large',
          `The tar is larger than ${tarLimits.bytes} bytes; import it in parts with mode=merge.`,
        )
      }
      if (tar.destroyed) return
      if (!tar.write(chunk)) await waitForDrain(tar)
    }
    tar.end(undefined)
  } catch (error) {
    tar.destroy(error as Error)
  }
}

const waitForDrain = (tar: ReturnType<typeof extract>) =>
  new Promise<void>((resolve) => {
    const go = () => {
      tar.off('drain', go)
      tar.off('close', go)
      resolve()
    }
    tar.on('drain', go)
    tar.on('close', go)
  })

interface Reading {
  readonly name: string
  readonly limit: number
  readonly size: number
}

async function readText(entry: AsyncIterable<Buffer>, { name, limit, size }: Reading) {
  if (size > limit) throw refuse(`${quote(name)} has ${size} bytes, at most ${limit} are taken`)
  const chunks: Buffer[] = []
  for await (const chunk of entry) chunks.push(chunk)
  try {
    // A byte order mark is content too: what comes out must be what went in.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch {
    throw refuse(`${quote(name)} is not UTF-8`)
  }
}

function toPath(name: string, hasManifest: boolean): string {
  const prefix = hasManifest ? `${memoriesFolder}/` : ''
  if (!name.startsWith(prefix)) {
    throw refuse(
      `${quote(name)} lies beside the folder ${memoriesFolder}, where a tar with a manifest has its files`,
    )
  }
  const path = `/${name.slice(prefix.length)}`
  const fault = findPathFault(path)
  if (fault !== null) throw refuse(`${quote(name)}: ${fault}`)
  return path
}

function refuseOverlaps(texts: ReadonlyMap<string, string>): void {
  for (const path of texts.keys()) {
    const above = listAncestors(path).find((ancestor) => texts.has(ancestor))
    if (above !== undefined) throw refuse(`${quote(above)} is a file and a folder at once`)
  }
}

const quote = (name: string) => JSON.stringify(name.slice(0, 200))

const refuse = (why: string) =>
  new DomainError('invalid_argument', `The tar is refused and nothing was written: ${why}.`)

function translate(error: unknown): unknown {
  if (error instanceof DomainError) return error
  const message = error instanceof Error ? error.message : String(error)
  return refuse(`it is no tar, or broken (${message}); send it uncompressed`)
}
