import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto'
import { isOrigin, type Notary, type SealTools } from './core/audit/notary.ts'
import { DomainError } from './core/errors.ts'

export const sealTools: SealTools = {
  hash: (bytes) => hash('sha256', bytes, 'buffer'),
  hashText: (text) => hash('sha256', text),
  encodeText: (text) => Buffer.from(text),
  encodeBase64: (bytes) => Buffer.from(bytes).toString('base64'),
  decodeBase64: (text) => Buffer.from(text, 'base64'),
  verify(publicKey, text, signature) {
    const key = createPublicKey({
      key: Buffer.concat([publicKeyHead, publicKey]),
      format: 'der',
      type: 'spki',
    })
    return verify(null, Buffer.from(text), key, signature)
  },
}

/** What stands before the 32 bytes of a key in DER, RFC 8410. */
const privateKeyHead = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicKeyHead = Buffer.from('302a300506032b6570032100', 'hex')

/** `seed`: the private key of Ed25519, 64 hex digits. Without an origin the log is named after its key. */
export function makeNotary(given: {
  readonly seed: string
  readonly origin: string | null
}): Notary {
  if (!/^[0-9a-f]{64}$/i.test(given.seed)) {
    throw new DomainError(
      'invalid_config',
      'The key that signs audit checkpoints (LUCIDREAM_AUDIT_KEY, or audit.key in the data folder) is not 64 hex digits.',
    )
  }
  const key = createPrivateKey({
    key: Buffer.concat([privateKeyHead, Buffer.from(given.seed, 'hex')]),
    format: 'der',
    type: 'pkcs8',
  })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const publicKey = spki.subarray(publicKeyHead.length)
  const origin = given.origin ?? `lucidream/${hash('sha256', publicKey).slice(0, 16)}`
  if (!isOrigin(origin)) {
    throw new DomainError(
      'invalid_config',
      `LUCIDREAM_AUDIT_ORIGIN: "${origin}" names no log; give 1 to 200 characters without spaces and plus signs, e.g. lucidream.example.com/audit.`,
    )
  }
  return { ...sealTools, origin, publicKey, sign: (text) => sign(null, Buffer.from(text), key) }
}
