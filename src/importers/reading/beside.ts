import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DomainError } from '../../core/errors.ts'
import type { BesideFacts, BesideFile } from '../importer.ts'

const maxBytes = 16 * 1024 * 1024

export const nothingBeside: BesideFacts = { facts: null, note: null }

/** What the file beside the transcript says of it: the one in its folder, else the one in the folder above. */
export async function readBeside(transcript: string, file: BesideFile): Promise<BesideFacts> {
  const folder = dirname(transcript)
  for (const path of [join(folder, file.name), join(dirname(folder), file.name)]) {
    const size = await sizeOf(path)
    if (size === null) continue
    // Others name files so too: what is too large for an index is not this one, and stops no import.
    if (size > maxBytes) {
      return {
        facts: null,
        note: `${file.name} beside it is over ${maxBytes} bytes and was not read`,
      }
    }
    return file.read(await readFile(path, 'utf8').catch(refuse(path)), transcript)
  }
  return nothingBeside
}

async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return null
    return refuse(path)(cause)
  })
  return found?.isFile() ? found.size : null
}

const refuse = (path: string) => (cause: Error) => {
  throw new DomainError('permission_denied', `${path} cannot be read: ${cause.message}.`, { cause })
}
