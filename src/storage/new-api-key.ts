import type { Scope } from '../core/access.ts'
import type { NewId } from '../core/ids.ts'
import type { Keyring } from '../core/keyring.ts'
import type { NewApiKey } from './api-keys.ts'

export interface WantedApiKey {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly expiresAt: string | null
  /** The person who will hold it, with what policies know of them; left out: a program. */
  readonly owner?: string | null
  readonly roles?: readonly string[]
  readonly groups?: readonly string[]
  /** A key that the administrator chose; a random one is made when left out. */
  readonly key?: string
}

/** A key and the row that is kept of it. The key is shown once by the caller and never stored. */
export function makeApiKey(
  { keyring, newId }: { readonly keyring: Keyring; readonly newId: NewId },
  wanted: WantedApiKey,
): { readonly key: string; readonly row: NewApiKey } {
  const key = wanted.key ?? `sk-lucid-${keyring.newSecret()}`
  const { name, scopes, expiresAt, owner = null, roles = [], groups = [] } = wanted
  return {
    key,
    row: {
      id: newId('apikey'),
      name,
      scopes,
      owner,
      roles,
      groups,
      expiresAt,
      hint: `${key.slice(0, 12)}…${key.slice(-4)}`,
      hash: keyring.sign('api-key', key),
    },
  }
}
