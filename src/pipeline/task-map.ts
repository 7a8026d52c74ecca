import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DomainError } from '../core/errors.ts'
import type { Hash } from '../core/ids.ts'

/** Name of the file that tells, beside transcripts, which tasks of several sources are the same. */
export const taskMapName = 'lucidream-tasks.json'
const maxBytes = 16 * 1024 * 1024

export interface TaskMap {
  /** The source's task id → the shared task id, for one transcript file. */
  readonly taskIds: Readonly<Record<string, string>>
  /** Changes when the map does: sessions are read again under a new map. */
  readonly fingerprint: string
}

const none: TaskMap = { taskIds: {}, fingerprint: '' }

/** The map for one transcript file, from the `lucidream-tasks.json` in its folder; empty where there is none. */
export async function readTaskMap(transcript: string, hash: Hash): Promise<TaskMap> {
  const path = join(dirname(transcript), taskMapName)
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw new DomainError('permission_denied', `${path} cannot be read: ${cause.message}.`, {
      cause,
    })
  })
  if (text === null) return none
  const files = parseTaskMap(path, text)
  const name = basename(transcript)
  const ids = Object.hasOwn(files, name) ? files[name] : undefined
  if (ids === undefined) return none
  // Without a prototype: a task called "constructor" must not find one.
  const taskIds: Record<string, string> = Object.assign(Object.create(null), ids)
  return { taskIds, fingerprint: hash(JSON.stringify(taskIds)).slice(0, 8) }
}

/** `{"format":"lucidream-tasks/1","files":{"<file name>":{"<its task id>":"<shared task id>"}}}` */
export function parseTaskMap(path: string, text: string): Record<string, Record<string, string>> {
  const refuse = (why: string): never => {
    throw new DomainError('invalid_argument', `${path}: ${why}.`)
  }
  if (text.length > maxBytes) refuse(`more than ${maxBytes} characters`)
  let map: unknown
  try {
    map = JSON.parse(text)
  } catch {
    refuse('not JSON')
  }
  if (!isRecord(map) || map.format !== 'lucidream-tasks/1' || !isRecord(map.files)) {
    refuse('expected {"format":"lucidream-tasks/1","files":{…}}')
  }
  const files = (map as { files: Record<string, unknown> }).files
  for (const [file, ids] of Object.entries(files)) {
    const fits = isRecord(ids) && Object.values(ids).every((id) => typeof id === 'string')
    if (!fits) refuse(`files["${file}"] must map task ids to strings`)
  }
  return files as Record<string, Record<string, string>>
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
