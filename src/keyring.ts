import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  randomBytes as cryptoRandomBytes,
  hkdfSync,
} from 'node:crypto'
import { DomainError } from './core/errors.ts'
import type { Keyring, Purpose } from './core/keyring.ts'

const ivBytes = 12
const tagBytes = 16

/** One key a purpose, derived by HKDF-SHA256 (RFC 5869) from the installation's secret. */
export function makeKeyring(
  secret: string,
  randomBytes: (size: number) => Buffer = cryptoRandomBytes,
): Keyring {
  const keys = new Map<Purpose, Buffer>()
  const keyOf = (purpose: Purpose): Buffer => {
    const known = keys.get(purpose)
    if (known) return known
    const key = Buffer.from(hkdfSync('sha256', secret, '', `lucidream ${purpose}`, 32))
    keys.set(purpose, key)
    return key
  }
  return {
    sign: (purpose, text) => createHmac('sha256', keyOf(purpose)).update(text).digest('hex'),
    seal(purpose, text) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', keyOf(purpose), iv)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
    },
    unseal(purpose, sealed) {
      const bytes = Buffer.from(sealed, 'base64url')
      try {
        const decipher = createDecipheriv('aes-256-gcm', keyOf(purpose), bytes.subarray(0, ivBytes))
        decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes))
        const body = decipher.update(bytes.subarray(ivBytes + tagBytes))
        return Buffer.concat([body, decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new DomainError(
          'forbidden',
          'A stored secret cannot be read with this installation’s secret key. Start with the LUCIDREAM_SECRET_KEY it was stored under, or set the secret anew.',
          { cause },
        )
      }
    },
    newSecret: () => randomBytes(32).toString('base64url'),
  }
}
