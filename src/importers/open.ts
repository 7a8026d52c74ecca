import { basename } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { DomainError } from '../core/errors.ts'
import type { Hash } from '../core/ids.ts'
import { importers } from './formats.ts'
import type { Head, Importer, ImportItem, ImportLimits, Mask } from './importer.ts'
import { nothingBeside, readBeside } from './reading/beside.ts'
import { openBytes, statFile } from './reading/bytes.ts'
import { parseRecords } from './reading/lines.ts'

export interface OpenOptions {
  readonly mask: Mask
  readonly hash: Hash
  readonly taskIds: Readonly<Record<string, string>>
  readonly limits?: ImportLimits
  readonly onBytes?: (done: number, total: number) => void
}

/** A recognised file. `items` may be read once. */
export interface Transcript {
  readonly path: string
  readonly bytes: number
  readonly format: string
  readonly importerVersion: number
  /** Changes when a file beside the transcript says other things of it; empty when there is none. */
  readonly besideFingerprint: string
  readonly items: AsyncIterable<ImportItem>
}

export const defaultLimits: ImportLimits = {
  recordBytes: 64 * 1024 * 1024,
  inflatedBytes: 8 * 1024 * 1024 * 1024,
  inflationRatio: 200,
}

const headBytes = 256 * 1024

/** Recognises the file by its content. Throws `file_not_transcript` when no importer does. */
export async function openTranscript(path: string, options: OpenOptions): Promise<Transcript> {
  const { limits = defaultLimits, onBytes } = options
  const { size } = await statFile(path)
  const open = () => openBytes({ path, limits, ...(onBytes ? { onBytes } : {}) })
  const importer = recognise(path, await readHead(openBytes({ path, limits })))
  const { mask, hash, taskIds } = options
  const beside = importer.beside ? await readBeside(path, importer.beside) : nothingBeside
  const { format, version: importerVersion } = importer
  const besideFingerprint = beside.facts ? hash(JSON.stringify(beside.facts)).slice(0, 8) : ''
  const items = importer.read({ path, open, mask, hash, limits, taskIds, beside })
  return { path, bytes: size, format, importerVersion, besideFingerprint, items }
}

/**
 * The format of a file that is no transcript but tells what came of those beside it: it is read with each of
 * them. Null for any other file, whatever its name.
 */
export async function recogniseBeside(path: string): Promise<string | null> {
  const named = importers.flatMap(({ beside }) => (beside?.name === basename(path) ? [beside] : []))
  if (named.length === 0) return null
  const head = await readHead(openBytes({ path, limits: defaultLimits }))
  return named.find((beside) => beside.detect(head))?.format ?? null
}

function recognise(path: string, head: Head): Importer {
  const importer = importers.find((one) => one.detect(head))
  if (importer) return importer
  const what = head.text.includes('\0') ? 'is a binary file' : 'is no transcript of a known format'
  throw new DomainError('file_not_transcript', `${path} ${what}.`)
}

/** A file that breaks off early may still be recognised; its fault comes up again when it is read. */
async function readHead(bytes: AsyncIterable<Uint8Array>): Promise<Head> {
  const decoder = new StringDecoder('utf8')
  let text = ''
  try {
    for await (const chunk of bytes) {
      text += decoder.write(Buffer.from(chunk))
      if (text.length >= headBytes) break
    }
  } catch (error) {
    if (text === '') throw error
  }
  return { text: text.slice(0, headBytes), records: firstRecords(text) }
}

function firstRecords(text: string): Head['records'] {
  const lines = text.split('\n')
  const whole = text.length < headBytes ? lines : lines.slice(0, -1)
  const records: Head['records'][number][] = []
  for (const line of whole.slice(0, 50)) {
    if (line.trim() === '') continue
    const parsed = parseRecords(line)
    if (parsed.torn !== null && records.length === 0) return []
    records.push(...parsed.records)
  }
  return records
}
