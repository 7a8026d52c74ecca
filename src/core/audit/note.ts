import { DomainError } from '../errors.ts'

/**
 * Signed notes (c2sp.org/signed-note): a text that ends in a line feed, an empty line, and signature lines
 * `— name base64(key id, signature)`. Signatures are Ed25519 over the text, its last line feed included.
 */
interface Signature {
  readonly name: string
  /** The first four bytes of SHA-256(name, line feed, 0x01, public key). */
  readonly keyId: Uint8Array
  readonly signature: Uint8Array
}

export interface Note {
  readonly text: string
  readonly signatures: readonly Signature[]
}

/** What core has no means for. */
export interface Codec {
  readonly encodeBase64: (bytes: Uint8Array) => string
  /** Throws when it is not base64. */
  readonly decodeBase64: (text: string) => Uint8Array
}

const keyIdBytes = 4
/** Longer notes are not read; a checkpoint has some hundred characters. */
const longest = 65_536

export function formatNote(codec: Codec, { text, signatures }: Note): string {
  if (!text.endsWith('\n')) throw new DomainError('bug', 'The text of a note ends in a line feed.')
  const lines = signatures.map(({ name, keyId, signature }) => {
    const bytes = new Uint8Array(keyIdBytes + signature.length)
    bytes.set(keyId)
    bytes.set(signature, keyIdBytes)
    return `— ${name} ${codec.encodeBase64(bytes)}\n`
  })
  return `${text}\n${lines.join('')}`
}

/** Refuses what is no signed note; says nothing about whether a signature holds. */
export function parseNote(codec: Codec, note: string): Note {
  if (note.length > longest) throw malformed('it is too long')
  const at = note.lastIndexOf('\n\n')
  if (at === -1 || !note.endsWith('\n'))
    throw malformed('it has no signatures behind an empty line')
  const lines = note.slice(at + 2, -1).split('\n')
  return {
    text: note.slice(0, at + 1),
    signatures: lines.map((line) => parseSignature(codec, line)),
  }
}

function parseSignature(codec: Codec, line: string): Signature {
  const [, name, encoded] = /^— ([^\s+]{1,255}) ([A-Za-z0-9+/=]{8,1000})$/u.exec(line) ?? []
  if (name === undefined || encoded === undefined) throw malformed('a signature line is wrong')
  const bytes = codec.decodeBase64(encoded)
  if (bytes.length <= keyIdBytes) throw malformed('a signature is too short')
  return { name, keyId: bytes.slice(0, keyIdBytes), signature: bytes.slice(keyIdBytes) }
}

const malformed = (why: string) =>
  new DomainError('invalid_argument', `This is no signed note: ${why}.`)
