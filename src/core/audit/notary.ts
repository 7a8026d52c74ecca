import { DomainError } from '../errors.ts'
import type { Hash } from '../ids.ts'
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from './checkpoint.ts'
import { toHex } from './hex.ts'
import type { HashBytes } from './merkle.ts'
import { type Codec, formatNote, parseNote } from './note.ts'

/** What checking a log needs and core has no means for. */
export interface SealTools extends Codec {
  /** SHA-256. */
  readonly hash: HashBytes
  readonly hashText: Hash
  readonly encodeText: (text: string) => Uint8Array
  /** Whether the Ed25519 signature of the text's UTF-8 holds under this key of 32 bytes. */
  readonly verify: (publicKey: Uint8Array, text: string, signature: Uint8Array) => boolean
}

/** Signs what the log looks like, under the installation's key. */
export interface Notary extends SealTools {
  /** The log's name, which is also the name of the key. */
  readonly origin: string
  readonly publicKey: Uint8Array
  readonly sign: (text: string) => Uint8Array
}

/** A public key with its name: `name+key id+key`, as signed notes write it. */
export interface NamedKey {
  readonly name: string
  readonly publicKey: Uint8Array
}

const ed25519 = 1
const origins = /^[^\s+]{1,200}$/

/** Notes separate by spaces and keys by plus signs, so a name has neither. */
export const isOrigin = (text: string) => origins.test(text)

export function signCheckpoint(notary: Notary, { size, root }: Omit<Checkpoint, 'origin'>): string {
  const { origin: name, publicKey } = notary
  const text = formatCheckpoint(notary, { origin: name, size, root })
  const keyId = hashKey(notary, { name, publicKey })
  return formatNote(notary, { text, signatures: [{ name, keyId, signature: notary.sign(text) }] })
}

/** The checkpoint in a note that this key signed; what is wrong with it otherwise, as a refusal. */
export function openCheckpoint(tools: SealTools, note: string, key: NamedKey): Checkpoint {
  const { text, signatures } = parseNote(tools, note)
  const keyId = toHex(hashKey(tools, key))
  const own = signatures.filter((one) => one.name === key.name && toHex(one.keyId) === keyId)
  if (own.length === 0) throw refusal(`nobody signed it as ${key.name} with key ${keyId}`)
  if (!own.every(({ signature }) => tools.verify(key.publicKey, text, signature)))
    throw refusal(`the signature of ${key.name} does not hold for this text`)
  const checkpoint = parseCheckpoint(tools, text)
  if (formatCheckpoint(tools, checkpoint) !== text)
    throw refusal('it has lines that checkpoints of Lucidream do not have')
  // Base64 has spare bits: only one spelling of a note is taken, so that no byte of it can be another.
  if (formatNote(tools, { text, signatures }) !== note)
    throw refusal('it is not written as it was signed')
  if (checkpoint.origin !== key.name)
    throw refusal(`it speaks of the log ${checkpoint.origin}, the key belongs to ${key.name}`)
  return checkpoint
}

export function formatKey(tools: SealTools, key: NamedKey): string {
  const bytes = Uint8Array.of(ed25519, ...key.publicKey)
  return `${key.name}+${toHex(hashKey(tools, key))}+${tools.encodeBase64(bytes)}`
}

export function parseKey(tools: SealTools, text: string): NamedKey {
  const [, name, keyId, encoded] =
    /^([^\s+]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text.trim()) ?? []
  const bytes = encoded === undefined ? new Uint8Array() : tools.decodeBase64(encoded)
  const key = { name: name ?? '', publicKey: bytes.slice(1) }
  if (bytes.length === 33 && bytes[0] === ed25519 && toHex(hashKey(tools, key)) === keyId)
    return key
  throw new DomainError(
    'invalid_argument',
    'This is no public key of a log: it reads NAME+KEYID+BASE64, as `lucidream audit key` prints it.',
  )
}

/** The first four bytes of SHA-256(name, line feed, 0x01, public key). */
function hashKey(tools: SealTools, { name, publicKey }: NamedKey): Uint8Array {
  const head = tools.encodeText(`${name}\n`)
  const whole = new Uint8Array(head.length + 1 + publicKey.length)
  whole.set(head)
  whole[head.length] = ed25519
  whole.set(publicKey, head.length + 1)
  return tools.hash(whole).slice(0, 4)
}

const refusal = (why: string) =>
  new DomainError('invalid_argument', `The checkpoint is refused: ${why}.`)
