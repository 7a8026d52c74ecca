import { DomainError } from '../errors.ts'
import type { Codec } from './note.ts'

/** What a log looked like at a size (c2sp.org/tlog-checkpoint): its name, its size and its root. */
export interface Checkpoint {
  /** Names the log; unique in the world where it is a host name and a path. */
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

export function formatCheckpoint(codec: Codec, { origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${codec.encodeBase64(root)}\n`
}

export function parseCheckpoint(codec: Codec, text: string): Checkpoint {
  const [origin = '', size = '', root = ''] = text.split('\n')
  const wellFormed = origin !== '' && /^(?:0|[1-9]\d{0,15})$/.test(size)
  const bytes = wellFormed ? codec.decodeBase64(root) : new Uint8Array()
  if (bytes.length === 32) return { origin, size: Number(size), root: bytes }
  throw new DomainError(
    'invalid_argument',
    'This is no checkpoint: its lines are the origin, the size and the root in base64.',
  )
}
